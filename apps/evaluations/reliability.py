"""Can a classifier's probabilities be trusted? The calibration error never stands alone.

It comes with the bins that it was computed from and with how well the probabilities tell right from wrong; and with a
refusal to rank by it where bins are degenerate or cases few. Always saying the base rate has a calibration error of
nought, and is of no use.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.evaluations.metrics import Interval, auroc, bootstrap_interval, wilson_interval
from apps.evaluations.significance import resamples

BINS = 10
LEAST = 100  # cases; fewer, and chance alone makes an error of several points
LEAST_BINS = 4  # that hold cases
LEAST_WRONG = 10  # right and wrong answers each, to tell them apart


@dataclass(frozen=True)
class Bin:
    low: float  # probabilities from here
    high: float  # to here
    n: int
    stated: float  # mean probability
    right: float  # share of right answers
    interval: Interval


@dataclass(frozen=True)
class Reliability:
    n: int
    error: float | None  # expected calibration error over bins of equal width
    error_interval: Interval | None
    auroc: float | None  # chance that a right answer has the higher probability
    auroc_interval: Interval | None
    bins: tuple[Bin, ...]  # those that hold cases
    caution: str  # why it must not be ranked by, "" where it may

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def reliability(probability: NDArray[Any], right: NDArray[np.bool_]) -> Reliability:
    """Of answers with their probabilities, 0-1, on cases that the classifier was not trained on."""
    n = len(probability)
    if not n:
        return Reliability(0, None, None, None, None, (), "No case was answered with a probability.")
    place = np.minimum((probability * BINS).astype(int), BINS - 1)
    bins = tuple(_bin(number, probability[place == number], right[place == number]) for number in np.unique(place))
    wrong = int((~right).sum())
    told = 0 < wrong < n
    return Reliability(
        n=n,
        error=_error(place, probability - right),
        error_interval=bootstrap_interval(n, lambda rows: _error(place[rows], (probability - right)[rows])),
        auroc=auroc(probability[~right].tolist(), probability[right].tolist()) if told else None,
        auroc_interval=_auroc_interval(probability, right) if told else None,
        bins=bins,
        caution=_caution(n, wrong, len(bins)),
    )


def _bin(number: int, probability: NDArray[Any], right: NDArray[np.bool_]) -> Bin:
    return Bin(
        low=float(number / BINS),
        high=float((number + 1) / BINS),
        n=len(right),
        stated=float(probability.mean()),
        right=float(right.mean()),
        interval=wilson_interval(int(right.sum()), len(right)),
    )


def _error(place: NDArray[Any], gap: NDArray[Any]) -> float:
    return float(np.abs(np.bincount(place, weights=gap)).sum() / len(gap))


def _auroc_interval(probability: NDArray[Any], right: NDArray[np.bool_]) -> Interval:
    """Bootstrap within the right and within the wrong answers, so that neither group is ever empty."""
    high, low = probability[right], probability[~right]
    wins = (high[:, np.newaxis] > low) + 0.5 * (high[:, np.newaxis] == low)
    drawn, against = resamples(len(high), 0), resamples(len(low), 1)
    values = np.einsum("rh,rh->r", drawn, against @ wins.T) / wins.size
    return float(np.quantile(values, 0.025)), float(np.quantile(values, 0.975))


def _caution(n: int, wrong: int, bins: int) -> str:
    if n < LEAST:
        return f"Only {n} cases: chance alone makes a calibration error of several points. Not to be ranked by."
    if bins < LEAST_BINS:
        return f"All cases fall into {bins} of {BINS} bins, so the calibration error says little. Not to be ranked by."
    if min(wrong, n - wrong) < LEAST_WRONG:
        return f"Only {min(wrong, n - wrong)} answers are of the rarer kind, too few to tell right from wrong."
    return ""
