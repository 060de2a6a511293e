"""Trains a classifier on labelled texts, and finds out by cross-fitting how far it can be trusted.

Two linear models, one on sentence vectors and one on words, are blended in logits. How much each counts, whether the
blend is calibrated by temperature or by isotonic regression, the thresholds and the limits of scope all come from
predictions on examples that the predicting models had not seen; the final models then train on everything.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from apps.inference.local.calibration import (
    LARGEST,
    coverage_at,
    expected_calibration_error,
    fit_scales,
    softmax,
    thresholds_for,
)
from apps.inference.local.classifier import Artefact, Vectors
from apps.inference.local.isotonic import choose
from apps.inference.local.lexical import SLOTS, count_slots, rarity, weigh
from apps.inference.local.novelty import OUT_OF_SCOPE, nearest_distance, signs

FOLDS, FOLDS_WHEN_MANY, MANY = 5, 3, 4_000
MOST_KNOWN = 20_000  # examples kept for the distance to the nearest; more would slow each prediction
ENOUGH_OUT_OF_SCOPE = 20  # examples, before the weights of the signs are learnt instead of assumed
USUAL_AT_LEAST = (0.25, 0.25)  # distance and doubt that are nothing strange, however alike the examples are
LIMIT_AT_LEAST = 1.25  # times usual
ABSENT = -30.0  # logit of a label that a fold's training part does not hold

Truth = NDArray[np.intp]


@dataclass(frozen=True)
class Linear:
    """A linear model's weights, one column per label; labels without an example have the bias ABSENT."""

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]

    @classmethod
    def fit(cls, features: Any, truth: Truth, labels: int, *, strength: float, tolerance: float) -> "Linear":
        weights = np.zeros((features.shape[1], labels), np.float32)
        bias = np.full(labels, ABSENT, np.float32)
        present = np.unique(truth)
        if len(present) < 2:
            bias[present] = 0
            return cls(weights, bias)
        model = LogisticRegression(C=strength, tol=tolerance, max_iter=1_000).fit(features, truth)
        if len(present) == 2:  # scikit-learn keeps one row for both
            weights[:, present] = np.vstack([-model.coef_ / 2, model.coef_ / 2]).T
            bias[present] = np.array([-model.intercept_[0] / 2, model.intercept_[0] / 2])
        else:
            weights[:, present], bias[present] = model.coef_.T, model.intercept_
        return cls(weights, bias)

    def logits(self, features: Any) -> NDArray[Any]:
        return np.asarray(features @ self.weights + self.bias)


@dataclass(frozen=True)
class Examples:
    vectors: Vectors
    words: csr_matrix
    idf: NDArray[np.float32]
    truth: Truth
    labels: tuple[str, ...]

    @classmethod
    def pair_up(cls, texts: Sequence[str], vectors: Vectors, labels: Sequence[str]) -> "Examples":
        if not len(texts) == len(vectors) == len(labels):
            raise ValueError(f"{len(texts)} texts, {len(vectors)} vectors and {len(labels)} labels do not pair up.")
        names = tuple(sorted({str(label) for label in labels}))
        if not set(names) - {OUT_OF_SCOPE}:
            raise ValueError("A classifier needs at least one example in scope.")
        counted = [count_slots(text) for text in texts]
        idf = rarity(counted)
        weighed = [weigh(row, idf) for row in counted]
        slots, weights = (np.concatenate(column) for column in zip(*weighed, strict=True))
        ends = np.cumsum([0, *(len(row) for row, _ in weighed)])
        words = csr_matrix((weights, slots, ends), (len(texts), SLOTS))
        return cls(np.asarray(vectors, np.float32), words, idf, np.searchsorted(names, labels), names)

    @property
    def inside(self) -> NDArray[np.bool_]:
        return np.array([label != OUT_OF_SCOPE for label in self.labels])[self.truth]

    def models(self, rows: NDArray[np.intp]) -> tuple[Linear, Linear]:
        truth, count = self.truth[rows], len(self.labels)
        return (
            Linear.fit(self.vectors[rows], truth, count, strength=10, tolerance=1e-4),
            Linear.fit(self.words[rows], truth, count, strength=5, tolerance=1e-3),
        )

    def cross_fitted(self, seed: int) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.bool_]]:
        """Logits by meaning and by words for every example from models that had not seen it.

        The third array tells the rows whose label those models had seen at all: a label's only example has no such row.
        """
        fold = _folds(self.truth, seed)
        by_meaning, by_words = (np.zeros((len(fold), len(self.labels))) for _ in range(2))
        seen = np.zeros(len(fold), bool)
        for number in range(fold.max() + 1):
            inside, outside = (np.flatnonzero(fold != number), np.flatnonzero(fold == number))
            meaning, words = self.models(inside)
            by_meaning[outside] = meaning.logits(self.vectors[outside])
            by_words[outside] = words.logits(self.words[outside])
            seen[outside] = np.isin(self.truth[outside], self.truth[inside])
        return by_meaning, by_words, seen


@dataclass(frozen=True)
class HeldOut:
    """What was said of each example by models that had not seen it; arrays of one length."""

    label: tuple[str, ...]
    probability: NDArray[Any]
    in_scope: NDArray[np.bool_]


