"""What the log says about one case, in the order in which it happened."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, OuterRef, Subquery

from apps.audit.models import Entry, Leaf


@dataclass(frozen=True)
class TimelineEntry:
    """One entry. `facts` is all that its bytes say; `sequence` is None for the moment before the sequencer has placed it."""

    id: UUID
    sequence: int | None
    at: datetime
    action: str
    object: str
    actor: str
    leaf: str  # hex
    facts: dict[str, Any]


def timeline(case_id: UUID) -> list[TimelineEntry]:
    """The case's entries, oldest first."""
    place = Leaf.objects.filter(entry_id=OuterRef("id")).values("seq")
    entries = Entry.objects.filter(case_id=case_id).annotate(seq=Subquery(place)).order_by(F("seq").asc(nulls_last=True), "at", "id")
    return [
        TimelineEntry(
            entry.id, entry.seq, entry.at, entry.action, entry.object, entry.actor, bytes(entry.leaf).hex(), json.loads(entry.bytes)
        )
        for entry in entries
    ]
