"""How long a person works on a case, from the decisions that were taken.

It is the time that the reviewer's page was worked on, idle time left out. Where too few have that, it is the time since
the same person's decision before; a longer gap than a sitting's is a pause, and tells nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from apps.evaluations.metrics import mean_interval
from apps.reviews.models import Disposition
from apps.workflows.models import Workflow

PAUSE = timedelta(minutes=15)
FEWEST = 30  # decisions: below that the mean says little
LATEST = 2_000  # decisions that are looked at


@dataclass(frozen=True)
class Minutes:
    """Of a person's work a case, with the 95 % interval of the mean."""

    value: float
    low: float
    high: float
    n: int  # 0: stated, not measured

    @property
    def measured(self) -> bool:
        return self.n > 0


def measured_minutes(workflow: Workflow, begin: datetime, end: datetime) -> Minutes | None:
    """From the decisions of that time. None while there are too few."""
    decisions = Disposition.objects.filter(
        case__workflow=workflow, kind__in=Disposition.FINAL, undone_at=None, created_at__range=(begin, end)
    ).order_by("-created_at")[:LATEST]
    told = list(decisions.values_list("reviewer_id", "created_at", "active_ms"))
    worked = [milliseconds / 60_000 for _, _, milliseconds in told if milliseconds]
    if len(worked) < FEWEST:
        worked = sittings((person, at) for person, at, _ in told)
    if len(worked) < FEWEST:
        return None
    mean = sum(worked) / len(worked)
    low, high = mean_interval(worked)
    return Minutes(mean, low, high, len(worked))


def stated_minutes(minutes: float) -> Minutes:
    return Minutes(minutes, minutes, minutes, 0)


def sittings(decisions: Iterable[tuple[object, datetime]]) -> list[float]:
    """Minutes between the decisions of each person, pauses left out."""
    by_person: dict[object, list[datetime]] = {}
    for person, at in decisions:
        by_person.setdefault(person, []).append(at)
    gaps = (later - earlier for times in by_person.values() for earlier, later in pairwise(sorted(times)))
    return [gap / timedelta(minutes=1) for gap in gaps if timedelta() < gap <= PAUSE]
