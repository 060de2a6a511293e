"""Months of arrivals: the one that came, and others drawn from it or from the labelled set, the same each time.

Times are hours since the month's beginning. A customer's position says at which width of a slice they are in it, as
apps.workflows.traffic has it. Pure functions.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.workflows.traffic import WHOLE

WEEKS = 4
HOURS = WEEKS * 7 * 24
WEEK = 7 * 24
ENOUGH = 150  # arrivals, to learn the hours and the mix of types from
SEED = 20
OFFICE = np.array(  # the stated week where none was seen: most in office hours, some in the evening and at the weekend
    [
        (1.0 if 8 <= hour < 18 else 0.35 if 18 <= hour < 23 or hour == 7 else 0.05) * (1.0 if day < 5 else 0.3)
        for day in range(7)
        for hour in range(24)
    ]
)

Floats = NDArray[np.float64]
Places = NDArray[np.intp]


@dataclass(frozen=True)
class Month:
    """Arrivals in the order of their times; all three of one length."""

    hours: Floats
    case: Places  # which of the distinct cases
    position: Places  # 0 to 9,999

    def inside(self, percent: int) -> NDArray[np.bool_]:
        """Which arrivals a slice of this width takes."""
        return self.position < percent * WHOLE // 100


def as_it_came(begin: datetime, times: Sequence[datetime], cases: Sequence[int], positions: Sequence[int]) -> Month:
    hours = np.array([(at - begin) / timedelta(hours=1) for at in times], float)
    return _sorted(hours, np.array(cases, np.intp), np.array(positions, np.intp))


def resampled(month: Month, number: int) -> list[Month]:
    """Months as they might have come: as many arrivals, drawn with replacement, each with its hour and its customer."""
    generator, n = np.random.default_rng(SEED), len(month.hours)
    drawn = (generator.integers(0, n, n) for _ in range(number))
    return [_sorted(month.hours[rows], month.case[rows], month.position[rows]) for rows in drawn]


def from_labels(begin: datetime, volume: int, weights: Floats, week: Floats, number: int) -> list[Month]:
    """Months of so many labelled cases each, drawn by `weights`, at hours drawn by `week` (168, Monday 0 h first)."""
    generator = np.random.default_rng(SEED)
    by_hour = np.tile(np.roll(week, -hour_of_week(begin)), WEEKS)
    chosen = (
        (
            generator.choice(HOURS, volume, p=by_hour / by_hour.sum()) + generator.random(volume),
            generator.choice(len(weights), volume, p=weights / weights.sum()),
            generator.integers(0, WHOLE, volume),  # customers of their own: the same labelled case is many people
        )
        for _ in range(number)
    )
    return [_sorted(hours, cases, positions) for hours, cases, positions in chosen]


def week_of(times: Sequence[datetime]) -> Floats:
    """How many came in each hour of the week; the office's week while too few came."""
    if len(times) < ENOUGH:
        return OFFICE
    counts = np.bincount([hour_of_week(at) for at in times], minlength=WEEK).astype(float)
    return counts + 0.5 / WEEK  # so that no hour is impossible


def weights_of(labelled: Sequence[str], came: Sequence[str]) -> Floats:
    """How often each labelled case is to be drawn, so that the types come as they did in traffic, as far as known."""
    mix, own = Counter(came), Counter(labelled)
    if len(came) < ENOUGH or not any(mix[slug] for slug in own):
        return np.ones(len(labelled))
    return np.array([mix[slug] / own[slug] for slug in labelled], float)


def hour_of_week(at: datetime) -> int:
    return at.weekday() * 24 + at.hour


def _sorted(hours: Floats, case: Places, position: Places) -> Month:
    order: Any = np.argsort(hours, kind="stable")
    return Month(hours[order], case[order], position[order])
