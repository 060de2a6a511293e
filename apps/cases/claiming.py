"""Claiming due cases: a lease on the database's clock, and a fence that shuts out every older claim."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings

from apps.cases.layers.types import CaseInput
from apps.cases.models import Case
from apps.cases.statements import CLAIM, execute
from apps.inference.limits import USUAL

# One lease covers a batch, so slow work goes one by one.
BATCH = {Case.Queue.QUICK: 8, Case.Queue.MODEL: 1, Case.Queue.EFFECTS: 1}
QUESTIONS = 2  # to a model in one claim, at most: a draft and its repair


@dataclass
class Claimed:
    """A case as one claim holds it. `fence` is the claim's own: a later claim has a higher one."""

    id: UUID
    layer: str
    queue: str
    fence: int
    attempt: int
    revision: int
    release_id: str
    subject_id: UUID
    input: CaseInput

    @classmethod
    def from_row(cls, row: dict[str, Any], queue: str) -> "Claimed":
        received = row["received_at"].date()
        given = CaseInput(
            id=str(row["id"]),
            subject=row["title"],
            text=row["text"],
            channel=row["channel"],
            language=row["language"],
            region=row["region"],
            consent=row["consent"],
            customer=row["customer"] or None,
            received_on=received,
        )
        names = ("id", "layer", "fence", "attempt", "revision", "release_id", "subject_id")
        return cls(queue=queue, input=given, **{name: row[name] for name in names})


def lease_seconds(queue: str) -> float:
    """Longer than a claim's work takes: a hosted model may answer slowly, be asked again, and draft twice."""
    asking = QUESTIONS * USUAL.in_all if queue == Case.Queue.MODEL else 0.0
    return settings.CASE_LEASE_SECONDS + asking


def claim(queue: str) -> list[Claimed]:
    parameters = {"queue": queue, "batch": BATCH[Case.Queue(queue)], "lease": lease_seconds(queue)}
    return [Claimed.from_row(row, queue) for row in execute(CLAIM, parameters)]
