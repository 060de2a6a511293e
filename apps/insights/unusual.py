"""What is out of the ordinary in a series, without a rule that somebody wrote: each unit against the ones before it.

A unit is a day or a week. The usual is what the units before had: a level, a slope where there is one beyond doubt, and
what is special about a day of the week, all by medians, so that an odd day of the past does not become the rule.
How far a unit may be off is what chance gives at its number of cases, and what the past units were off beyond that.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import chi2, theilslopes
from scipy.stats import f as fisher
from scipy.stats import t as student
from sklearn.covariance import LedoitWolf

Floats = NDArray[np.float64]
Scale = Literal["count", "share", "amount"]
MEDIAN_OF_SQUARE: Final = float(chi2.ppf(0.5, 1))
OF_MEDIANS: Final = 1.57  # how much less a median knows than a mean
EFFECTIVE: Final = 0.4  # of the units, in what a spread by medians knows
CLIPPED: Final = 3.0  # spreads, where units are held against each other


@dataclass(frozen=True)
class Stream:
    """One series by unit. `value` is NaN where the unit says nothing; `n` is how many cases are behind it.

    `scale`: a count of cases, a share of `n`, or an amount that is above zero, whose logarithms deviate by `spread`
    from case to case.
    """

    kind: str
    subject: str
    scale: Scale
    value: Floats
    n: Floats
    spread: Floats | None = None

    def even(self) -> tuple[Floats, Floats]:
        """The values where chance has the same weight everywhere, and the variance that chance gives each."""
        if self.scale == "count":
            return 2 * np.sqrt(self.value + 0.375), np.ones_like(self.value)
        if self.scale == "share":
            part = (self.value * self.n + 0.375) / (self.n + 0.75)
            return 2 * np.arcsin(np.sqrt(np.clip(part, 0, 1))), 1 / np.maximum(self.n, 1)
        spread = np.zeros_like(self.value) if self.spread is None else self.spread
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.log(self.value), OF_MEDIANS * spread**2 / np.maximum(self.n, 1)

    def back(self, even: float) -> float:
        if self.scale == "count":
            return float(max(max(even, 0.0) ** 2 / 4 - 0.375, 0.0))
        if self.scale == "share":
            return float(np.sin(np.clip(even, 0, np.pi) / 2) ** 2)
        return float(np.exp(even))


@dataclass(frozen=True)
class Judged:
    """A unit of a stream beside what is usual. `low` to `high` holds 95 of 100 such units; `chance` is how likely one
    as far off is, in either direction, where nothing has happened.
    """

    stream: Stream
    at: int
    value: float
    n: int
    low: float
    high: float
    off: float  # in spreads, with sign
    chance: float
    past: Floats  # the units before, each in spreads; NaN where one says nothing


def judge(stream: Stream, seasons: NDArray[np.int64], at: int, history: int, least: int) -> Judged | None:
    """The unit `at` against up to `history` units before it. None where it, or they, say too little.

    `seasons` is the kind of each unit, such as its weekday: only the like are alike.
    """
    begin = max(0, at - history)
    even, variance = stream.even()
    y, v, season = even[begin:at], variance[begin:at], seasons[begin:at]
    known = np.isfinite(y)
    if not np.isfinite(even[at]) or known.sum() < least:
        return None
    own = _special(y, season, known)
    flat = y - np.array([own.get(int(each), 0.0) for each in season])
    level, slope = _line(flat, known)
    fitted = level + slope * np.arange(len(y))
    beyond = _beyond(((flat - fitted) ** 2)[known], v[known])
    alike = int((known & (season == seasons[at])).sum()) if int(seasons[at]) in own else int(known.sum())
    unsure = 1 + 2 * OF_MEDIANS / alike + (4 / known.sum() if slope else 0)
    middle = level + slope * len(y) + own.get(int(seasons[at]), 0.0)
    reach = float(np.sqrt((variance[at] + beyond) * unsure)) or 1e-9
    freedom = max(4.0, EFFECTIVE * known.sum())
    off = float(even[at] - middle) / reach
    usual = _student(0.975, freedom) * reach
    past = (flat - fitted) / np.sqrt(np.maximum(v + beyond, 1e-18))
    return Judged(
        stream=stream,
        at=at,
        value=float(stream.value[at]),
        n=int(stream.n[at]),
        low=stream.back(middle - usual),
        high=stream.back(middle + usual),
        off=off,
        chance=float(2 * student.sf(abs(off), freedom)),
        past=past,
    )


def together(judged: Sequence[Judged]) -> float:
    """How likely it is that all of them at once are as far off, and off in so odd a combination, by chance alone.

    The squared distance from the past units by their covariance, shrunk as Ledoit and Wolf have it; 1.0 where fewer
    than two streams say something.
    """
    if len(judged) < 2:
        return 1.0
    rows = min(len(each.past) for each in judged)
    past = np.array([np.clip(np.nan_to_num(each.past[-rows:]), -CLIPPED, CLIPPED) for each in judged]).T
    now, width = np.array([each.off for each in judged]), len(judged)
    freedom = EFFECTIVE * rows * 2
    if freedom <= width + 1:
        return 1.0
    within: Floats = LedoitWolf(assume_centered=True).fit(past).covariance_
    spread = np.sqrt(np.maximum(np.diag(within), 1.0))  # no stream counts as steadier than it was judged to be
    within = within / np.outer(np.sqrt(np.diag(within)), np.sqrt(np.diag(within))) * np.outer(spread, spread)
    distance = float(now @ np.linalg.solve(within, now))
    scaled = distance * (freedom - width + 1) / (freedom * width)
    return float(fisher.sf(scaled, width, freedom - width + 1))


def _special(y: Floats, season: NDArray[np.int64], known: NDArray[np.bool_]) -> dict[int, float]:
    """By season: how far its middle is from the middle of all. Empty where there is one season only."""
    seasons = np.unique(season[known])
    if len(seasons) < 2:
        return {}
    middle = float(np.median(y[known]))
    parts = {int(each): y[known & (season == each)] for each in seasons}
    return {each: float(np.median(part)) - middle for each, part in parts.items() if len(part) >= 4}


def _line(y: Floats, known: NDArray[np.bool_]) -> tuple[float, float]:
    """Level at the first unit, and slope: by Theil and Sen, none where it may be none."""
    at = np.flatnonzero(known)
    found: Any = theilslopes(y[known], at, 0.99)
    if found.low_slope <= 0 <= found.high_slope:
        return float(np.median(y[known])), 0.0
    return float(found.intercept), float(found.slope)


def _beyond(squares: Floats, chance: Floats) -> float:
    """The variance between units beyond chance: what makes the middle one of the squares as large as it should be."""

    def missing(beyond: float) -> float:
        return float(np.median(squares / np.maximum(chance + beyond, 1e-18))) - MEDIAN_OF_SQUARE

    most = float(squares.max()) / MEDIAN_OF_SQUARE
    if missing(0.0) <= 0 or missing(most) >= 0:
        return 0.0
    return float(brentq(missing, 0.0, most, xtol=1e-9))


def _student(at: float, freedom: float) -> float:
    found: Any = student.ppf(at, freedom)
    return float(found)
