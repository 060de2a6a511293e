"""When rituals are due: three each week and one each quarter from the first day of Run, moved by holidays.

They go on when the engagement has ended: then the client's people hold them alone.
A ritual belongs to its `day` by the weekday; it is due on that day, or on the next working day where that is none.
Where no working day comes before the next one of its kind, it falls away.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

from apps.engagements.cadence_models import CadenceBegin, Ritual, RitualRecord
from apps.engagements.engagement_models import Engagement
from apps.engagements.engagements import current
from apps.reviews import calendars
from apps.reviews.working_time import Hours, open_on
from apps.tenants.actors import Actor
from apps.tenants.capabilities import Capability, capabilities_of

DAY, WEEK, QUARTER = timedelta(days=1), timedelta(days=7), timedelta(weeks=13)
AHEAD = 4 * QUARTER  # what lies further ahead has no page yet
WEEKDAYS: Final = {Ritual.METRICS: 0, Ritual.REFRESH: 2, Ritual.CALIBRATION: 4, Ritual.RETROSPECTIVE: 3}
EVERY: Final = {each: QUARTER if each == Ritual.RETROSPECTIVE else WEEK for each in Ritual}
State = Literal["ahead", "due", "overdue", "missed", "held", "late", "skipped"]
WORDS: Final[dict[State, tuple[str, str]]] = {
    "ahead": ("ahead", ""),
    "due": ("due today", "accent"),
    "overdue": ("overdue", "bad"),
    "missed": ("missed", "bad"),
    "held": ("held", "good"),
    "late": ("held late", "warn"),
    "skipped": ("skipped", "warn"),
}


@dataclass(frozen=True)
class Occurrence:
    """One ritual of one week, or quarter. `closes_on` is the day on which the next of its kind is due."""

    ritual: Ritual
    day: date
    due_on: date
    closes_on: date
    today: date
    record: RitualRecord | None = None

    @property
    def title(self) -> str:
        return self.ritual.label

    @property
    def state(self) -> State:
        """`missed` once the next one is due: its figures are of the past by then, so it can only be explained."""
        if self.record is not None:
            return "skipped" if not self.record.held else "late" if self.record.late else "held"
        if self.today < self.due_on:
            return "ahead"
        if self.today == self.due_on:
            return "due"
        return "overdue" if self.today < self.closes_on else "missed"

    @property
    def words(self) -> str:
        return WORDS[self.state][0]

    @property
    def tone(self) -> str:
        return WORDS[self.state][1]

    @property
    def waits(self) -> bool:
        return self.state in ("due", "overdue")

    @property
    def moved(self) -> bool:
        """Whether its own day is no working day."""
        return self.due_on != self.day


def begins_on(engagement: Engagement) -> date | None:
    """The first day of the cadence here; None before Run."""
    if engagement.run_on is None:
        return None
    said = CadenceBegin.objects.filter(engagement=engagement).first()
    return max(engagement.run_on, said.on) if said else engagement.run_on


def occurrences(engagement: Engagement, first: date, last: date) -> list[Occurrence]:
    """Those whose day lies from `first` to `last`, in the order in which they are due. Empty before Run."""
    begin, today, hours = begins_on(engagement), calendars.today(), calendars.in_force()[1].hours()
    if begin is None or engagement.run_on is None:
        return []
    first = max(first, begin)
    records = RitualRecord.objects.filter(engagement=engagement, day__gte=first, day__lte=last)
    known = {(each.ritual, each.day): each for each in records.defer("figures", "words")}
    found = []
    for ritual in Ritual:
        for day in _days(ritual, engagement.run_on, first, last):
            due_on = next_working_day(hours, day)
            if due_on < day + EVERY[ritual]:
                closes_on = next_working_day(hours, day + EVERY[ritual])
                found.append(Occurrence(ritual, day, due_on, closes_on, today, known.get((ritual, day))))
    return sorted(found, key=lambda each: (each.due_on, each.day))


def occurrence(engagement: Engagement, ritual: Ritual, day: date) -> Occurrence | None:
    """The one of this day; None where the cadence has none, or none within a year."""
    if day > calendars.today() + AHEAD:
        return None
    return next((each for each in occurrences(engagement, day, day) if each.ritual == ritual), None)


def waiting(engagement: Engagement) -> list[Occurrence]:
    """What is due or overdue, the longest overdue first."""
    today = calendars.today()
    return [each for each in occurrences(engagement, today - QUARTER - 2 * WEEK, today) if each.waits]


def coming(engagement: Engagement) -> Occurrence | None:
    """The next that is not due yet."""
    today = calendars.today()
    return next(
        (each for each in occurrences(engagement, today - WEEK, today + 3 * WEEK) if each.state == "ahead"), None
    )


def rituals_of(actor: Actor) -> list[Occurrence]:
    """What is due or overdue that the person may hold; where there is none, the next one that comes."""
    engagement = current() if Capability.CONFIG_EDIT in capabilities_of(actor.role) else None
    if engagement is None:
        return []
    following = coming(engagement)
    return waiting(engagement) or ([following] if following else [])


def waiting_for(actor: Actor) -> int:
    """How many rituals are due or overdue that the person may hold."""
    engagement = current() if Capability.CONFIG_EDIT in capabilities_of(actor.role) else None
    return len(waiting(engagement)) if engagement else 0


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def next_working_day(hours: Hours, day: date) -> date:
    """The day itself where work is done on it. At most a year is looked through."""
    return next((each for each in (day + n * DAY for n in range(366)) if open_on(hours, each)), day + AHEAD)


def _days(ritual: Ritual, run_on: date, first: date, last: date) -> Iterator[date]:
    """The first retrospective comes a quarter after Run has begun."""
    every = EVERY[ritual]
    day = monday_of(run_on) + WEEKDAYS[ritual] * DAY
    day += every if ritual == Ritual.RETROSPECTIVE else timedelta()
    while day <= last:
        if day >= max(first, run_on):
            yield day
        day += every
