"""Thresholds from a stated risk: "at most 2 % wrong, with 95 % confidence", as far as this many cases can vouch for it.

Pure functions over two arrays of one length: `probability`, what the classifier said of its own answer (0-1), and
`correct`, whether that was right, on cases that it was not trained on. Bounds are exact (Clopper-Pearson). Trying
threshold after threshold and keeping the luckiest would void any confidence, so that thresholds are tested in an order
that is fixed before the errors are looked at, until the first fails (fixed-sequence testing, as in Learn then Test,
Angelopoulos et al. 2021). The order depends on the number of cases alone.
"""

from bisect import bisect_left
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, betaincinv

from apps.inference.local.calibration import NEVER

Floats = NDArray[np.floating[Any]]
Booleans = NDArray[np.bool_]

DIGITS = 6  # of a threshold, as a manifest stores it
MANY = 10  # times the least number of cases: from here on a second sequence pays
FURTHER_DOWN = 0.25  # of all cases: where that one begins


@dataclass(frozen=True)
class Promise:
    """Of what is decided alone, at most the share `risk` is wrong; with `confidence`, both 0-1."""

    risk: float
    confidence: float

    def __post_init__(self) -> None:
        if not (0 < self.risk < 1 and 0.5 <= self.confidence < 1):
            raise ValueError("A risk lies between 0 and 1, and a confidence from one half to below 1.")

    def __str__(self) -> str:
        return f"at most {100 * self.risk:g} % wrong with {100 * self.confidence:g} % confidence"

    @property
    def chance(self) -> float:
        """Of breaking it."""
        return 1 - self.confidence


@dataclass(frozen=True)
class Tested:
    """One threshold: it takes `taken` cases, `wrong` of them wrongly, and the risk is below `bound`."""

    threshold: float
    taken: int
    wrong: int
    bound: float  # of this threshold alone, at the promise's confidence
    holds: bool


@dataclass(frozen=True)
class Finding:
    promise: Promise
    cases: int
    chosen: Tested | None  # None: this many cases, or these errors, do not support the promise
    tested: tuple[Tested, ...]
    needed: int  # cases without one error that the promise takes at least

    @property
    def threshold(self) -> float:
        return self.chosen.threshold if self.chosen else NEVER

    @property
    def coverage(self) -> float:
        """Share of the cases that would be decided alone; 0-1."""
        return self.chosen.taken / self.cases if self.chosen else 0.0


def find_threshold(probability: Floats, correct: Booleans, promise: Promise) -> Finding:
    """The lowest threshold that is proved to keep the promise; none when the cases cannot prove it."""
    ranked, wrong = _ranked(probability, correct)
    sequences = _sequences(len(ranked), promise)
    level = promise.chance / max(1, len(sequences))
    tested: dict[int, Tested] = {}
    chosen = None
    for sequence in sequences:
        for count in sequence:
            taken = _with_ties(ranked, count)
            each = _test(ranked, wrong, taken, promise, level)
            tested[taken] = each
            if not each.holds:
                break
            if chosen is None or taken > chosen.taken:
                chosen = each
    # Where there are two sequences, each is tested at half the chance, which takes more cases than one would need.
    needed = least_cases(promise.risk, promise.chance)
    return Finding(promise, len(ranked), chosen, tuple(tested[taken] for taken in sorted(tested)), needed)


def curve(probability: Floats, correct: Booleans, promise: Promise) -> list[Tested]:
    """Every threshold that the cases tell apart, from the most careful to the one that takes all.

    For looking at: `holds` judges each by itself, and choosing among them by it is what `find_threshold` avoids.
    """
    ranked, wrong = _ranked(probability, correct)
    if not len(ranked):
        return []
    ends = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True)) + 1
    return [_test(ranked, wrong, int(end), promise, promise.chance) for end in ends]


def upper_bound(wrong: int, cases: int, chance: float) -> float:
    """Clopper-Pearson's one-sided bound of a share: the true one lies above it at most with `chance`; 1 for no case."""
    return float(betaincinv(wrong + 1, cases - wrong, 1 - chance)) if wrong < cases else 1.0


def least_cases(risk: float, chance: float, wrong: int = 0) -> int:
    """The number of cases with `wrong` errors among them from which on a risk of `risk` is refuted at `chance`."""
    most = wrong + 1
    while bdtr(wrong, most, risk) > chance:
        most *= 2
    return bisect_left(range(most + 1), True, lo=wrong + 1, key=lambda count: bool(bdtr(wrong, count, risk) <= chance))


def _sequences(cases: int, promise: Promise) -> list[list[int]]:
    """How many of the most probable cases to take, in the order of testing; the chance is split between sequences.

    A sequence begins where the promise could first be proved. With many cases, one error among the first would end it
    there for no good reason, so that a second one begins further down.
    """
    first = _rungs(cases, promise.risk, promise.chance)
    if not first or cases < MANY * first[0]:
        return [first] if first else []
    rungs = _rungs(cases, promise.risk, promise.chance / 2)
    return [rungs, [count for count in rungs if count >= FURTHER_DOWN * cases]]


def _rungs(cases: int, risk: float, chance: float) -> list[int]:
    """The counts at which one error more becomes acceptable, and then all cases."""
    counts: list[int] = []
    wrong = 0
    while (count := least_cases(risk, chance, wrong)) <= cases:
        counts.append(count)
        wrong += 1
    return [*counts, cases] if counts and counts[-1] < cases else counts


def _ranked(probability: Floats, correct: Booleans) -> tuple[Floats, NDArray[np.intp]]:
    """Probabilities from high to low, to the digits of a threshold; and how many of the first k, k = 1…, are wrong."""
    if len(probability) != len(correct):
        raise ValueError(f"{len(probability)} probabilities and {len(correct)} answers do not pair up.")
    rounded = np.floor(np.asarray(probability, float) * 10**DIGITS) / 10**DIGITS
    order = np.argsort(-rounded, kind="stable")
    return rounded[order], np.cumsum(~np.asarray(correct, bool)[order])


def _with_ties(ranked: Floats, count: int) -> int:
    """A threshold cannot part cases of one probability."""
    return int(np.searchsorted(-ranked, -ranked[count - 1], side="right"))


def _test(ranked: Floats, wrong: NDArray[np.intp], taken: int, promise: Promise, level: float) -> Tested:
    errors = int(wrong[taken - 1])
    return Tested(
        threshold=float(ranked[taken - 1]),
        taken=taken,
        wrong=errors,
        bound=upper_bound(errors, taken, level),
        holds=bool(bdtr(errors, taken, promise.risk) <= level),
    )
