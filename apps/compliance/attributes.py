"""Protected attributes as the tenant supplies them: a CSV file of case numbers, sealed under each person's key."""

import csv
import io
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from apps.audit.commitments import forgotten_among, subject_keys
from apps.audit.entries import record
from apps.audit.sealing import seal, unseal
from apps.cases.models import Case
from apps.compliance.framework_models import ProtectedAttributes
from apps.tenants.actors import Actor

MOST_ROWS = 100_000
MOST_ATTRIBUTES = 4
LONGEST = 60
NUMBER = ("case", "number", "case number", "case_number")


class AttributesRefused(ValueError):
    """The file cannot be read so. The message says what to change; nothing of it was kept."""


@dataclass(frozen=True)
class Supplied:
    kept: int
    unknown: tuple[str, ...]  # case numbers that nobody has here
    forgotten: int  # cases of people who have been forgotten


def read_file(text: str) -> dict[str, dict[str, str]]:
    """Case number → attribute → group. Empty cells are left out, which counts as unknown. Raises AttributesRefused."""
    reader = csv.reader(io.StringIO(text.lstrip("\ufeff")))
    heading = [name.strip().lower() for name in next(reader, [])]
    if len(heading) < 2 or heading[0] not in NUMBER:
        raise AttributesRefused("The first line must read: case number, then one to four attributes, such as sex.")
    if len(heading) - 1 > MOST_ATTRIBUTES or len(set(heading)) < len(heading) or not all(heading):
        raise AttributesRefused(f"Give one to {MOST_ATTRIBUTES} attributes with different names.")
    found: dict[str, dict[str, str]] = {}
    for line, cells in enumerate(reader, start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(heading) or any(len(cell) > LONGEST for cell in cells):
            raise AttributesRefused(f"Line {line} does not have {len(heading)} cells of at most {LONGEST} characters.")
        number = cells[0].strip()
        if number in found:
            raise AttributesRefused(f"Line {line} names {number} again.")
        pairs = zip(heading[1:], cells[1:], strict=True)
        found[number] = {name: cell.strip().lower() for name, cell in pairs if cell.strip()}
        if len(found) > MOST_ROWS:
            raise AttributesRefused(f"A file has at most {MOST_ROWS:,} lines.")
    if not found:
        raise AttributesRefused("The file has no line below its heading.")
    return found


@transaction.atomic
def supply_attributes(*, actor: Actor, given: Mapping[str, Mapping[str, str]]) -> Supplied:
    """Keep the attributes of these cases in place of earlier ones. What they say stays out of the log."""
    cases = dict(Case.objects.filter(number__in=given).values_list("number", "pk"))
    people = dict(Case.objects.filter(number__in=given).values_list("number", "subject_id"))
    forgotten = forgotten_among(set(people.values()))
    rows = [
        ProtectedAttributes(
            case_id=pk,
            person=people[number],
            sealed=seal(people[number], _place(pk), json.dumps(given[number]).encode()),
        )
        for number, pk in cases.items()
        if people[number] not in forgotten
    ]
    ProtectedAttributes.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["case"], update_fields=["person", "sealed", "supplied_at"]
    )
    unknown = tuple(sorted(given.keys() - cases.keys()))
    names = sorted({name for attributes in given.values() for name in attributes})
    record(
        actor=actor,
        action="attributes.supplied",
        object="attributes:protected",
        after={"cases": len(rows), "unknown": len(unknown), "attributes": list(names)},
    )
    return Supplied(len(rows), unknown, len(cases) - len(rows))


def attributes_of(case_ids: Collection[UUID]) -> dict[UUID, dict[str, str]]:
    """Case → attribute → group; cases that nobody supplied, or of forgotten people, are left out."""
    rows = list(ProtectedAttributes.objects.filter(case__in=case_ids))
    people = {row.person for row in rows}
    readable = people - forgotten_among(people)
    subject_keys(readable)  # all in one query, so that none is asked for below
    return {
        row.case_id: json.loads(unseal(row.person, _place(row.case_id), row.sealed))
        for row in rows
        if row.person in readable
    }


def _place(case_id: UUID) -> str:
    return f"protected_attributes:{case_id}"
