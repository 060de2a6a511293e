"""The second way to calibrate: a rising line from what a classifier says of its answer to how often that is right.

Temperature (`calibration.fit_scales`) has one factor per model and needs few examples; isotonic regression follows any
shape and needs many. Which of the two serves is decided by cross-validation, not by taste. Arrays have one length:
`stated`, the probability of the answer given (0-1), and `correct`, whether it was right, on examples held out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from apps.inference.local.calibration import LARGEST, Booleans, Floats, fit_scales, softmax

Method = Literal["temperature", "isotonic"]
Truth = NDArray[np.intp]


@dataclass(frozen=True)
class Calibration:
    """What was chosen and why. `stated` and `observed` are the corners of the isotonic line; empty for temperature."""

    method: Method
    temperature_loss: float  # log loss of the answer's probability, cross-validated: nats for each example
    isotonic_loss: float
    error: float  # standard error of the difference of the two
    examples: int
    stated: tuple[float, ...] = ()
    observed: tuple[float, ...] = ()

    def apply(self, probabilities: NDArray[Any]) -> NDArray[Any]:
        """(n, c): the best label of each row gets its isotonic probability, and the others share what is left.

        None of the others ends up above the best: which label is the answer does not change.
        """
        if not self.stated:
            return probabilities
        rows, best = np.arange(len(probabilities)), probabilities.argmax(axis=1)
        before = probabilities[rows, best]
        after = np.minimum(np.interp(before, self.stated, self.observed), LARGEST)
        left = (1 - after) / np.maximum(1 - before, 1 - LARGEST)
        shared = np.minimum(probabilities * left[:, None], after[:, None] * LARGEST)
        shared[rows, best] = after
        return np.asarray(shared)


def choose(logits: Sequence[Floats], truth: Truth, fold: Truth) -> tuple[Calibration, Floats]:
    """Compare both on rows that were held out from the models; each fold is calibrated by the other folds alone.

    Isotonic is chosen when its log loss is lower by more than the standard error of the difference: with few examples
    it wins by chance as often as not, and the simpler way loses little. Also returns what the way chosen said of each
    answer (n,) while its own fold was left out.
    """
    stated, correct = (np.zeros(len(truth)) for _ in range(2))
    risen = np.zeros(len(truth))
    for number in np.unique(fold):
        inside, outside = fold != number, fold == number
        if not inside.any():
            inside = outside
        scales = fit_scales([part[inside] for part in logits], truth[inside])
        probability, right = _answers(logits, scales, truth)
        corners = _corners(probability[inside], right[inside])
        stated[outside], correct[outside] = probability[outside], right[outside]
        risen[outside] = np.interp(probability[outside], *corners)
    losses = _log_loss(stated, correct), _log_loss(np.minimum(risen, LARGEST), correct)
    gain = losses[0] - losses[1]
    error = float(gain.std(ddof=1) / np.sqrt(len(gain))) if len(gain) > 1 else float("inf")
    isotonic = bool(len(gain) > 1 and gain.mean() > error)
    scales = fit_scales(logits, truth)
    line = _corners(*_answers(logits, scales, truth)) if isotonic else ([], [])
    chosen = Calibration(
        method="isotonic" if isotonic else "temperature",
        temperature_loss=float(losses[0].mean()) if len(truth) else 0.0,
        isotonic_loss=float(losses[1].mean()) if len(truth) else 0.0,
        error=error if np.isfinite(error) else 0.0,
        examples=len(truth),
        stated=tuple(line[0]),
        observed=tuple(line[1]),
    )
    return chosen, risen if isotonic else stated


def _answers(logits: Sequence[Floats], scales: Sequence[float], truth: Truth) -> tuple[Floats, Booleans]:
    blended = np.asarray(sum(scale * part for scale, part in zip(scales, logits, strict=True)))
    probabilities = np.minimum(softmax(blended), LARGEST)
    return probabilities.max(axis=1), probabilities.argmax(axis=1) == truth


def _corners(stated: Floats, correct: Booleans) -> tuple[list[float], list[float]]:
    """Isotonic regression, joined at the centres of its steps (Oron and Flournoy 2017), from 0 to 1.

    The line rises everywhere, so it changes no ranking: a proof that rests on the order of the answers stays one. A
    step that was always right, or never, is drawn back by what one more example could have shown.
    """
    from sklearn.isotonic import isotonic_regression  # only training needs it

    order = np.argsort(stated, kind="stable")
    ranked, fitted = stated[order], isotonic_regression(np.asarray(correct[order], float))
    step = np.cumsum(np.append(0, np.diff(fitted) > 0))
    sizes = np.bincount(step)
    centres = np.bincount(step, weights=ranked) / sizes
    margin = 1 / (len(ranked) + 2)
    heights = np.clip(np.bincount(step, weights=fitted) / sizes, margin, 1 - margin)
    apart = np.append(True, np.diff(centres) > 0)  # steps of one stated probability are one
    inner = apart & (centres > 0) & (centres < 1)
    return [0.0, *map(float, centres[inner]), 1.0], [0.0, *map(float, heights[inner]), 1.0]


def _log_loss(probability: Floats, correct: Floats) -> Floats:
    bounded = np.clip(probability, 1 - LARGEST, LARGEST)
    return np.asarray(-np.log(np.where(correct > 0, bounded, 1 - bounded)))
