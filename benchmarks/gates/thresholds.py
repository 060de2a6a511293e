"""Does a threshold that was chosen on calibration cases keep its promise on others? On banking77."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import precision_recall_curve

from apps.evaluations.metrics import wilson_interval
from apps.evaluations.risk import Booleans, Floats, Promise, find_threshold
from apps.inference.local.calibration import NEVER
from apps.inference.local.training import fit_and_hold_out
from benchmarks.figures import Row
from benchmarks.gates.training import Labelled

PROMISE = Promise(risk=0.05, confidence=0.95)
STRICTER = Promise(risk=0.02, confidence=0.95)  # what a charter says unless its owner changes it
SIZES = (200, 500, 1_000)  # calibration cases
DRAWS = 1_000

Choose = Callable[[Floats, Booleans, Promise], float]


@dataclass(frozen=True)
class Spoken:
    """Answers that a classifier gave in scope: how sure it was, and whether it was right. Of `asked` cases."""

    probability: Floats
    correct: Booleans
    asked: int


def rows(train: Labelled, test: Labelled) -> Iterator[Row]:
    calibration, tested = answers(train, test)
    for promise in (PROMISE, STRICTER):
        yield from on_test(calibration, tested, promise)
    for size in SIZES:
        yield from _resampled(tested, size)


def answers(train: Labelled, test: Labelled) -> tuple[Spoken, Spoken]:
    """Of one classifier: the cross-fitted answers that it learnt its calibration from, and those on the test split."""
    artefact, held_out = fit_and_hold_out(
        train.texts, train.vectors, train.labels.tolist(), encoder="benchmark", precision=1 - PROMISE.risk
    )
    right = np.array(held_out.label) == train.labels
    calibration = Spoken(held_out.probability[held_out.in_scope], right[held_out.in_scope], len(train))
    said = artefact.predict(test.texts, test.vectors)
    spoken = np.array([each.in_scope for each in said])
    probability = np.array([each.probability for each in said])
    correct = np.array([each.label for each in said]) == test.labels
    return calibration, Spoken(probability[spoken], correct[spoken], len(test))


def on_test(calibration: Spoken, tested: Spoken, promise: Promise) -> Iterator[Row]:
    finding = find_threshold(calibration.probability, calibration.correct, promise)
    alone = tested.probability >= finding.threshold
    taken, right = int(alone.sum()), int(tested.correct[alone].sum())
    low, high = (100 * end for end in wilson_interval(right, taken))
    yield Row(
        f"Precision on the test split beyond the threshold chosen on calibration cases for {1 - promise.risk:.0%}",
        100 * right / taken,
        "%",
        taken,
        bar=f">= {100 * (1 - promise.risk):.0f}",
        note=f"Threshold {finding.threshold:.3f}, from {finding.cases:,} cross-fitted answers of the train split, "
        f"promised as “{promise}”. Of all {len(tested.correct):,} answers in scope "
        f"{100 * tested.correct.mean():.1f} % are right without any threshold.",
        low=low,
        high=high,
    )
    low, high = (100 * end for end in wilson_interval(taken, tested.asked))
    yield Row(
        "Coverage of the test split by that threshold",
        100 * taken / tested.asked,
        "%",
        tested.asked,
        low=low,
        high=high,
    )


def _resampled(tested: Spoken, size: int) -> Iterator[Row]:
    """The test split as the whole truth, so that what a threshold really keeps is known without error.

    At the stricter promise: all answers in scope together nearly keep the other, so that any threshold would.
    """
    ours, peer = broken(tested, size, proved), broken(tested, size, seen)
    for name, (times, coverage), bar in (
        (f"Promises of at most {STRICTER.risk:.0%} wrong that are broken by a threshold", ours, "<= 5"),
        ("The same by the point estimate of scikit-learn's precision_recall_curve", peer, ""),
    ):
        low, high = (100 * end for end in wilson_interval(times, DRAWS))
        note = f"{DRAWS:,} samples of the test split, which is the whole truth here. On average it decides "
        note += f"{100 * coverage:.1f} % of the cases alone."
        yield Row(
            f"{name} chosen on {size:,} calibration cases", 100 * times / DRAWS, "%", DRAWS, bar=bar, note=note,
            low=low, high=high,
        )  # fmt: skip


def broken(truth: Spoken, size: int, choose: Choose, draws: int = DRAWS) -> tuple[int, float]:
    """How often the threshold that `choose` finds on a sample breaks the promise, and its mean coverage, 0-1."""
    times, covered = 0, 0.0
    for seed in range(draws):
        sample = np.random.default_rng([seed, size]).integers(0, len(truth.correct), size)
        alone = truth.probability >= choose(truth.probability[sample], truth.correct[sample], STRICTER)
        times += bool(alone.any()) and float((~truth.correct[alone]).mean()) > STRICTER.risk
        covered += alone.sum() / truth.asked
    return times, covered / draws


def proved(probability: Floats, correct: Booleans, promise: Promise) -> float:
    return find_threshold(probability, correct, promise).threshold


def seen(probability: Floats, correct: Booleans, promise: Promise) -> float:
    """The lowest threshold at which the precision seen on these cases is what is asked."""
    precision, _, thresholds = precision_recall_curve(correct, probability)
    holding = np.flatnonzero(precision[:-1] >= 1 - promise.risk)
    return float(thresholds[holding[0]]) if len(holding) else NEVER
