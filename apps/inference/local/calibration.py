"""How far a probability can be trusted, and from which probability on a machine may decide alone.

Everything here works on two arrays of one length: `probability`, what the classifier said of its own answer (0-1), and
`correct`, whether that answer was right. They must come from examples that the classifier was not trained on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Band = Literal["high", "medium", "low"]
Floats = NDArray[np.floating[Any]]
Booleans = NDArray[np.bool_]

ECE_BINS = 15
NEVER = 1.0  # a threshold that no probability reaches, because `LARGEST` bounds them
LARGEST = 0.9999
Z_ONE_SIDED_95 = 1.6449


@dataclass(frozen=True)
class Thresholds:
    """At or above `high` a classifier may decide alone; below `medium` it is more likely wrong than right."""

    high: float
    medium: float

    def band(self, probability: float) -> Band:
        if probability >= self.high:
            return "high"
        return "medium" if probability >= self.medium else "low"


def softmax(logits: Floats) -> Floats:
    """Row-wise, stable for large values."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: Floats = powers / powers.sum(axis=1, keepdims=True)
    return shares


def expected_calibration_error(probability: Floats, correct: Booleans, bins: int = ECE_BINS) -> float:
    """Mean gap between stated probability and observed accuracy, over bins weighted by their size; 0-1.

    Bins are of equal mass as far as equal probabilities, which share a bin, allow.
    """
    if not len(probability):
        raise ValueError("The calibration error of no examples is undefined.")
    ranks = np.searchsorted(np.sort(probability), probability)
    gaps = np.bincount(ranks * bins // len(ranks), weights=probability - correct)
    return float(np.abs(gaps).sum()) / len(ranks)


def lower_bound(successes: Floats, trials: Floats, z: float = Z_ONE_SIDED_95) -> Floats:
    """Wilson's lower bound of a proportion; by default the true proportion lies above it 95 times in 100."""
    share = successes / trials
    centre = share + z**2 / (2 * trials)
    margin = z * np.sqrt(share * (1 - share) / trials + z**2 / (4 * trials**2))
    bound: Floats = (centre - margin) / (1 + z**2 / trials)
    return bound


def threshold_for(precision: float, probability: Floats, correct: Booleans, *, z: float = Z_ONE_SIDED_95) -> float:
    """The smallest probability from which on answers are right with `precision`, as far as this many examples can tell.

    What must reach `precision` is Wilson's lower bound, not the precision seen: a threshold picked on few examples
    would miss on new ones. `z=0` asks for the precision seen. NEVER when no threshold can be vouched for. Where even
    the least probable answers hold, the threshold goes on down to `precision`, which a calibrated probability keeps.
    """
    order = np.argsort(-probability, kind="stable")
    ranked = probability[order]
    bounds = lower_bound(np.cumsum(correct[order]), np.arange(1.0, len(order) + 1), z)
    last_of_its_value = np.append(ranked[1:] != ranked[:-1], True) if len(order) else np.zeros(0, bool)
    holding = np.flatnonzero((bounds >= precision) & last_of_its_value)
    if not len(holding):
        return NEVER
    lowest = float(ranked[holding[-1]])
    return min(lowest, precision) if holding[-1] == len(order) - 1 else lowest


def coverage_at(precision: float, probability: Floats, correct: Booleans) -> float:
    """The largest share of these examples that can be answered with at least `precision` seen on them; 0-1."""
    threshold = threshold_for(precision, probability, correct, z=0.0)
    return float((probability >= threshold).mean()) if len(probability) else 0.0


def thresholds_for(precision: float, probability: Floats, correct: Booleans) -> Thresholds:
    """`high` as `threshold_for`; `medium` at one half, below which a calibrated answer is likelier wrong than right."""
    high = threshold_for(precision, probability, correct)
    return Thresholds(high=high, medium=min(0.5, high))


def fit_scales(logits: Sequence[Floats], truth: NDArray[np.intp]) -> list[float]:
    """One factor per model, so that softmax(Σ factor · logits) is calibrated: temperature scaling of a blend.

    Minimises the log loss on held-out rows, with a slight pull towards 1 that matters only when rows are few. The
    factors are ≥ 0.01: a model that does not help is all but left out.
    """
    from scipy.optimize import minimize  # only training needs it

    rows = np.arange(len(truth))
    if not len(truth):
        return [1.0] * len(logits)

    def loss(log_scales: Floats) -> float:
        blended = sum(np.exp(scale) * part for scale, part in zip(log_scales, logits, strict=True))
        chosen = softmax(np.asarray(blended))[rows, truth]
        return float(-np.log(np.maximum(chosen, 1e-12)).sum() + 0.5 * np.square(log_scales).sum())

    best = minimize(loss, np.zeros(len(logits)), method="L-BFGS-B", bounds=[(np.log(0.01), np.log(100))] * len(logits))
    return [float(scale) for scale in np.exp(best.x)]
