"""A figure held against its baseline and against what 90 days should bring. Without a baseline nothing is claimed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, log
from typing import Final, Literal

from apps.evaluations.metrics import Z_TWO_SIDED_95, wilson_interval
from apps.insights.baselines import all_in_force
from apps.insights.facts import Chosen
from apps.insights.kpis import KPIS, Figure, Kpi
from apps.insights.models import Baseline
from apps.workflows.models import Workflow

FEWEST = 30  # cases, below which a change is not spoken of

Verdict = Literal[
    "none", "no_target", "no_baseline", "from_nothing", "few", "below", "worse", "level", "better", "likely", "reached"
]
WORDS: Final[Mapping[Verdict, tuple[str, str]]] = {
    "none": ("no figure", ""),
    "no_target": ("no target", ""),
    "no_baseline": ("no baseline, no claim", "warn"),
    "from_nothing": ("nothing before, no change to reckon", ""),
    "few": ("too few to say", ""),
    "below": ("below the range", "warn"),
    "worse": ("worse", "bad"),
    "level": ("no change beyond doubt", ""),
    "better": ("better, short of the target", "warn"),
    "likely": ("at the target, not beyond doubt", "accent"),
    "reached": ("target reached", "good"),
}
Baselines = Mapping[str, Baseline]


@dataclass(frozen=True)
class Against:
    """`change` is relative to the baseline: -0.4 is 40 % less. `low` and `high` are its interval of 95 %, which holds
    what is uncertain about the figure and, where that is known, about the baseline.
    """

    figure: Figure
    baseline: Baseline | None
    change: float | None
    low: float | None
    high: float | None
    verdict: Verdict

    @property
    def words(self) -> str:
        return WORDS[self.verdict][0]

    @property
    def tone(self) -> str:
        return WORDS[self.verdict][1]

    @property
    def target(self) -> tuple[float, float] | None:
        """The range to be reached in the figure's own unit, the lower end first; None where nothing says one."""
        kpi = self.figure.kpi
        if kpi.low is None or kpi.high is None or (kpi.baseline and self.baseline is None):
            return None
        base = self.baseline.value if self.baseline else None
        ends = [each if base is None else base * (1 + each) for each in (kpi.low, kpi.high)]
        return min(ends), max(ends)


def baselines_for(workflow: Workflow, chosen: Chosen) -> Baselines:
    """By measure: of the case type that is chosen, else of all cases. What was never measured of a type has none."""
    return {each.measure: each for each in all_in_force(workflow) if each.case_type == chosen.case_type}


def against(figures: Mapping[str, Figure], baselines: Baselines) -> list[Against]:
    """In the order of the KPIs."""
    return [hold(figures[name], baselines.get(kpi.baseline)) for name, kpi in KPIS.items()]


def hold(figure: Figure, baseline: Baseline | None) -> Against:
    """One figure against its baseline."""
    kpi = figure.kpi
    if figure.value is None:
        return Against(figure, baseline, None, None, None, "none")
    if not kpi.baseline:
        verdict = _within(figure, kpi) if kpi.low is not None else "no_target"
        return Against(figure, None, None, None, None, verdict)
    if baseline is None or not baseline.value:
        return Against(figure, baseline, None, None, None, "from_nothing" if baseline else "no_baseline")
    change = figure.value / baseline.value - 1
    low, high = _interval(figure, baseline, change)
    return Against(figure, baseline, change, low, high, _verdict(figure, kpi, change, low, high))


def _within(figure: Figure, kpi: Kpi) -> Verdict:
    """Against a range of the figure itself."""
    least = kpi.low or 0.0
    if figure.n < FEWEST or figure.low is None or figure.value is None:
        return "few"
    if figure.low >= least:
        return "reached"
    return "likely" if figure.value >= least else "below"


def _verdict(figure: Figure, kpi: Kpi, change: float, low: float | None, high: float | None) -> Verdict:
    if figure.n < FEWEST or figure.missing or low is None or high is None:
        return "few"
    least = (kpi.low or 0.0) * kpi.better  # as a gain: what is saved, or won
    gain, ends = change * kpi.better, sorted((low * kpi.better, high * kpi.better))
    if ends[1] < 0:
        return "worse"
    if ends[0] >= least:
        return "reached"
    if gain >= least:
        return "likely"
    return "better" if ends[0] > 0 else "level"


def _interval(figure: Figure, baseline: Baseline, change: float) -> tuple[float | None, float | None]:
    """Of the ratio, on the scale of its logarithm; where the figure may be none at all, as Donner and Zou have it.

    A baseline that may have been nothing says nothing of a change.
    """
    before = interval_of(baseline)
    if figure.low is None or figure.high is None or figure.value is None or before[0] <= 0:
        return None, None
    if figure.low <= 0:
        product, least = figure.value * baseline.value, before[0] * (2 * baseline.value - before[0])
        root = product**2 - figure.high * (2 * figure.value - figure.high) * least
        return -1.0, (product + max(root, 0.0) ** 0.5) / least - 1
    error = sum(_log_error(ends) ** 2 for ends in ((figure.low, figure.high), before)) ** 0.5
    factor = exp(Z_TWO_SIDED_95 * error)
    return (1 + change) / factor - 1, (1 + change) * factor - 1


def interval_of(baseline: Baseline) -> tuple[float, float]:
    if baseline.low is not None and baseline.high is not None:
        return baseline.low, baseline.high
    if KPIS[baseline.measure].share:
        return wilson_interval(round(baseline.value * baseline.n), baseline.n)
    return baseline.value, baseline.value  # nobody kept how far it was off


def _log_error(ends: Sequence[float]) -> float:
    return (log(ends[1]) - log(ends[0])) / (2 * Z_TWO_SIDED_95)
