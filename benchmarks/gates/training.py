"""Classifiers made for the gate to judge, by the product's own trainer. Several processes run this, without Django.

The incumbent learns from some labels of every type. A candidate is worse by wrong labels, or better by more of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.evaluations.risk import Promise, find_threshold
from apps.inference.local.classifier import Prediction, Vectors
from apps.inference.local.training import fit_and_hold_out

PER_TYPE = 10  # labels that incumbent and candidates learn from
FEWER = (3, 5)  # labels that an incumbent had which the same candidate is better than
NOISE = 0.10
PROMISE = Promise(risk=0.02, confidence=0.95)  # what a charter says unless its owner changes it

INCUMBENT, SHUFFLED, NOISY, AS_GOOD = "incumbent", "shuffled", "noisy", "as good"
Draw = np.random.Generator


@dataclass(frozen=True)
class Labelled:
    """Texts with their sentence vectors (n, 384) and labels (n,), in the same order."""

    texts: Sequence[str]
    vectors: Vectors
    labels: NDArray[Any]

    def at(self, rows: NDArray[np.intp]) -> "Labelled":
        return Labelled([self.texts[row] for row in rows], self.vectors[rows], self.labels[rows])

    def __len__(self) -> int:
        return len(self.texts)


@dataclass(frozen=True)
class Answers:
    """What one classifier says of the cases that it is asked, and from which probability on it may decide alone."""

    predictions: Sequence[Prediction]
    threshold: float


def few(count: int) -> str:
    return f"{count} per type"


def make_all(train: Labelled, asked: Labelled, seed: int, per_type: int = PER_TYPE) -> Mapping[str, Answers]:
    """The incumbent and the candidates of one seed, each asked all of `asked`."""
    draw = np.random.default_rng(seed)
    places = by_type(train.labels, draw)
    first = train.at(np.sort(np.concatenate([rows[:per_type] for rows in places])))
    second = train.at(np.sort(np.concatenate([rows[per_type : 2 * per_type] for rows in places])))
    wrong = {SHUFFLED: draw.permutation(first.labels), NOISY: with_noise(first.labels, NOISE, draw)}
    sets = {
        INCUMBENT: first,
        AS_GOOD: second,
        **{name: Labelled(first.texts, first.vectors, labels) for name, labels in wrong.items()},
        **{
            few(count): train.at(np.sort(np.concatenate([rows[:count] for rows in places])))
            for count in FEWER
            if count < per_type
        },
    }
    return {name: _answers(learnt, asked, seed) for name, learnt in sets.items()}


def by_type(labels: NDArray[Any], draw: Draw) -> list[NDArray[np.intp]]:
    """The places of each label, shuffled."""
    return [draw.permutation(np.flatnonzero(labels == label)) for label in np.unique(labels)]


def with_noise(labels: NDArray[Any], share: float, draw: Draw) -> NDArray[Any]:
    """So large a share of the labels replaced, each by another one."""
    noisy, names = labels.copy(), np.unique(labels)
    for place in draw.choice(len(labels), round(share * len(labels)), replace=False):
        noisy[place] = draw.choice(names[names != labels[place]])
    return noisy


def _answers(learnt: Labelled, asked: Labelled, seed: int) -> Answers:
    """The threshold is the one that the answers in training prove to keep the promise, as the product proposes it."""
    labels = learnt.labels.tolist()
    artefact, held_out = fit_and_hold_out(learnt.texts, learnt.vectors, labels, encoder="benchmark", seed=seed)
    inside, right = held_out.in_scope, np.array(held_out.label) == learnt.labels
    finding = find_threshold(held_out.probability[inside], right[inside], PROMISE)
    return Answers(artefact.predict(asked.texts, asked.vectors), finding.threshold)
