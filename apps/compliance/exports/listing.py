"""The exports as their page shows them."""

from collections.abc import Iterable
from dataclasses import dataclass

from apps.cases.models import Subject
from apps.compliance.export_models import Export
from apps.compliance.exports.links import link_to
from apps.compliance.exports.scopes import Kind, Scope


@dataclass(frozen=True)
class Shown:
    export: Export
    kind: str
    title: str  # of the case, the person, the workflow; the customer's reference while it is known
    period: str
    link: str  # "" when there is nothing to download
    missing: int  # entries that the log lacks


def shown(exports: Iterable[Export], *, may_fetch: bool) -> list[Shown]:
    rows = [(each, Scope(**each.scope)) for each in exports]
    customers = {scope.id for _, scope in rows if scope.kind == Kind.CUSTOMER}
    references = {
        str(key): name for key, name in Subject.objects.filter(pk__in=customers).values_list("pk", "reference")
    }
    return [
        Shown(
            export,
            "The log" if scope.kind == Kind.LOG else Kind(scope.kind).label,
            scope.title or references.get(scope.id, scope.id),
            _period(scope),
            link_to(export) if may_fetch and export.at_hand else "",
            export.report.get("missing", 0),
        )
        for export, scope in rows
    ]


def _period(scope: Scope) -> str:
    if scope.begin and scope.end:
        return f"{scope.begin} to {scope.end}"
    return f"from {scope.begin}" if scope.begin else f"until {scope.end}" if scope.end else ""
