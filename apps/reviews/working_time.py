"""Working time: how much of it lies between two moments, and when so much of it will have passed. Pure arithmetic.

Opening hours are local times of one zone. A local time that a change of the clocks leaves out stands for the moment of
the change, one that it repeats for the first of the two; so the hours of a day never overlap and never run backwards.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
NO_TIME = timedelta()
FURTHEST = 5 * 366  # days without an open hour after which there is none to be expected

Minutes = tuple[int, int]  # from and until, in minutes after midnight: (540, 1020) is 09:00 to 17:00
Interval = tuple[datetime, datetime]


class NeverOpen(ValueError):
    """The calendar has no opening hours any more from some day on, so nothing is ever due."""


@dataclass(frozen=True)
class Hours:
    """When work is done. `week` begins on Monday; a day in `special` has its own hours, none on a holiday."""

    zone: str
    week: tuple[tuple[Minutes, ...], ...]
    special: tuple[tuple[date, tuple[Minutes, ...]], ...] = field(default=())


@lru_cache(maxsize=8192)
def open_on(hours: Hours, day: date) -> tuple[Interval, ...]:
    """The opening hours of a local day as moments in UTC, in order."""
    minutes = dict(hours.special).get(day, hours.week[day.weekday()])
    zone = ZoneInfo(hours.zone)
    moments = ((_moment(day, start, zone), _moment(day, end, zone)) for start, end in minutes)
    return tuple((start, end) for start, end in moments if start < end)


def _moment(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    local = datetime.combine(day, time()) + timedelta(minutes=minutes)
    while True:
        moment = local.replace(tzinfo=zone).astimezone(UTC)
        if moment.astimezone(zone).replace(tzinfo=None) == local:
            return moment
        local += timedelta(minutes=1)  # left out by a change of the clocks: the first time that there is


def measure(hours: Hours, start: datetime, end: datetime) -> timedelta:
    """The working time between two moments; none when `end` is not after `start`."""
    start, end = start.astimezone(UTC), end.astimezone(UTC)  # local times of one zone subtract as if no clock changed
    total = NO_TIME
    for opens, closes in _from(hours, start):
        if opens >= end:
            break
        total += max(min(closes, end) - max(opens, start), NO_TIME)
    return total


def add(hours: Hours, start: datetime, working: timedelta) -> datetime:
    """The first moment at which so much working time has passed since `start`. Raises NeverOpen."""
    start, left = start.astimezone(UTC), working
    if left <= NO_TIME:
        return start
    for opens, closes in _from(hours, start):
        since = max(opens, start)
        if closes - since >= left:
            return since + left
        left -= max(closes - since, NO_TIME)
    raise NeverOpen("There are no opening hours after this day.")


def before(hours: Hours, end: datetime, working: timedelta) -> datetime:
    """The last moment since which so much working time has passed until `end`. Raises NeverOpen."""
    end, left = end.astimezone(UTC), working
    day, closed = end.astimezone(ZoneInfo(hours.zone)).date(), 0
    while left > NO_TIME and closed < FURTHEST:
        found = [(opens, min(closes, end)) for opens, closes in open_on(hours, day) if opens < end]
        for opens, closes in reversed(found):
            if closes - opens >= left:
                return closes - left
            left -= closes - opens
        closed = 0 if found else closed + 1
        day -= DAY
    if left > NO_TIME:
        raise NeverOpen("There were no opening hours before this day.")
    return end


def due(hours: Hours, start: datetime, allowed: timedelta, pauses: Sequence[Interval]) -> datetime:
    """When `allowed` working time will have passed since `start`, not counting the pauses, which are in order."""
    left, since = allowed, start
    for paused, resumed in pauses:
        used = measure(hours, since, paused)
        if used >= left:
            break
        left, since = left - used, max(since, resumed)
    return add(hours, since, left)


def used_until(hours: Hours, start: datetime, end: datetime, pauses: Sequence[Interval]) -> timedelta:
    """The working time between two moments without the pauses, which are in order and do not overlap."""
    return measure(hours, start, end) - sum(
        (measure(hours, max(paused, start), min(resumed, end)) for paused, resumed in pauses), NO_TIME
    )


def _from(hours: Hours, start: datetime) -> Iterator[Interval]:
    """Opening hours that end after `start`, in order; ends where none come for years, and on the last day there is."""
    day = start.astimezone(ZoneInfo(hours.zone)).date()
    closed = 0
    while closed < FURTHEST and day < date.max - DAY:
        found = open_on(hours, day)
        closed = 0 if found else closed + 1
        yield from (interval for interval in found if interval[1] > start)
        day += DAY
