"""The report of a bundle for people: PDF/A-3, made to be printed, with the hashed entries attached."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from apps.audit.bundles import ENTRIES
from apps.audit.notes import Key, Tree
from apps.compliance.evidence import WORDS
from apps.compliance.exports.attachment import attach
from apps.compliance.exports.scopes import Kind, Scope
from apps.compliance.exports.table import Summary
from apps.tenants.capabilities import Role
from apps.tenants.models import ApiKey, Membership
from apps.tenants.schemas import current_schema

LAYOUT = Path(__file__).with_name("report.typ")
# What the compiler's own fonts hold. PDF/A takes no character without a glyph, so others are given by their number.
UNKNOWN = re.compile(
    "[^\n -~\u00a0-\u024f\u0370-\u0377\u037a-\u037f\u0384-\u038a\u038c\u038e-\u03a1\u03a3-\u03ff\u0400-\u045f"
    "\u2010-\u2027\u2030-\u203a\u20ac\u2116\u2190-\u2193]"
)
TABLES = 40  # rows of the counts


@dataclass(frozen=True)
class Sealed:
    """What the bundle is proved against."""

    tree: Tree
    keys: Sequence[Key]
    witnesses: Sequence[str]
    earlier: int  # checkpoints that left the house before


def write_report(
    folder: Path,
    *,
    tenant: str,
    scope: Scope,
    summary: Summary,
    evidence: Mapping[str, Any] | None,
    sealed: Sealed,
    by: str,
    at: datetime,
) -> None:
    """Write report.pdf. `at` is when the export was asked for, in UTC, `by` whom; `evidence` is a framework's pack."""
    data = {
        "tenant": tenant,
        "asked": [Kind(scope.kind).label, scope.title or scope.id] if scope.id else ["The log"],
        "begin": scope.begin,
        "end": scope.end,
        "by": by,
        "at": f"{at:%Y-%m-%d %H:%M} UTC",
        "origin": sealed.tree.origin,
        "size": sealed.tree.size,
        "root": sealed.tree.root.hex(),
        "keys": [key.encoded for key in sealed.keys],
        "witnesses": list(sealed.witnesses),
        "earlier": sealed.earlier,
        "evidence": _evidence(evidence) if evidence else [],
        **_contents(summary),
    }
    _compile(folder / "report.pdf", data, at)
    attach(folder / "report.pdf", folder / ENTRIES, f"D:{at:%Y%m%d%H%M%S}Z")


def printable(value: Any) -> Any:
    """The same with every character that cannot be printed given as its number, in all texts of the value."""
    if isinstance(value, str):
        return UNKNOWN.sub(lambda found: f"<U+{ord(found[0]):04X}>", value)
    if isinstance(value, Mapping):
        return {name: printable(each) for name, each in value.items()}
    return [printable(each) for each in value] if isinstance(value, list) else value


def _compile(target: Path, data: Mapping[str, Any], at: datetime) -> None:
    import typst  # here, for its program of 80 MB is of use to this worker alone, and only now

    typst.Compiler(LAYOUT, ignore_system_fonts=True).compile(
        output=target,
        format="pdf",
        sys_inputs={"data": json.dumps(printable(data))},
        pdf_standards=["a-3a"],
        timestamp=at,
    )


def _evidence(pack: Mapping[str, Any]) -> list[list[str]]:
    """Control, what it asks for, the state in a word, how it is shown and what is missing."""
    return [
        [
            row["control"],
            row["asks"],
            WORDS[row["state"]],
            "; ".join([*filter(None, [row["how"]]), *(f"{name}: {said}" for name, said in row["facts"].items())]),
            " ".join([each for each in (row["missing"], _stated(row["stated"])) if each]),
        ]
        for row in pack["rows"]
    ]


def _stated(stated: Mapping[str, str] | None) -> str:
    return f"Stated by {stated['by']}: {stated['words']}" if stated else ""


def _contents(summary: Summary) -> dict[str, Any]:
    names = _names({actor for kind, actor, _ in summary.actors if kind in ("person", "key")})
    actors = [
        [names.get(actor, actor), _role(kind, role), f"{count:,}"]
        for (kind, actor, role), count in summary.actors.most_common(TABLES)
    ]
    return {
        "entries": summary.entries,
        "first": _moment(summary.first),
        "last": _moment(summary.last),
        "actions": [[action, f"{count:,}"] for action, count in summary.actions.most_common(TABLES)],
        "other_actions": max(0, len(summary.actions) - TABLES),
        "actors": actors,
        "other_actors": max(0, len(summary.actors) - TABLES),
        "listed": [_row(entry, names) for entry in summary.listed],
    }


def _row(entry: dict[str, Any], names: Mapping[str, str]) -> list[str]:
    actor = entry["actor"]["id"]
    about = entry["object"]
    words = [entry[name] for name in ("lane", "layer", "reason") if isinstance(entry.get(name), str)]
    return [
        str(entry["place"]),
        _moment(entry["at"]),
        entry["action"],
        names.get(actor, actor),
        about,
        "; ".join(words),
    ]


def _names(ids: set[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    known = [UUID(each) for each in ids if re.fullmatch(r"[0-9a-f-]{36}", each)]
    members = Membership.objects.filter(tenant_id=current_schema(), user_id__in=known).select_related("user")
    found |= {str(each.user_id): each.user.name for each in members}
    return found | {str(each.pk): each.name for each in ApiKey.objects.filter(pk__in=known)}


def _role(kind: str, role: str) -> str:
    return Role(role).label if role in set(Role) else {"person": "Person", "key": "API key"}.get(kind, "The system")


def _moment(at: str) -> str:
    return at[:19].replace("T", " ")
