"""Does a reply make the points that it must, and none that it must not? A judge by words, and how far to trust it.

The judge reads no meaning: it looks for the content words and the numbers of a point in neighbouring sentences. How
often it agrees with verdicts written by hand is measured on `judged_points.jsonl`, and stands beside its figures.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from apps.cases.layers.grounding import content_words
from apps.evaluations.metrics import Interval, bootstrap_interval

JUDGED = Path(__file__).with_name("judged_points.jsonl")
MADE = 0.5  # of the point's words: a drafter words things its own way
VIOLATED = 0.8  # an accusation needs more
TRUSTED = 0.4  # lower bound of kappa from which a judge's figures may count in a verdict ("moderate" agreement)
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


def points_made(points: Sequence[str], reply: Sequence[str]) -> tuple[bool, ...]:
    """For each point whether the reply, a sequence of sentences, makes it."""
    return tuple(_said(point, reply, MADE) for point in points)


def points_violated(points: Sequence[str], reply: Sequence[str]) -> tuple[bool, ...]:
    """For each point that the reply must not make whether it makes it."""
    return tuple(_said(point, reply, VIOLATED) for point in points)


@cache
def agreement() -> Agreement:
    """Of this judge with the verdicts on replies that were written for this check."""
    rows = [json.loads(line) for line in JUDGED.read_text(encoding="utf-8").splitlines() if line.strip()]
    people = np.array([row["verdict"] for row in rows], bool)
    judge = np.array([_judged(row["point"], row["reply"], forbidden=row.get("forbidden", False)) for row in rows], bool)

    def kappa(chosen: NDArray[np.intp]) -> float:
        return cohen_kappa(people[chosen], judge[chosen])

    every = np.arange(len(rows))
    return Agreement(kappa(every), bootstrap_interval(len(rows), kappa), len(rows))


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
