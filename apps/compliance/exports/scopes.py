"""What an export is of: a case, a person, a workflow, a framework, or the log; all of it or within a period."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import connection

from apps.cases.models import Case, Subject
from apps.compliance.frameworks import the_map
from apps.tenants.models import Membership
from apps.tenants.schemas import current_schema
from apps.workflows.models import Workflow

SELECTED = """
FROM audit_leaf AS place LEFT JOIN audit_entry AS entry ON entry.id = place.entry_id
WHERE place.seq >= %(position)s AND place.seq < %(size)s AND ({condition})
"""
# A place whose entry is gone counts as selected wherever it may have been, so that its absence shows.
WHERE = {
    "log": "true",
    "case": "entry.case_id = %(id)s",
    "person": "entry.actor = %(actor)s",
    "customer": "entry.case_id IN (SELECT id FROM cases_case WHERE subject_id = %(id)s) OR entry.object = %(object)s",
    "framework": "true",
    "workflow": "entry.case_id IN (SELECT id FROM cases_case WHERE workflow_id = %(key)s)"
    " OR entry.object = %(object)s OR position(%(named)s::bytea IN entry.bytes) > 0",
}


class Kind(StrEnum):
    LOG = "log"
    CASE = "case"
    PERSON = "person"
    CUSTOMER = "customer"
    WORKFLOW = "workflow"
    FRAMEWORK = "framework"

    @property
    def label(self) -> str:
        return {
            Kind.LOG: "A period, or everything",
            Kind.CASE: "A case",
            Kind.PERSON: "What a person here did",
            Kind.CUSTOMER: "What concerns a customer",
            Kind.WORKFLOW: "A workflow",
            Kind.FRAMEWORK: "Evidence for a framework",
        }[self]


@dataclass(frozen=True)
class Scope:
    """`id` names the case, person, subject, workflow or framework, "" for the log.

    `begin` and `end` are days in UTC, inclusive.
    `title` is what people call it; of a customer it stays empty, for the reference may have to be forgotten.
    """

    kind: str
    id: str = ""
    title: str = ""
    begin: str = ""  # ISO 8601
    end: str = ""

    def stated(self) -> dict[str, str]:
        """What the manifest, the report and the audit log say of it."""
        return {name: value for name, value in asdict(self).items() if value}

    def parameters(self) -> dict[str, Any]:
        return {
            "id": UUID(self.id) if self.kind in (Kind.CASE, Kind.CUSTOMER) else None,
            "actor": f"person:{self.id}",
            "object": f"{'subject' if self.kind == Kind.CUSTOMER else 'workflow'}:{self.id}",
            "key": Workflow.objects.get(slug=self.id).pk if self.kind == Kind.WORKFLOW else None,
            "named": f'"workflow":"{self.id}"'.encode(),  # as canonical JSON writes it, at whatever depth
            "begin": self.begin or None,
            "end": self.end or None,
        }

    @property
    def selected(self) -> str:
        """The rest of a statement, from FROM on."""
        condition = WHERE[self.kind]
        if self.begin:
            condition = f"({condition}) AND entry.at >= %(begin)s::date"
        if self.end:
            condition = f"({condition}) AND entry.at < %(end)s::date + 1"
        if self.kind in (Kind.LOG, Kind.FRAMEWORK):
            condition = f"entry.id IS NULL OR ({condition})"
        return SELECTED.format(condition=condition)


def count(scope: Scope, size: int) -> int:
    """How many of the first `size` places it selects."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) {scope.selected}", {**scope.parameters(), "position": 0, "size": size})
        return int(cursor.fetchone()[0])


def places(scope: Scope, position: int, size: int, most: int) -> list[int]:
    """Up to `most` places that it selects, from `position` on, ascending."""
    values = {**scope.parameters(), "position": position, "size": size, "most": most}
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT place.seq {scope.selected} ORDER BY place.seq LIMIT %(most)s", values)
        return [place for (place,) in cursor.fetchall()]


def read_scope(given: Mapping[str, str]) -> Scope:
    """From a form: `kind`, `which`, `begin` and `end`. Raises ValidationError with a message by field."""
    problems: dict[str, str] = {}
    kind, which = given.get("kind", ""), given.get("which", "").strip()
    if kind not in set(Kind):
        raise ValidationError({"kind": "Choose what to export."})
    days = {name: _day(given.get(name, "").strip(), name, problems) for name in ("begin", "end")}
    if all(days.values()) and days["begin"] > days["end"]:
        problems["end"] = "The last day comes before the first."
    found = FINDERS[Kind(kind)](which) if kind in FINDERS else ("", "")
    if found is None:
        problems["which"] = MISSING[Kind(kind)]
    if problems or found is None:
        raise ValidationError({field: [message] for field, message in problems.items()})
    return Scope(kind, *found, **days)


def _day(text: str, name: str, problems: dict[str, str]) -> str:
    if not text:
        return ""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        problems[name] = "Give a day as 2026-11-22."
        return ""


def _case(number: str) -> tuple[str, str] | None:
    found = Case.objects.filter(number__iexact=number).values_list("pk", "number").first()
    return (str(found[0]), found[1]) if found else None


def _person(chosen: str) -> tuple[str, str] | None:
    members = Membership.objects.filter(tenant_id=current_schema()).select_related("user")
    found = next((each.user for each in members if str(each.user_id) == chosen), None)
    return (str(found.pk), found.name) if found else None


def _customer(reference: str) -> tuple[str, str] | None:
    found = Subject.objects.filter(reference=reference).values_list("pk", flat=True).first()
    return (str(found), "") if found else None


def _workflow(slug: str) -> tuple[str, str] | None:
    found = Workflow.objects.filter(slug=slug).first()
    return (found.slug, found.title) if found else None


def _framework(chosen: str) -> tuple[str, str] | None:
    return next(((each.id, each.title) for each in the_map().frameworks if each.id == chosen), None)


FINDERS: dict[Kind, Callable[[str], tuple[str, str] | None]] = {
    Kind.CASE: _case,
    Kind.PERSON: _person,
    Kind.CUSTOMER: _customer,
    Kind.WORKFLOW: _workflow,
    Kind.FRAMEWORK: _framework,
}
MISSING = {
    Kind.CASE: "There is no case with this number.",
    Kind.PERSON: "Choose a person who works here or did.",
    Kind.CUSTOMER: "No case is about this customer. Write the reference exactly as the sending system does.",
    Kind.WORKFLOW: "Choose a workflow.",
    Kind.FRAMEWORK: "Choose a framework.",
}
