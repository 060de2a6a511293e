"""Where Build stands: each stage with its criteria, when it was due by what was agreed on, and how late it is.

The weeks are those of the milestone of the same title in the accepted statement of work, else the usual ones. A change
that was accepted moves each stage that was not met by then. Days are working days of the tenant's business calendar.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from apps.engagements.build.criteria import STAGES, Criterion, Stage
from apps.engagements.build_models import ChangeRequest
from apps.engagements.cadence.calendar_of_run import monday_of, next_working_day
from apps.engagements.engagement_models import Engagement
from apps.engagements.statement import sow
from apps.reviews.calendars import in_force
from apps.reviews.working_time import Hours, open_on

DAY, FRIDAY = timedelta(days=1), 4
Moved = tuple[date, int]  # on which day a change was accepted, and how many working days later it makes things


@dataclass(frozen=True)
class Standing:
    """A stage as it is. `agreed_on` is the day on which it was due before any change was accepted."""

    stage: Stage
    criteria: tuple[Criterion, ...]
    begin: int  # weeks of Build
    end: int
    agreed_on: date
    hours: Hours
    changes: Sequence[Moved] = ()

    @property
    def met(self) -> bool:
        return all(each.met for each in self.criteria)

    @property
    def met_on(self) -> date | None:
        """The day, where the tenant is, on which its last criterion was met; None while one is not."""
        days = [_local(each.since, self.hours) for each in self.criteria if each.since]
        return max(days) if self.met and days else None

    @property
    def moved(self) -> int:
        """Working days by which accepted changes moved it."""
        met_on = self.met_on
        return sum(days for on, days in self.changes if met_on is None or met_on > on)

    @property
    def due(self) -> date:
        return shifted(self.hours, self.agreed_on, self.moved)

    def late(self, today: date) -> int:
        """Working days behind: until it was met, or until today. 0 where it is in time."""
        until = (self.met_on or self.due) if self.met else today
        days = ((self.due + after * DAY) for after in range(1, (until - self.due).days + 1))
        return sum(bool(open_on(self.hours, day)) for day in days)


def stand(engagement: Engagement) -> list[Standing]:
    """Each stage is due on the Friday of its last week, or on the next working day. Empty before Build."""
    if engagement.build_on is None:
        return []
    hours, weeks, monday = in_force()[1].hours(), agreed_weeks(engagement), monday_of(engagement.build_on)
    accepted = ChangeRequest.objects.filter(engagement=engagement, state=ChangeRequest.State.ACCEPTED)
    changes = [
        (_local(at, hours), days) for at, days in accepted.values_list("decided_at", "days") if at is not None and days
    ]
    found = []
    for stage in STAGES:
        begin, end = weeks.get(stage.title.casefold(), (stage.begin, stage.end))
        agreed_on = next_working_day(hours, monday + timedelta(weeks=end - 1, days=FRIDAY))
        criteria = tuple(check(engagement.workflow) for check in stage.checks)
        found.append(Standing(stage, criteria, begin, end, agreed_on, hours, changes))
    return found


def agreed_weeks(engagement: Engagement) -> dict[str, tuple[int, int]]:
    """First and last week of each milestone of the accepted statement of work, by its title in small letters."""
    agreed = sow.accepted(engagement)
    milestones = sow.content_of(agreed).milestones if agreed else ()
    return {each.title.casefold(): (each.begin, each.end) for each in milestones}


def unmeasured(titles: Iterable[str]) -> list[str]:
    """Those titles of milestones that no stage here has."""
    known = {stage.title.casefold() for stage in STAGES}
    return [title for title in titles if title.casefold() not in known]


def shifted(hours: Hours, day: date, days: int) -> date:
    """So many working days later, or sooner where it is negative."""
    step, left = (DAY if days > 0 else -DAY), abs(days)
    while left:
        day += step
        left -= bool(open_on(hours, day))
    return day


def _local(at: datetime, hours: Hours) -> date:
    return at.astimezone(ZoneInfo(hours.zone)).date()
