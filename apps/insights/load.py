"""The load of the next fortnight by day and hour, and the workers and reviewers that it takes, from live records."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np

from apps.cases.models import Case
from apps.cases.statements import execute
from apps.insights.facts import AUTOMATIC, Facts, facts
from apps.insights.load_model import (
    CLOSED,
    HORIZON,
    LEAST,
    Floats,
    Ints,
    Tested,
    backtest,
    by_level,
    hands_needed,
    hourly,
    interval,
    settled,
)
from apps.insights.return_terms import terms_of
from apps.reviews import policies
from apps.reviews.calendars import CalendarContent, in_force, today
from apps.reviews.working_time import Hours, open_on
from apps.workflows.models import Workflow

HISTORY: Final = timedelta(days=26 * 7)
RECENT: Final = timedelta(days=28)  # of which work and review share are measured
WORKER_WITHIN: Final = 1.0  # minute, in which 95 of 100 cases should be begun by a worker
BEGUN: Final = 0.25  # of the service level: by then a reviewer should have begun, so that deciding and effects fit in
A_MONTH: Final = 30.4
CAME = """
SELECT (received_at AT TIME ZONE %(zone)s)::date AS day,
    extract(hour FROM received_at AT TIME ZONE %(zone)s)::int AS hour, count(*) AS n
