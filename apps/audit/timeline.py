"""What the log says about one case, in the order in which it happened, each entry checked as it is read."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from apps.audit.findings import COLUMNS, Finding, Row, check_entry
from apps.tenants.schemas import current_schema

ROWS = f"""
SELECT {COLUMNS} FROM audit_entry AS entry LEFT JOIN audit_leaf AS place ON place.entry_id = entry.id
WHERE entry.case_id = %s ORDER BY place.seq NULLS LAST, entry.at, entry.id
"""  # noqa: S608 - made of constants


@dataclass(frozen=True)
class TimelineEntry:
    """One entry. `facts` is all that its bytes say, empty when they cannot be read any more."""

    id: UUID
    sequence: int | None  # None for the moment before the sequencer has placed it
    at: datetime
    action: str
    object: str
    actor: str
    leaf: str  # hex
    facts: dict[str, Any]
    findings: tuple[Finding, ...]  # what is wrong with it: its bytes against its hash, its place and its columns

    @property
    def intact(self) -> bool:
        return not self.findings


def timeline(case_id: UUID) -> list[TimelineEntry]:
    """The case's entries, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(ROWS, [case_id])
        return [timeline_entry(Row(*row)) for row in cursor.fetchall()]


def timeline_entry(row: Row) -> TimelineEntry:
    """The row, checked."""
    findings = tuple(check_entry(row, current_schema()))
    return TimelineEntry(
        row.entry_id, row.seq, row.at, row.action, row.object, row.actor, row.leaf.hex(), _facts(row.bytes), findings
    )


def _facts(exact: bytes) -> dict[str, Any]:
    try:
        facts = json.loads(exact)
    except ValueError:  # a finding says so already
        return {}
    return facts if isinstance(facts, dict) else {}
