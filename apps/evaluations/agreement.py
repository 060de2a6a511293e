"""How far two people agree beyond chance: Cohen's kappa for each question, with n, an interval and a word for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.cases.layers.grounding import content_words
from apps.evaluations.labelling import COMPARED
from apps.evaluations.labels import Answers, Expected
from apps.evaluations.models import Label, LabelledSet

RESAMPLES = 1_000
ENOUGH = 30  # doubly labelled cases, before an interval says anything useful
# Landis and Koch, 1977
WORDS = ((0.8, "almost perfect"), (0.6, "substantial"), (0.4, "moderate"), (0.2, "fair"), (0.0, "slight"))
TITLES = {
    "case_type": "Case type",
    "urgency": "Urgency",
    "sentiment": "Sentiment",
    "decision": "Decision",
    "passages": "Passages",
    "must": "Points to make",
    "must_not": "Points not to make",
}
LISTED = ("passages", "must", "must_not")
SAME_POINT = 0.5  # of the content words of the longer one, that two points share when they say the same


@dataclass(frozen=True)
class Agreement:
    tag: str
    n: int  # cases that two people labelled
    same: float | None  # share on which they agree, 0-1
    kappa: float | None  # None without cases, or where chance alone would always agree
    low: float | None  # 95 % percentile interval over cases, None below two cases
    high: float | None
    said: str

    @property
    def title(self) -> str:
        return TITLES[self.tag]


def agreement_in(labelled_set: LabelledSet) -> list[Agreement]:
    """For each question, over the cases with two labels: the first two, in the order in which they were begun."""
    pairs = labelled_twice(labelled_set)
    chosen = [
        agreement(tag, [getattr(one, tag) for one, _ in pairs], [getattr(two, tag) for _, two in pairs])
        for tag in COMPARED
    ]
    named = [
        agreement_on_items(tag, [getattr(one, tag) for one, _ in pairs], [getattr(two, tag) for _, two in pairs])
        for tag in LISTED
    ]
    return chosen + named


def labelled_twice(labelled_set: LabelledSet) -> list[tuple[Expected, Expected]]:
    by_case: dict[int, list[Expected]] = {}
    labels = Label.objects.filter(labelled_case__labelled_set=labelled_set).exclude(completed_at=None)
    for label in labels.order_by("labelled_case_id", "created_at"):
        by_case.setdefault(label.labelled_case_id, []).append(Answers.model_validate(label.answers).expected())
    return [(each[0], each[1]) for each in by_case.values() if len(each) > 1]


def agreement(tag: str, first: Sequence[Any], second: Sequence[Any]) -> Agreement:
    """Deterministic: the resampling has a fixed seed."""
    n = len(first)
    if not n:
        return Agreement(tag, 0, None, None, None, None, "No case has two labels yet.")
    names = sorted({str(answer) for answer in (*first, *second)})
    one, two = (np.array([names.index(str(answer)) for answer in answers]) for answers in (first, second))
    same = float((one == two).mean())
    value = kappa(one, two, len(names))
    if value is None:
        return Agreement(tag, n, same, None, None, None, "Everybody gave the same answer, so kappa cannot tell.")
    low, high = _interval(one, two, len(names))
    return Agreement(tag, n, same, value, low, high, _in_words(value, n))


def agreement_on_items(tag: str, first: Sequence[Sequence[str]], second: Sequence[Sequence[str]]) -> Agreement:
    """Of two people who each named several things per case: for each thing that anybody named, in each case, yes or no.

    Points are told apart by their words. `same` is the share of these answers that agree, which is high where much is
    named and little of it in each case; kappa takes that out. The interval resamples cases.
    """
    n = len(first)
    if not n:
        return Agreement(tag, 0, None, None, None, None, "No case has two labels yet.")
    numbers = _numbered({item for answers in (*first, *second) for item in answers}, exact=tag == "passages")
    items = len(set(numbers.values()))
    if not items:
        return Agreement(tag, n, None, None, None, None, "Nobody named any.")
    one, two = (_marked(answers, numbers, items) for answers in (first, second))
    same = float((one == two).mean())
    value = kappa(one.ravel(), two.ravel(), 2)
    if value is None:
        return Agreement(tag, n, same, None, None, None, "Everybody named the same, so kappa cannot tell.")
    low, high = _interval(one, two, 2)
    return Agreement(tag, n, same, value, low, high, _in_words(value, n))


def _numbered(texts: set[str], *, exact: bool) -> dict[str, int]:
    """The number of the thing that each text names; two texts of one point have the same."""
    numbers: dict[str, int] = {}
    kinds: list[frozenset[str]] = []
    for text in sorted(texts):
        words = frozenset({text}) if exact else frozenset(content_words(text)) or frozenset({text})
        near = [
            place for place, other in enumerate(kinds) if len(words & other) >= SAME_POINT * max(len(words), len(other))
        ]
        numbers[text] = near[0] if near else len(kinds)
        kinds += [] if near else [words]
    return numbers


def _marked(answers: Sequence[Sequence[str]], numbers: dict[str, int], items: int) -> NDArray[np.int64]:
    """(cases, items) of 0 and 1."""
    marks = np.zeros((len(answers), items), np.int64)
    for place, named in enumerate(answers):
        marks[place, [numbers[text] for text in named]] = 1
    return marks


def kappa(one: NDArray[Any], two: NDArray[Any], categories: int) -> float | None:
    """Cohen's kappa of two arrays of category numbers; None where chance agreement is 1."""
    n = len(one)
    chance = float((np.bincount(one, minlength=categories) * np.bincount(two, minlength=categories)).sum()) / n**2
    return None if chance >= 1 else (float((one == two).mean()) - chance) / (1 - chance)


def _interval(one: NDArray[Any], two: NDArray[Any], categories: int) -> tuple[float | None, float | None]:
    rng = np.random.default_rng(0)
    draws = (rng.integers(len(one), size=len(one)) for _ in range(RESAMPLES))
    values = [value for draw in draws if (value := kappa(one[draw].ravel(), two[draw].ravel(), categories)) is not None]
    if len(one) < 2 or len(values) < RESAMPLES // 2:
        return None, None
    low, high = np.quantile(values, (0.025, 0.975))
    return float(low), float(high)


def _in_words(value: float, n: int) -> str:
    word = next((word for above, word in WORDS if value > above), "no better than chance")
    advice = "" if value > 0.6 else " Talk through the disagreements and sharpen the definitions before labelling more."
    few = f" From {n} case{'s' if n > 1 else ''}: label {ENOUGH} twice before relying on it." if n < ENOUGH else ""
    return f"{word.capitalize()}.{advice}{few}"
