"""What changed between two taxonomies, place by place, in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from apps.taxonomies.content import CaseType, Condition, DecisionRow, Lookup, Taxonomy

COMPARISONS = {
    "is": "is",
    "is_not": "is not",
    "at_most": "is at most",
    "at_least": "is at least",
    "in": "is one of",
    "contains": "contains",
}
DECISION = ", decision "
Said = Mapping[str, Mapping[str, str]]  # place → what is said there → in which words


@dataclass(frozen=True)
class Change:
    """At `where`, `what` was `before` and is `after`. "" for what was not there; `what` is "" for a whole place."""

    where: str
    what: str
    before: str
    after: str

    @property
    def kind(self) -> Literal["added", "removed", "changed"]:
        if not self.before:
            return "added"
        return "changed" if self.after else "removed"


def compare_taxonomies(before: Taxonomy, after: Taxonomy) -> list[Change]:
    return compare(said_by(before), said_by(after))


def compare(before: Said, after: Said) -> list[Change]:
    """Each difference. A place that came or went is one change; what is inside of it is not told again."""
    found: list[Change] = []
    for where in dict.fromkeys([*before, *after]):
        inside = where.partition(DECISION)[0]
        if where != inside and (inside in before) != (inside in after):
            continue
        if where not in before or where not in after:
            found.append(Change(where, "", _whole(before.get(where)), _whole(after.get(where))))
            continue
        old, new = before[where], after[where]
        found += [
            Change(where, what, old.get(what, ""), new.get(what, ""))
            for what in dict.fromkeys([*old, *new])
            if old.get(what, "") != new.get(what, "")
        ]
    return found


def in_words(condition: Condition) -> str:
    """order.total is at most 100"""
    operator, value = condition.comparison
    if operator == "known":
        return f"{condition.fact} is {'known' if value else 'not known'}"
    shown = ", ".join(value) if isinstance(value, tuple) else value
    return f"{condition.fact} {COMPARISONS[operator]} {shown}"


def said_by(taxonomy: Taxonomy) -> Said:
    """All that a taxonomy says, by place."""
    said: dict[str, Mapping[str, str]] = {
        "Taxonomy": {
            "title": taxonomy.title,
            "finds the sender with": _operation(taxonomy.customer),
            "replies with": _operation(taxonomy.reply),
            "rules, in order": " → ".join(rule.id for rule in taxonomy.rules),
        },
        "Out of scope": {"title": taxonomy.out_of_scope.title, "description": taxonomy.out_of_scope.description},
    }
    for kind in taxonomy.case_types:
        said[f"Case type {kind.slug}"] = _case_type(kind)
        said |= {f"Case type {kind.slug}{DECISION}{row.slug}": _decision(row) for row in kind.decisions}
    for field in taxonomy.fields:
        looked_up = f"{_operation(field.lookup)} into {field.into}" if field.lookup else ""
        said[f"Field {field.name}"] = {"title": field.title, "finds": field.pattern, "looks up": looked_up}
    for rule in taxonomy.rules:
        said[f"Rule {rule.id}"] = {"decides for": rule.case_type, "finds": _lines(rule.any), "why": rule.why}
    for name, levels in (("Urgency", taxonomy.urgency), ("Sentiment", taxonomy.sentiment)):
        said |= {f"{name} {level.level}: {level.why}": {"finds": _lines(level.any)} for level in levels}
    return said


def _case_type(kind: CaseType) -> Mapping[str, str]:
    return {
        "title": kind.title,
        "lane": kind.lane,
        "description": kind.description,
        "sources": ", ".join(kind.sources),
        "opening": kind.opening,
        "closing": kind.closing,
        "decisions, in order": " → ".join(row.slug for row in kind.decisions),
    }


def _decision(row: DecisionRow) -> Mapping[str, str]:
    return {
        "title": row.title,
        "when": _lines([in_words(condition) for condition in row.when]) or "otherwise",
        "impact": row.impact,
        "says": ", ".join(row.say),
        "does": _lines(
            [
                f"{effect.summary} ({effect.system}.{effect.operation}: "
                + ", ".join(f"{name} {value}" for name, value in sorted(effect.params.items()))
                + ")"
                for effect in row.effects
            ]
        ),
    }


def _whole(said: Mapping[str, str] | None) -> str:
    return _lines([f"{what}: {words}" for what, words in said.items() if words]) if said else ""


def _operation(lookup: Lookup | None) -> str:
    return f"{lookup.system}.{lookup.operation}" if lookup else ""


def _lines(parts: Sequence[str]) -> str:
    return "\n".join(parts)