def fit(
    texts: Sequence[str],
    vectors: Vectors,
    labels: Sequence[str],
    *,
    encoder: str,
    precision: float = 0.95,
    keep: float = 0.95,
    seed: int = 0,
) -> Artefact:
    """Trains on texts with their sentence vectors (n, 384) and labels; `encoder` is the vectors' maker's fingerprint.

    Examples labelled OUT_OF_SCOPE teach what to refuse; without any, the distance to the known examples does.
    `precision` is what answers at or above the high threshold must reach, `keep` the share of texts in scope that must
    not be refused.
    Same input and seed, same artefact. Raises ValueError without an example in scope.
    """
    return fit_and_hold_out(texts, vectors, labels, encoder=encoder, precision=precision, keep=keep, seed=seed)[0]


def fit_and_hold_out(
    texts: Sequence[str],
    vectors: Vectors,
    labels: Sequence[str],
    *,
    encoder: str,
    precision: float = 0.95,
    keep: float = 0.95,
    seed: int = 0,
) -> tuple[Artefact, HeldOut]:
    """As `fit`, with the cross-fitted answers, in the order of the texts, from which it learnt how sure to be."""
    with threadpool_limits(1):  # these matrices are small: a second thread doubled the time
        return _fit(Examples.pair_up(texts, vectors, labels), encoder, precision, keep, seed)


def _fit(examples: Examples, encoder: str, precision: float, keep: float, seed: int) -> tuple[Artefact, HeldOut]:
    truth, inside = examples.truth, examples.inside
    by_meaning, by_words, seen = examples.cross_fitted(seed)
    parts, folds = [by_meaning[seen], by_words[seen]], _folds(truth[seen], seed + 1)
    scales = fit_scales(parts, truth[seen])
    calibration, left_out = choose(parts, truth[seen], folds)
    probabilities = calibration.apply(np.minimum(softmax(scales[0] * by_meaning + scales[1] * by_words), LARGEST))
    best, said = probabilities.max(axis=1), probabilities.argmax(axis=1)
    correct = said == truth
    honest = best.copy()
    honest[seen] = left_out

    kept = np.random.default_rng(seed).permutation(np.flatnonzero(inside))[:MOST_KNOWN]
    shown = signs(probabilities, examples.labels, _distances(examples.vectors, kept))
    oos_weights, oos_limit = _scope(shown, inside, keep)
    accepted = shown @ np.array(oos_weights) <= oos_limit

    names = tuple(examples.labels[number] for number in said)
    held_out = HeldOut(names, best, accepted & np.array([name != OUT_OF_SCOPE for name in names]))
    meaning, words = examples.models(np.arange(len(truth)))
    artefact = Artefact(
        labels=examples.labels,
        encoder=encoder,
        thresholds=thresholds_for(precision, best[accepted], correct[accepted]),
        examples=len(truth),
        held_out={
            "accuracy": float(correct[inside].mean()),
            "ece": expected_calibration_error(honest[inside], correct[inside]),
            "coverage": coverage_at(precision, best[inside], correct[inside]),
        },
        oos_weights=oos_weights,
        oos_limit=oos_limit,
        by_meaning=_half(scales[0] * meaning.weights),
        by_words=_half(scales[1] * words.weights),
        bias=_half(scales[0] * meaning.bias + scales[1] * words.bias),
        idf=_half(examples.idf),
        known=examples.vectors[kept].astype(np.float16),
        calibration=calibration,
    )
    return artefact, held_out


def _distances(vectors: Vectors, kept: NDArray[np.intp]) -> NDArray[Any]:
    """Of every example to the nearest of those kept, itself left out."""
    distance = nearest_distance(vectors, vectors[kept])
    distance[kept] = nearest_distance(vectors[kept], vectors[kept], same=True)
    return distance


def _half(values: NDArray[Any]) -> NDArray[np.float32]:
    """Rounded to what an artefact stores, so that it predicts the same before and after storage."""
    return values.astype(np.float16).astype(np.float32)


def _folds(truth: Truth, seed: int) -> NDArray[np.intp]:
    """A fold number per example; every label is dealt out over the folds as evenly as its examples allow."""
    folds = min(FOLDS_WHEN_MANY if len(truth) >= MANY else FOLDS, len(truth))
    shuffled = np.random.default_rng(seed).permutation(len(truth))
    dealt = shuffled[np.argsort(truth[shuffled], kind="stable")]
    fold = np.empty(len(truth), np.intp)
    fold[dealt] = np.arange(len(truth)) % folds
    return fold


def _scope(shown: NDArray[Any], inside: NDArray[np.bool_], keep: float) -> tuple[tuple[float, float, float], float]:
    """How much each sign counts, and the sum above which a text is out of scope.

    Learnt where there are enough examples out of scope, else each sign counts by its usual size. Either way at least
    `keep` of the examples in scope stay below the limit.
    """
    usual = np.maximum(np.quantile(shown[inside], 0.95, axis=0), (*USUAL_AT_LEAST, 1.0))
    weights, least = 1 / usual, LIMIT_AT_LEAST
    if (~inside).sum() >= ENOUGH_OUT_OF_SCOPE:
        model = LogisticRegression(class_weight="balanced").fit(shown / usual, ~inside)
        weights, least = model.coef_[0] / usual, -float(model.intercept_[0])
    limit = max(least, float(np.quantile(shown[inside] @ weights, keep, method="higher")))
    distance, doubt, outside = weights.tolist()
    return (distance, doubt, outside), limit
