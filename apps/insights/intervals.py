"""What a sample says, and how far that may be off: intervals of 95 %. Pure functions."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from apps.evaluations.metrics import Z_TWO_SIDED_95, wilson_interval

FEWEST = 8  # values, below which a mean has no interval worth the name
ENOUGH = 20  # decisions of one person, before their share counts in the spread
DRAWS = 400
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """`low` and `high` are None where there is too little to say how far `value` may be off."""

    value: float | None
    n: int
    low: float | None = None
    high: float | None = None


NOTHING = Estimate(None, 0)


def mean(values: Floats) -> Estimate:
    """Of values from 0 up, by Student's t."""
    n = len(values)
    if not n:
        return NOTHING
    middle = float(values.mean())
    if n < FEWEST:
        return Estimate(middle, n)
    reach = _student(n - 1) * float(values.std(ddof=1)) / n**0.5
    return Estimate(middle, n, max(0.0, middle - reach), middle + reach)


def median(values: Floats) -> Estimate:
    """By the order of the values: their distribution may be any."""
    n = len(values)
    if not n:
        return NOTHING
    ranked = np.sort(values)
    reach = Z_TWO_SIDED_95 * n**0.5 / 2
    first, last = int(n / 2 - reach), int(n / 2 + reach) + 1
    middle = float(np.median(ranked))
    if first < 1 or last > n:
        return Estimate(middle, n)
    return Estimate(middle, n, float(ranked[first - 1]), float(ranked[last - 1]))


def share(count: int, n: int) -> Estimate:
    """By Wilson's method."""
    return Estimate(count / n, n, *wilson_interval(count, n)) if n else NOTHING


def stratified(strata: Sequence[tuple[int, int, int]]) -> Estimate:
    """A share over strata of (all cases, sampled ones, sampled ones with the property), each weighed by its cases.

    The intervals of the strata, each by Wilson's method, are joined by the method of variance estimates recovery. A
    stratum that nobody sampled is left out: the caller says so.
    """
    sampled = [(size, n, count) for size, n, count in strata if n]
    whole = sum(size for size, _, _ in sampled)
    if not whole:
        return NOTHING
    value = below = above = 0.0
    for size, n, count in sampled:
        weight, part, (low, high) = size / whole, count / n, wilson_interval(count, n)
        value += weight * part
        below += (weight * (part - low)) ** 2
        above += (weight * (high - part)) ** 2
    n_all = sum(n for _, n, _ in sampled)
    return Estimate(value, n_all, max(0.0, value - below**0.5), min(1.0, value + above**0.5))


def spread(counts: Sequence[tuple[int, int]]) -> Estimate:
    """The standard deviation of shares between people beyond what chance gives, of (with the property, all) each.

    By the method of moments; the interval by drawing each person's count anew. Needs two people with enough cases.
    """
    known = [(count, n) for count, n in counts if n >= ENOUGH]
    if len(known) < 2:
        return NOTHING
    had, n = (np.array(column, dtype=np.float64) for column in zip(*known, strict=True))
    drawn = np.random.default_rng(0).binomial(n.astype(np.int64), had / n, size=(DRAWS, len(n)))
    low, high = np.quantile(_between(drawn / n, n), (0.025, 0.975))
    value = float(_between((had / n)[None, :], n)[0])
    return Estimate(value, int(n.sum()), min(float(low), value), max(float(high), value))


def _between(shares: Floats, n: Floats) -> Floats:
    by_chance = (shares * (1 - shares) / n).mean(axis=1)
    found: Floats = np.sqrt(np.maximum(shares.var(axis=1, ddof=1) - by_chance, 0.0))
    return found


@lru_cache(maxsize=4096)
def _student(freedom: int) -> float:
    at: Any = stdtrit(freedom, 0.975)
    return float(at)
