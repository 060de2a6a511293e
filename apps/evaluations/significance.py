"""Is one release better than another, or at least not much worse? Tests on the same cases, taken in pairs.

Pure functions over arrays of one length, in which row i is the same case for both. Every interval here is two-sided
90 %, so that each of its ends is a one-sided 95 % bound: what a claim in one direction at the 5 % level needs.
"""

import math
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.evaluations.metrics import Interval

Floats = NDArray[np.float64]

Z = 1.6449  # one-sided 95 %
RESAMPLES = 2_000
_STEPS = 60  # of a bisection: more than a float can tell apart


def mcnemar_exact(better: int, worse: int) -> float:
    """Chance of at least this many `better` among the cases that changed, were better and worse alike; one-sided.

    McNemar's test in its exact form: binomial, with one half, over the discordant pairs. 1.0 when nothing changed.
    """
    changed = better + worse
    ways = sum(math.comb(changed, count) for count in range(better, changed + 1))
    return float(ways / 2**changed)


def share_difference(better: int, worse: int, n: int) -> Interval:
    """Interval of the difference of two shares on the same n cases: Tango's score interval (Stat. Med. 1998).

    `better` and `worse` count the cases that changed. It keeps its promise with few cases and with none that changed.
    """
    if n < 1:
        raise ValueError("A difference needs at least one case.")
    seen = (better - worse) / n
    return _end(better, worse, n, -1.0, seen, Z), _end(better, worse, n, seen, 1.0, -Z)


def mean_difference(candidate: Floats, incumbent: Floats, *, seed: int = 0) -> Interval:
    """Interval of the difference of two means on the same cases: paired bootstrap, percentiles."""
    differences = candidate - incumbent
    return _middle(resamples(len(differences), seed) @ differences / len(differences))


def macro_f1_difference(
    truth: NDArray[Any], candidate: NDArray[Any], incumbent: NDArray[Any], *, seed: int = 0
) -> Interval:
    """Interval of the difference of two macro-F1 on the same cases: paired bootstrap, percentiles."""
    weights = resamples(len(truth), seed)
    return _middle(macro_f1s(weights, truth, candidate) - macro_f1s(weights, truth, incumbent))


def macro_f1s(weights: Floats, truth: NDArray[Any], predicted: NDArray[Any]) -> Floats:
    """Macro-F1 over the labels of `truth` once per row of `weights`, which says how often each case counts."""
    scores = []
    for label in np.unique(truth):
        is_label, says_label = truth == label, predicted == label
        hits = weights @ (is_label & says_label)
        either = weights @ is_label.astype(float) + weights @ says_label.astype(float)
        scores.append(np.divide(2 * hits, either, out=np.full(len(weights), np.nan), where=either > 0))
    present = ~np.isnan(scores)
    return np.asarray(np.nansum(scores, axis=0) / np.maximum(1, present.sum(axis=0)))


@lru_cache(maxsize=8)
def resamples(n: int, seed: int = 0) -> Floats:
    """(RESAMPLES, n): how often each case is drawn in each resample. The same seed gives the same."""
    if n < 1:
        raise ValueError("A resample needs at least one case.")
    drawn = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), RESAMPLES).astype(np.float64)
    drawn.flags.writeable = False
    return drawn


def least_cases(margin: float) -> int:
    """How many cases it takes to exclude a loss of `margin` where not one case has changed. More, where some have."""
    return math.ceil(Z**2 * (1 - margin) / margin)


def _middle(values: Floats) -> Interval:
    low, high = np.quantile(values, [0.05, 0.95])
    return float(low), float(high)


def _end(better: int, worse: int, n: int, low: float, high: float, z: float) -> float:
    """Where the score statistic, which falls with the difference supposed, meets z."""
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if _score(better, worse, n, middle) > z:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _score(better: int, worse: int, n: int, supposed: float) -> float:
    """(b - c - nΔ) over its standard deviation, if the difference were Δ and the rest as likely as can be."""
    linear = -better - worse + (2 * n - better + worse) * supposed
    constant = -worse * supposed * (1 - supposed)
    likeliest = (math.sqrt(max(0.0, linear**2 - 8 * n * constant)) - linear) / (4 * n)
    variance = n * (2 * likeliest + supposed * (1 - supposed))
    distance = better - worse - n * supposed
    return distance / math.sqrt(variance) if variance > 0 else math.copysign(math.inf, distance) if distance else 0.0
