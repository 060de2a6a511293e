"""The measures that runs report, each with its definition. Pure functions over plain sequences.

The calibration error and the coverage at a precision live in `apps.inference.local.calibration`, where thresholds come
from.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import f1_score, roc_auc_score

Interval = tuple[float, float]

Z_TWO_SIDED_95 = 1.96
RESAMPLES = 1_000


def accuracy(truth: Sequence[str], predicted: Sequence[str]) -> float:
    """Share of answers that are right; 0-1."""
    _require(truth)
    return sum(a == b for a, b in zip(truth, predicted, strict=True)) / len(truth)


def macro_f1(truth: Sequence[str], predicted: Sequence[str]) -> float:
    """Mean over the labels that occur in `truth` of the harmonic mean of precision and recall; 0-1.

    A label that is only ever predicted counts through the precision of the others, not as a class of its own.
    """
    _require(truth)
    return float(f1_score(truth, predicted, labels=sorted(set(truth)), average="macro", zero_division=0))


def auroc(negatives: Sequence[float], positives: Sequence[float]) -> float:
    """Chance that a positive scores above a negative, ties counting half; 0.5 is a coin, 1 is perfect."""
    _require(negatives)
    _require(positives)
    return float(roc_auc_score([0] * len(negatives) + [1] * len(positives), [*negatives, *positives]))


def ndcg_at(ranking: Sequence[str], gains: Mapping[str, int], k: int = 10) -> float:
    """Discounted gain of the first `k`, as a share of what the best order would give; 0-1.

    Gain is linear in the judged grade and the discount log2(rank + 1), as in trec_eval. Raises ValueError when nothing
    is judged relevant.
    """
    best = sorted((grade for grade in gains.values() if grade > 0), reverse=True)[:k]
    _require(best)
    got = [max(0, gains.get(item, 0)) for item in ranking[:k]]
    return _discounted(got) / _discounted(best)


def recall_at(ranking: Sequence[str], relevant: Collection[str], k: int = 50) -> float:
    """Share of the relevant items that are among the first `k`; 0-1."""
    _require(relevant)
    return len(set(ranking[:k]) & set(relevant)) / len(set(relevant))


def wilson_interval(successes: int, trials: int, z: float = Z_TWO_SIDED_95) -> Interval:
    """Interval of a proportion, 95 % by default; (0, 1) when nothing was tried."""
    if trials == 0:
        return 0.0, 1.0
    share = successes / trials
    centre = share + z**2 / (2 * trials)
    margin = z * float(np.sqrt(share * (1 - share) / trials + z**2 / (4 * trials**2)))
    scale = 1 + z**2 / trials
    return max(0.0, (centre - margin) / scale), min(1.0, (centre + margin) / scale)


def bootstrap_interval(
    examples: int, measure: Callable[[NDArray[np.intp]], float], *, seed: int = 0, resamples: int = RESAMPLES
) -> Interval:
    """The middle 95 % of `measure` over resamples of the examples; `measure` takes row numbers, some of them repeated.

    The same seed gives the same interval.
    """
    if examples < 1:
        raise ValueError("An interval needs at least one example.")
    generator = np.random.default_rng(seed)
    values = [measure(generator.integers(0, examples, examples)) for _ in range(resamples)]
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)


def mean_interval(values: Sequence[float], *, seed: int = 0) -> Interval:
    """Bootstrap interval of a mean over queries or cases."""
    held = np.asarray(values, float)
    return bootstrap_interval(len(held), lambda rows: float(held[rows].mean()), seed=seed)


def _discounted(grades: Sequence[int]) -> float:
    return float(sum(grade / np.log2(place + 1) for place, grade in enumerate(grades, start=1)))


def _require(examples: Collection[Any]) -> None:
    if len(examples) == 0:
        raise ValueError("A measure over no examples is undefined.")