FROM cases_case WHERE workflow_id = %(workflow)s AND received_at >= %(begin)s AND received_at < %(end)s GROUP BY 1, 2
"""
WORKED = """
SELECT count(DISTINCT case_id) AS cases, coalesce(sum(microseconds), 0)::float8 / 60000000 AS minutes
FROM cases_step JOIN cases_case ON cases_case.id = cases_step.case_id
WHERE workflow_id = %(workflow)s AND received_at >= %(begin)s AND received_at < %(end)s
"""


@dataclass(frozen=True)
class Hour:
    hour: int
    open: bool
    cases: float  # that come
    to_review: float  # cases that people have to decide in it, those that waited among them
    reviewers: int
    workers: int


@dataclass(frozen=True)
class Day:
    day: date
    closed: bool
    expected: float
    low: float
    high: float
    hours: tuple[Hour, ...]

    @property
    def reviewers(self) -> int:
        return max(each.reviewers for each in self.hours)

    @property
    def workers(self) -> int:
        return max(each.workers for each in self.hours)

    @property
    def person_hours(self) -> int:
        """Hours of reviewers to be there, all together."""
        return sum(each.reviewers for each in self.hours)


@dataclass(frozen=True)
class Load:
    workflow: Workflow

    @cached_property
    def calendar(self) -> CalendarContent:
        return in_force()[1]

    @cached_property
    def today(self) -> date:
        return today()

    @cached_property
    def history(self) -> tuple[tuple[date, ...], Floats]:
        """Whole days from the first case on, and the cases of each by hour: (days, 24)."""
        rows = execute(CAME, self._asked(self.today - HISTORY))
        first = min((row["day"] for row in rows), default=self.today)
        days = tuple(first + timedelta(days=at) for at in range((self.today - first).days))
        counts = np.zeros((len(days), 24))
        for row in rows:
            counts[(row["day"] - first).days, row["hour"]] = row["n"]
        return days, counts

    @property
    def enough(self) -> bool:
        return len(self.history[0]) >= LEAST and bool(self.history[1].sum())

    @cached_property
    def tested(self) -> Tested | None:
        days, counts = self.history
        return backtest(counts.sum(axis=1), self._kinds(days))

    @cached_property
    def level(self) -> Floats:
        """Cases of each whole day, without what stands out by itself."""
        days, counts = self.history
        return settled(counts.sum(axis=1), self._kinds(days))

    @cached_property
    def scale(self) -> float:
        """Cases that come for each that is recorded; above 1 only where the terms of the return say that it is so."""
        terms, recent = terms_of(self.workflow), self.level[-RECENT.days :].sum()
        recent *= A_MONTH / max(min(len(self.level), RECENT.days), 1)
        if terms is None or not terms.sampled or not recent:
            return 1.0
        return max(1.0, terms.monthly_volume / float(recent))

    @cached_property
    def closed(self) -> Facts:
        """What closed lately."""
        return facts(self.workflow, self.today - RECENT, self.today)

    @cached_property
    def share(self) -> float:
        """Of the cases that closed lately, those that a person decided; 1 where none closed."""
        return float((self.closed.outcome != AUTOMATIC).mean()) if len(self.closed) else 1.0

    @cached_property
    def waiting(self) -> int:
        """Cases that came before today and wait for a person."""
        return Case.objects.filter(
            workflow=self.workflow, state=Case.State.REVIEW, received_at__lt=self._asked(self.today)["end"]
        ).count()

    @cached_property
    def minutes(self) -> float | None:
        """Of a person's work on a case that a person decides, lately."""
        found = self.closed
        timed = found.minutes[(found.outcome != AUTOMATIC) & ~np.isnan(found.minutes)]
        return float(timed.mean()) if len(timed) else None

    @cached_property
    def seconds(self) -> float | None:
        """Of a worker, for a case, all layers together, as measured lately."""
        (row,) = execute(WORKED, self._asked(self.today - RECENT))
        return row["minutes"] * 60 / row["cases"] if row["cases"] else None

    @cached_property
    def begin_within(self) -> float:
        """Minutes of working time in which a reviewer should have begun."""
        allowed = policies.in_force(self.workflow.pk)[1].allowed("", "normal")
        return float(allowed or 16) * 60 * BEGUN

    @cached_property
    def days(self) -> list[Day]:
        """The next fortnight, beginning today."""
        past, counts = self.history
        ahead = tuple(self.today + timedelta(days=at) for at in range(HORIZON))
        kinds = self._kinds(past)
        expected = by_level(self.level, kinds, self._kinds(ahead)) * self.scale
        low, high = interval(expected, 1 + ((self.tested.spread if self.tested else 1.0) - 1) * self.scale)
        found, carried = [], float(self.waiting)
        for at, day in enumerate(ahead):
            shape = hourly(counts, kinds, int(self._kinds((day,))[0])) * expected[at]
            hours, carried = self._hours(day, shape, carried)
            closed = not open_on(self._open, day)
            found.append(Day(day, closed, float(expected[at]), float(low[at]), float(high[at]), hours))
        return found

    def _hours(self, day: date, shape: Floats, carried: float) -> tuple[tuple[Hour, ...], float]:
        """`carried` waits for a person when the day begins; the second answer is what does when it ends."""
        opened = self._opened(day)
        to_review, left = self._to_review(opened, shape * self.share, carried)
        found = [
            Hour(
                hour=hour,
                open=hour in opened,
                cases=float(shape[hour]),
                to_review=float(to_review[hour]),
                reviewers=hands_needed(float(to_review[hour]), self.minutes, self.begin_within) if self.minutes else 0,
                workers=hands_needed(float(shape[hour]), self.seconds / 60, WORKER_WITHIN) if self.seconds else 0,
            )
            for hour in range(24)
        ]
        return tuple(found), left

    @staticmethod
    def _to_review(opened: Sequence[int], comes: Floats, carried: float) -> tuple[Floats, float]:
        """What comes, or waits, while nobody is there is spread over the open hours that are left of the day."""
        to_review, left = np.where(np.isin(np.arange(24), opened), comes, 0.0), 0.0
        for hour, cases in ((0, carried), *((hour, comes[hour]) for hour in range(24) if hour not in opened)):
            after = [each for each in opened if each >= hour]
            to_review[after] += cases / max(len(after), 1)
            left += 0.0 if after else float(cases)
        return to_review, left

    def _opened(self, day: date) -> list[int]:
        zone = ZoneInfo(self.calendar.zone)
        stretches = [(begin.astimezone(zone), end.astimezone(zone)) for begin, end in open_on(self._open, day)]
        moments = [datetime.combine(day, time(hour, 30), zone) for hour in range(24)]
        return [at.hour for at in moments if any(begin <= at < end for begin, end in stretches)]

    @cached_property
    def _open(self) -> Hours:
        return self.calendar.hours()

    def _kinds(self, days: Sequence[date]) -> Ints:
        closed = {each.day for each in self.calendar.special if not each.hours}
        return np.array([CLOSED if day in closed else day.weekday() for day in days], dtype=np.int64)

    def _asked(self, begin: date) -> dict[str, Any]:
        zone = ZoneInfo(self.calendar.zone)
        return {
            "workflow": self.workflow.pk,
            "zone": self.calendar.zone,
            "begin": datetime.combine(begin, time(), zone),
            "end": datetime.combine(self.today, time(), zone),
        }
