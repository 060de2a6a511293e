"""What a workflow is measured by, from the cases that closed: each figure with its unit, n and interval of 95 %.

`figures` and `weekly` are what others ask for; `of` makes the figures of any selection of facts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from apps.insights.counting import COUNTING, error_strata
from apps.insights.facts import ALL, Chosen, Facts, facts
from apps.insights.measures import MEASURES
from apps.insights.rates import rate_in_force
from apps.workflows.models import Workflow

MEAN, MEDIAN, WILSON = (
    "mean, interval by Student’s t",
    "median, interval by ranks",
    "share, interval by Wilson’s method",
)


@dataclass(frozen=True)
class Kpi:
    """One figure. `baseline` names the measure that it is held against, "" where there was nothing of it before.

    `low` and `high` are the change against that baseline which 90 days should bring, as `measures.Measure` has them;
    without a baseline's measure they are the range of the figure itself.
    """

    name: str
    title: str
    unit: str
    better: int  # 1 where more is better, -1 where less is
    says: str  # what is counted, and from what
    method: str
    baseline: str = ""
    low: float | None = None
    high: float | None = None

    @property
    def share(self) -> bool:
        return self.unit == "share"


@dataclass(frozen=True)
class Figure:
    """A KPI's value in its unit. `missing` says in a sentence why there is none, or what it leaves out.

    On a figure that leaves something out no verdict is given.
    """

    name: str
    value: float | None
    n: int
    low: float | None
    high: float | None
    missing: str = ""

    @property
    def kpi(self) -> Kpi:
        return KPIS[self.name]


@dataclass(frozen=True)
class Week:
    begin: date  # Monday
    cases: int  # that closed
    figures: Mapping[str, Figure]


def figures(workflow: Workflow, begin: date, end: date, chosen: Chosen = ALL) -> Mapping[str, Figure]:
    """Of the cases that closed from `begin` to `end`, both included, by the name of the KPI."""
    return of(facts(workflow, begin, end, chosen), rate_in_force(workflow))


def weekly(workflow: Workflow, begin: date, end: date, chosen: Chosen = ALL) -> list[Week]:
    """The same week by week; the first and the last may be cut short by the period."""
    return by_week(facts(workflow, begin, end, chosen), begin, end, rate_in_force(workflow))


def by_week(found: Facts, begin: date, end: date, rate: float | None) -> list[Week]:
    return [Week(monday, len(part), of(part, rate)) for monday, part in found.weeks(begin, end)]


def of(found: Facts, rate: float | None) -> Mapping[str, Figure]:
    """`rate` is USD for an hour of a person's work, None while nobody has said."""
    return MappingProxyType({name: figure(name, found, rate) for name in KPIS})


def figure(name: str, found: Facts, rate: float | None) -> Figure:
    if name == "cost_per_case" and rate is None:
        return Figure(name, None, 0, None, None, "Nobody has said what an hour of a person’s work costs.")
    made = COUNTING[name](found, rate or 0.0)
    return Figure(name, made.value, made.n, made.low, made.high, _missing(name, found, made.value))


def _missing(name: str, found: Facts, value: float | None) -> str:
    if value is None:
        return NONE[name]
    if name != "error_rate":
        return ""
    kinds = zip(("cleared by itself", "people decided"), error_strata(found), strict=True)
    return " ".join(f"Nothing of what {kind} was looked at." for kind, (size, n, _) in kinds if size and not n)


NONE: Final = {
    "throughput": "No case has a measured time.",
    "cycle_time": "No case closed.",
    "handling_time": "No case has a measured time.",
    "auto_time": "Nothing cleared by itself.",
    "reviewed_time": "Nobody’s time on a case was measured.",
    "error_rate": "Nobody looked at any of these cases a second time.",
    "rework_rate": "No case closed.",
    "cost_per_case": "No case has a measured time.",
    "automation": "No case closed.",
    "unchanged": "People decided nothing.",
    "quality_variance": "It takes two people with 20 decisions each.",
}


def _of_measure(name: str, says: str, method: str) -> Kpi:
    measure = MEASURES[name]
    return Kpi(name, measure.title, measure.unit, measure.better, says, method, name, measure.low, measure.high)


KPIS: Final[Mapping[str, Kpi]] = {
    each.name: each
    for each in (
        _of_measure(
            "throughput",
            "Closed cases for each hour that people worked on them. Those that cleared by themselves count, too; a "
            "blind look takes as long as a decision does on average.",
            "cases over hours, interval by Student’s t",
        ),
        _of_measure("cycle_time", "From the moment a case was received until it closed, nights included.", MEDIAN),
        _of_measure("handling_time", "What people worked on a case, idle time left out, over all closed cases.", MEAN),
        Kpi(
            "auto_time",
            "Reviewer time, auto-cleared",
            "minutes a case",
            -1,
            "What people worked on cases that cleared by themselves: the random sample that somebody looks at blind.",
            MEAN,
            "handling_time",
            -0.65,
            -0.85,
        ),
        Kpi(
            "reviewed_time",
            "Reviewer time, reviewed",
            "minutes a case",
            -1,
            "What people worked on cases that a person decided.",
            MEAN,
            "handling_time",
            -0.30,
            -0.50,
        ),
        _of_measure(
            "error_rate",
            "Of the cases that somebody looked at blind, as a random sample or for a second opinion: those that they "
            "would not have sent so. What cleared by itself and what people decided are weighed by their cases.",
            "weighed share, intervals by Wilson’s method joined",
        ),
        _of_measure(
            "rework_rate",
            "Cases that were drafted anew, or whose decision was taken back after the time to undo it.",
            WILSON,
        ),
        _of_measure(
            "cost_per_case",
            "What models were paid for a case, and the minutes of people at the rate that is set.",
            MEAN,
        ),
        Kpi(
            "automation",
            "Cleared automatically",
            "share",
            1,
            "Closed cases that no person decided.",
            WILSON,
            "",
            0.5,
            0.8,
        ),
        Kpi(
            "unchanged",
            "Accepted unchanged",
            "share",
            1,
            "Of the cases that a person decided: those that they sent as drafted.",
            WILSON,
        ),
        Kpi(
            "quality_variance",
            "Spread between reviewers",
            "share",
            -1,
            "How far people differ in what they accept unchanged: the deviation of their shares beyond chance.",
            "moments, interval by resampling",
        ),
    )
}
