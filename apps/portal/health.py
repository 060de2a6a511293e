"""Is the workflow healthy? The numbers of the home page."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone

from apps.audit.models import Checkpoint
from apps.cases.listing import LANES
from apps.cases.models import Case

DAYS = 7


@dataclass(frozen=True)
class Health:
    """Cases that came in during the last seven days, and how far the audit log is sealed."""

    came: int
    open: int
    review: int
    closed: int
    automatic: int  # of those closed
    rejected: int  # of those closed
    lanes: list[tuple[str, int]]
    sealed: int  # audit entries under the newest checkpoint
    sealed_at: datetime | None

    @property
    def automatic_share(self) -> float | None:
        """Of the cases at rest: closed, or with a person."""
        return self.automatic / self.resting if self.resting else None

    @property
    def resting(self) -> int:
        return self.review + self.closed

    @property
    def states(self) -> list[tuple[str, int]]:
        return [("In progress", self.open), ("With a person", self.review), ("Closed", self.closed)]


def health() -> Health:
    lately = Case.objects.filter(admitted_at__gte=timezone.now() - timedelta(days=DAYS))
    closed = Q(state=Case.State.CLOSED)
    found: dict[str, Any] = lately.aggregate(
        came=Count("id"),
        open=Count("id", filter=Q(state=Case.State.OPEN)),
        review=Count("id", filter=Q(state=Case.State.REVIEW)),
        closed=Count("id", filter=closed),
        automatic=Count("id", filter=closed & Q(outcome=Case.Outcome.AUTOMATIC)),
        rejected=Count("id", filter=closed & Q(outcome=Case.Outcome.REJECTED)),
    )
    by_lane = dict(lately.exclude(lane="").order_by().values_list("lane").annotate(number=Count("id")))
    newest = Checkpoint.objects.order_by("-tree_size").only("tree_size", "at").first()
    return Health(
        lanes=[(title, by_lane[lane]) for lane, title in LANES.items() if lane in by_lane],
        sealed=newest.tree_size if newest else 0,
        sealed_at=newest.at if newest else None,
        **found,
    )
