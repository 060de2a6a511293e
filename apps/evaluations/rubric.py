"""Does a reply make the points that it must, and none that it must not? A judge by words, and how far to trust a judge.

The judge by words reads no meaning: it looks for the content words and the numbers of a point in neighbouring
sentences. How often a judge agrees with verdicts written by hand is measured on `judged_points.jsonl`, and stands
beside its figures. `hosted_judge` is one that reads.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from apps.cases.layers.grounding import content_words
from apps.evaluations.metrics import Interval, bootstrap_interval
from apps.inference.exchanges import About

JUDGED = Path(__file__).with_name("judged_points.jsonl")
MADE = 0.5  # of the point's words: a drafter words things its own way
VIOLATED = 0.8  # an accusation needs more
TRUSTED = 0.4  # lower bound of kappa from which a judge's figures may count in a verdict ("moderate" agreement)
WORDS = "words"  # the name of the judge by words; others go by their route
_ASKED_OF_WRITER = re.compile(
    r"^(?:say|state|explain|tell|mention|name|confirm|promise|ask|list|give|use|point out|offer|describe)\b"
    r"(?:\s+(?:that|for|the customer))?\s*",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d[\d.,:/-]*\d|\d")


@dataclass(frozen=True)
class Agreement:
    """Cohen's kappa of the judge and people on the same points, with its 95 % interval."""

    kappa: float
    interval: Interval
    n: int

    @property
    def trusted(self) -> bool:
        return self.interval[0] >= TRUSTED


class Judged(NamedTuple):
    """Of each point whether the reply makes it. Both are empty where the judge gave no verdict."""

    by: str
    made: tuple[bool, ...] = ()
    violated: tuple[bool, ...] = ()
    cost: float = 0.0  # USD


class Judge(Protocol):
    name: str

    def judged(self, about: About, must: Sequence[str], must_not: Sequence[str], reply: Sequence[str]) -> Judged: ...

    def agreement(self) -> Agreement: ...


class ByWords:
    name = WORDS

    def judged(self, about: About, must: Sequence[str], must_not: Sequence[str], reply: Sequence[str]) -> Judged:  # noqa: ARG002 - as every judge
        return by_words(must, must_not, reply)

    def agreement(self) -> Agreement:
        return agreement()


def by_words(must: Sequence[str], must_not: Sequence[str], reply: Sequence[str]) -> Judged:
    return Judged(WORDS, points_made(must, reply), points_violated(must_not, reply))


def points_made(points: Sequence[str], reply: Sequence[str]) -> tuple[bool, ...]:
    """For each point whether the reply, a sequence of sentences, makes it."""
    return tuple(_said(point, reply, MADE) for point in points)


def points_violated(points: Sequence[str], reply: Sequence[str]) -> tuple[bool, ...]:
    """For each point that the reply must not make whether it makes it."""
    return tuple(_said(point, reply, VIOLATED) for point in points)


@cache
def agreement() -> Agreement:
    """Of the judge by words with the verdicts on replies that were written for this check."""
    rows = judged_by_people()
    return agreement_of([_judged(row["point"], row["reply"], forbidden=row.get("forbidden", False)) for row in rows])


def judged_by_people() -> list[dict[str, Any]]:
    """{"point", "reply": its sentences, "verdict": whether it makes the point, "forbidden": perhaps}."""
    return [json.loads(line) for line in JUDGED.read_text(encoding="utf-8").splitlines() if line.strip()]


def agreement_of(verdicts: Sequence[bool]) -> Agreement:
    """Of a judge's verdicts on these points, in their order, with those of people."""
    people, judge = np.array([row["verdict"] for row in judged_by_people()], bool), np.array(verdicts, bool)

    def kappa(chosen: NDArray[np.intp]) -> float:
        return cohen_kappa(people[chosen], judge[chosen])

    return Agreement(kappa(np.arange(len(people))), bootstrap_interval(len(people), kappa), len(people))


def cohen_kappa(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """Agreement beyond chance on yes and no; 1.0 where both always say the same one thing."""
    agreed, yes = (one == other).mean(), (one.mean(), other.mean())
    by_chance = yes[0] * yes[1] + (1 - yes[0]) * (1 - yes[1])
    return float((agreed - by_chance) / (1 - by_chance)) if by_chance < 1 else 1.0


def _judged(point: str, reply: Sequence[str], *, forbidden: bool) -> bool:
    return _said(point, reply, VIOLATED if forbidden else MADE)


def _said(point: str, reply: Sequence[str], share: float) -> bool:
    bare = _ASKED_OF_WRITER.sub("", point)
    wanted, numbers = content_words(bare), set(_NUMBER.findall(bare))
    if not wanted and not numbers:
        return False
    near = [*reply, *(f"{one} {other}" for one, other in pairwise(reply))]
    return any(
        numbers <= set(_NUMBER.findall(words)) and len(wanted & content_words(words)) >= share * len(wanted)
        for words in near
    )
