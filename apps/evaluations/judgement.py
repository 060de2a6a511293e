"""The gate's judgement, without any storage: arrays in, verdict out.

A candidate passes when it beats the incumbent on the primary metric and loses no more than a stated margin on any
guardrail, by paired tests on the same cases, and when the set of cases can bear that judgement (docs/adr/0011).
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from apps.evaluations.metrics import Interval
from apps.evaluations.significance import (
    macro_f1_difference,
    macro_f1s,
    mcnemar_exact,
    mean_difference,
    share_difference,
)

LEVEL = 0.05  # one-sided, of each test
LEAST_CASES = 65  # fewer cannot exclude a loss of 4 points, the narrowest margin on a share, even where nothing changed
LEAST_PER_STRATUM = 2
MOST_LOOKS = 0.5  # of the cases, that somebody has looked at: more, and candidates are made for the cases they know
MOST_VERDICTS = 20  # on one version: each tells a little of the answers
NOTED = 0.5  # from this share of either limit on, the verdict says how worn the set is


@dataclass(frozen=True)
class Metric:
    key: str
    title: str
    test: Literal["share", "mean", "macro_f1"]
    margin: float  # the loss that is still acceptable, in the metric's unit
    unit: Literal["share", "seconds", "USD"] = "share"
    better: Literal["higher", "lower"] = "higher"


@dataclass(frozen=True)
class Paired:
    """One metric, case by case. NaN where the metric has nothing to say of a case; such a case is left out.

    `macro_f1` takes labels in all three arrays, the others numbers and no `truth`.
    """

    metric: Metric
    candidate: NDArray[Any]
    incumbent: NDArray[Any]
    truth: NDArray[Any] | None = None


@dataclass(frozen=True)
class SetFacts:
    """What the judgement must know of the set of cases beside the results on it."""

    cases: int
    strata: Mapping[str, int]  # cases per stratum that the candidate handles, 0 where there is none
    looked_at: int = 0  # cases of it that somebody has looked at
    verdicts: int = 0  # that it has borne before
    erased: int = 0  # cases that it has lost since it was frozen, for their people were forgotten


@dataclass(frozen=True)
class Line:
    """How the two compare on one metric. The interval is of candidate minus incumbent, 90 % two-sided."""

    key: str
    title: str
    role: Literal["primary", "guardrail"]
    unit: str
    better: str
    n: int
    candidate: float
    incumbent: float
    difference: float
    low: float
    high: float
    margin: float
    test: str
    p: float | None
    held: bool


@dataclass(frozen=True)
class Verdict:
    passed: bool
    lines: tuple[Line, ...]  # the primary metric first
    refusals: tuple[str, ...]  # each reason why it did not pass, in a sentence
    notes: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def judge_arrays(primary: Paired, guardrails: Sequence[Paired], facts: SetFacts) -> Verdict:
    """The verdict. Raises ValueError when arrays of a pair differ in length."""
    problems = list(_problems_of_set(facts))
    first = compare(primary, "primary")
    others = [compare(each, "guardrail") for each in guardrails]
    lines = [line for line in (first, *others) if line is not None]
    if first is None:
        problems.append(f"Not one case of the set says anything of “{primary.metric.title}”.")
    refusals = problems + [_refusal(line) for line in lines if not line.held]
    return Verdict(passed=not refusals, lines=tuple(lines), refusals=tuple(refusals), notes=tuple(_notes(facts)))


def compare(pair: Paired, role: Literal["primary", "guardrail"]) -> Line | None:
    """One line of the verdict; None when no case has the metric for both."""
    metric, candidate, incumbent, truth = pair.metric, pair.candidate, pair.incumbent, pair.truth
    if len(candidate) != len(incumbent) or (truth is not None and len(truth) != len(candidate)):
        raise ValueError(f"The arrays of {metric.key} differ in length, so they are no pairs.")
    if truth is None:
        told = ~(np.isnan(candidate) | np.isnan(incumbent))
        candidate, incumbent = candidate[told].astype(np.float64), incumbent[told].astype(np.float64)
    if not len(candidate):
        return None
    values, interval, test, p = _tested(metric, candidate, incumbent, truth)
    gain_low = interval[0] if metric.better == "higher" else -interval[1]
    beats = p < LEVEL if p is not None else gain_low > 0
    held = beats if role == "primary" else gain_low > -metric.margin
    return Line(
        key=metric.key,
        title=metric.title,
        role=role,
        unit=metric.unit,
        better=metric.better,
        n=len(candidate),
        candidate=values[0],
        incumbent=values[1],
        difference=values[0] - values[1],
        low=interval[0],
        high=interval[1],
        margin=metric.margin,
        test=test,
        p=p,
        held=bool(held),
    )


def _tested(
    metric: Metric, candidate: NDArray[Any], incumbent: NDArray[Any], truth: NDArray[Any] | None
) -> tuple[tuple[float, float], Interval, str, float | None]:
    """Both values, the interval of their difference, the name of the test and its p-value where it has one."""
    if metric.test == "macro_f1":
        if truth is None:
            raise ValueError("Macro-F1 needs the true labels.")
        once = np.ones((1, len(truth)))
        values = float(macro_f1s(once, truth, candidate)[0]), float(macro_f1s(once, truth, incumbent)[0])
        return values, macro_f1_difference(truth, candidate, incumbent), "paired bootstrap", None
    values = float(candidate.mean()), float(incumbent.mean())
    if metric.test == "mean":
        return values, mean_difference(candidate, incumbent), "paired bootstrap", None
    more, less = int((candidate > incumbent).sum()), int((candidate < incumbent).sum())
    interval = share_difference(more, less, len(candidate))
    better, worse = (more, less) if metric.better == "higher" else (less, more)
    return values, interval, "exact McNemar, Tango's interval", mcnemar_exact(better, worse)


def _problems_of_set(facts: SetFacts) -> list[str]:
    problems = []
    if facts.cases < LEAST_CASES:
        problems.append(f"The set is too small: {facts.cases} cases, and a verdict needs at least {LEAST_CASES}.")
    missing = sorted(name for name, count in facts.strata.items() if count < LEAST_PER_STRATUM)
    if missing:
        problems.append(f"The set has fewer than {LEAST_PER_STRATUM} cases of {', '.join(missing)}.")
    if facts.cases and facts.looked_at > MOST_LOOKS * facts.cases:
        problems.append(
            f"The set is worn out: {facts.looked_at} of its {facts.cases} cases have been looked at. Freeze a new one."
        )
    if facts.verdicts >= MOST_VERDICTS:
        problems.append(f"The set is worn out: it has borne {facts.verdicts} verdicts. Freeze a new one.")
    return problems


def _notes(facts: SetFacts) -> list[str]:
    notes = []
    if facts.cases and facts.looked_at >= NOTED * MOST_LOOKS * facts.cases:
        notes.append(f"The set is wearing: {facts.looked_at} of its {facts.cases} cases have been looked at.")
    if facts.verdicts >= NOTED * MOST_VERDICTS:
        notes.append(f"The set is wearing: {facts.verdicts} verdicts of at most {MOST_VERDICTS}.")
    if facts.erased:
        notes.append(
            f"The set has shrunk: {facts.erased} of its {facts.cases + facts.erased} cases are blank, for the people "
            f"that they were about were forgotten."
        )
    return notes


def _refusal(line: Line) -> str:
    loss = max(0.0, -line.low if line.better == "higher" else line.high)
    if line.role == "primary":
        how = chance(line.p) if line.p is not None else f"the interval begins at {told(line.low, line.unit)}"
        return (
            f"It does not beat the incumbent on “{line.title}”: {told(line.candidate, line.unit)} against "
            f"{told(line.incumbent, line.unit)} on {line.n} cases ({line.test}, {how})."
        )
    return (
        f"“{line.title}” may be worse by {told(loss, line.unit, points=True)}, and at most "
        f"{told(line.margin, line.unit, points=True)} is acceptable: {told(line.candidate, line.unit)} against "
        f"{told(line.incumbent, line.unit)} on {line.n} cases ({line.test.split(', ')[-1]})."
    )


def told(value: float, unit: str, *, points: bool = False) -> str:
    """A value for people: "81.0 %", "3.1 points", "0.210 s", "USD 0.0040"."""
    if unit == "seconds":
        return f"{value:.3f} s"
    if unit == "USD":
        return f"USD {value:.4f}"
    return f"{100 * value:.1f} points" if points else f"{100 * value:.1f} %"


def chance(p: float) -> str:
    """A p-value for people: none is nought."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"
