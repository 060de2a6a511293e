"""A consultant's coming weeks: hours that their engagements ask for, beside the hours that they have."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from apps.engagements.allocation import Planned, hours_of, phase_on
from apps.engagements.engagement_models import Engagement
from apps.reviews import calendars

WEEKS: Final = 8
FULL: Final = 40  # hours of a week, unless the person says otherwise
MIDWEEK = timedelta(days=2)


@dataclass(frozen=True)
class Part:
    tenant: str
    site: str
    planned: Planned

    @property
    def phase_title(self) -> str:
        return str(Engagement.Phase(self.planned.phase).label)


@dataclass(frozen=True)
class Week:
    monday: date
    parts: tuple[Part, ...]
    own: int  # hours that the person has

    @property
    def hours(self) -> int:
        return sum(each.planned.hours for each in self.parts)

    @property
    def over(self) -> int:
        """Hours that are asked for and not there."""
        return max(self.hours - self.own, 0)

    @property
    def free(self) -> int:
        return max(self.own - self.hours, 0)


def mondays() -> list[date]:
    """Of this week and those that follow."""
    today = calendars.today()
    first = today - timedelta(days=today.weekday())
    return [first + timedelta(weeks=number) for number in range(WEEKS)]


def plan(engagement: Engagement, person: UUID) -> tuple[Planned, ...]:
    """What the engagement asks of the person in each of `mondays`, by the phase on its Wednesday."""
    hours = hours_of(engagement, person)
    return tuple(hours[phase_on(engagement, monday + MIDWEEK)] for monday in mondays())


def weeks(plans: Iterable[tuple[str, str, Sequence[Planned]]], own: int) -> list[Week]:
    """From (tenant, address, plan) of each engagement."""
    plans = list(plans)
    return [
        Week(monday, tuple(Part(tenant, site, planned[at]) for tenant, site, planned in plans), own)
        for at, monday in enumerate(mondays())
    ]
