"""How many cases will come, and how many hands that takes. Pure arithmetic.

Days are forecast by their weekday and a level that follows the last weeks; hours by the share that they have of a day
of their kind. Beside it stands the forecast that costs nothing: as many as on the same weekday of the last week.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, exp
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import nbinom, norm, poisson

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
HORIZON: Final = 14  # days
WEEK: Final = 7
CLOSED: Final = 7  # the kind of a day on which the calendar is closed though its weekday is open; 0 to 6 are weekdays
LEAST: Final = 4 * WEEK  # days of history
WEIGHT: Final = 0.5 ** (1 / 21)  # what a day counts less than the one after it, in the level
SMOOTHED: Final = 1.0  # cases that each hour is given beside those that were counted, so that none is impossible
INTERVAL: Final = (0.1, 0.9)
HELD: Final = INTERVAL[1] - INTERVAL[0]
BUSIEST: Final = 0.85  # of an hour: nobody decides cases for sixty minutes of sixty
MOST: Final = 10_000  # hands

ODD: Final = 3.0  # times the most of its neighbours of the same kind, and a few: more is taken for a day by itself
FEW: Final = 5.0  # cases
NEAR: Final = 3  # days of the same kind before and after

Forecaster = Callable[[Floats, Ints, Ints], Floats]


def settled(days: Floats, kinds: Ints) -> Floats:
    """Days as they are, save one that stands out far above its neighbours of the same kind: that counts as its bound.

    A single mail to all customers is no level. What comes again the week after is one, and then nothing is cut.
    """
    found = days.copy()
    for kind in set(kinds.tolist()):
        (alike,) = np.nonzero(kinds == kind)
        for at, day in enumerate(alike):
            beside = np.concatenate((alike[max(at - NEAR, 0) : at], alike[at + 1 : at + 1 + NEAR]))
            if len(beside):
                found[day] = min(days[day], ODD * days[beside].max() + FEW)
    return found


def by_level(days: Floats, kinds: Ints, ahead: Ints) -> Floats:
    """Expected cases of each day ahead, from the days before and their kinds."""
    weights = WEIGHT ** np.arange(len(days) - 1, -1, -1.0)
    factors = _factors(days, kinds, weights)
    expected = np.array([factors[int(kind)] for kind in kinds])
    level = float((weights * days).sum() / max((weights * expected).sum(), 1e-9))
    return level * np.array([factors[int(kind)] for kind in ahead])


def by_last_week(days: Floats, _kinds: Ints, ahead: Ints) -> Floats:
    """The naive peer."""
    return np.array([days[len(days) - WEEK + at % WEEK] for at in range(len(ahead))])


@dataclass(frozen=True)
class Tested:
    """Sum of what was off over sum of what came, over past fortnights forecast from what was known before each."""

    origins: int
    days: int
    off: float
    naive: float
    spread: float  # variance over mean with which the interval had held; 1 is chance alone


def backtest(days: Floats, kinds: Ints, origins: int = 6) -> Tested | None:
    """From up to `origins` past days, each a week after the one before. None where the past is too short for one.

    Forecasts see settled days, and are held against days as they were.
    """
    found, naive, came = [], [], []
    for back in range(origins):
        end = len(days) - HORIZON - back * WEEK
        if end < LEAST:
            break
        ahead = kinds[end : end + HORIZON]
        found.append(by_level(settled(days[:end], kinds[:end]), kinds[:end], ahead))
        naive.append(by_last_week(days[:end], kinds[:end], ahead))
        came.append(days[end : end + HORIZON])
    if not came or not np.sum(came):
        return None
    made, plain, real = np.concatenate(found), np.concatenate(naive), np.concatenate(came)
    off = np.abs(real - made) / np.sqrt(np.maximum(made, 0.1))
    spread = float(np.quantile(off, HELD) / norm.ppf((1 + HELD) / 2)) ** 2  # so that the band held that share of them
    return Tested(
        origins=len(came),
        days=len(real),
        off=float(np.abs(real - made).sum() / real.sum()),
        naive=float(np.abs(real - plain).sum() / real.sum()),
        spread=max(1.0, spread),
    )


def interval(expected: Floats, spread: float) -> tuple[Floats, Floats]:
    """Eight of ten days lie within, where the variance is `spread` times the mean."""
    mean = np.maximum(expected, 1e-9)
    if spread <= 1.0:
        low, high = (poisson.ppf(each, mean) for each in INTERVAL)
    else:
        low, high = (nbinom.ppf(each, mean / (spread - 1), 1 / spread) for each in INTERVAL)
    return np.asarray(low, dtype=np.float64), np.asarray(high, dtype=np.float64)


def hourly(counts: Floats, kinds: Ints, kind: int) -> Floats:
    """(24,): the share of a day's cases by hour, of days of work or of the others. `counts`: (days, 24)."""
    working = kinds < WEEK - 2
    alike = working if kind < WEEK - 2 else ~working
    summed = counts[alike].sum(axis=0) + SMOOTHED
    return np.asarray(summed / summed.sum(), dtype=np.float64)


def waits(hands: int, load: float) -> float:
    """Erlang C: the chance that whoever comes has to wait. `load` is arrivals times work, in hands. 1.0 when full."""
    if load <= 0:
        return 0.0
    if load >= hands:
        return 1.0
    blocked = 1.0
    for each in range(1, hands + 1):
        blocked = load * blocked / (each + load * blocked)
    return blocked / (1 - load / hands * (1 - blocked))


def hands_needed(an_hour: float, minutes: float, within: float, share: float = 0.95) -> int:
    """The fewest hands with which that share of `an_hour` arrivals, `minutes` of work each, is begun `within` minutes.

    M/M/c: arrivals by chance, work of exponential length, first come first served; nobody busier than BUSIEST.
    """
    load = an_hour * minutes / 60
    if load <= 0:
        return 0
    hands = max(1, ceil(load / BUSIEST))
    while hands < MOST:
        late = waits(hands, load) * exp(-(hands - load) * within / minutes)
        if late <= 1 - share:
            return hands
        hands += 1
    return hands


def _factors(days: Floats, kinds: Ints, weights: Floats) -> dict[int, float]:
    """By kind of day, against the middle of all. One that there was too little of takes a Sunday's."""
    whole = float((weights * days).sum() / weights.sum()) or 1.0
    found = {}
    for kind in range(WEEK):
        alike = kinds == kind
        seen = float(weights[alike].sum())
        own = float((weights[alike] * days[alike]).sum()) / seen if seen else whole
        found[kind] = (own * seen + whole * 0.5) / (seen + 0.5) / whole  # drawn a little towards the middle
    found[CLOSED] = found[6]
    return found
