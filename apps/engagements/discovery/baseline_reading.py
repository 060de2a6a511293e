"""Baselines as their page and the tenth day show them: each measure with the one in force, and those before it."""

from collections.abc import Sequence
from dataclasses import dataclass

from apps.insights.measures import MEASURES, Measure
from apps.insights.models import Baseline
from apps.workflows.models import Workflow

SHOWN = 100  # earlier ones, over all measures


@dataclass(frozen=True)
class ShownBaseline:
    """A baseline in words, shares in per cent."""

    row: Baseline
    value: str
    interval: str  # "" where it was counted, not sampled


@dataclass(frozen=True)
class ShownMeasure:
    measure: Measure
    in_force: Sequence[ShownBaseline]  # of all cases first, then by case type
    earlier: Sequence[ShownBaseline]


def measures_of(workflow: Workflow) -> list[ShownMeasure]:
    found: dict[str, tuple[list[ShownBaseline], list[ShownBaseline]]] = {name: ([], []) for name in MEASURES}
    seen: set[tuple[str, str]] = set()
    for row in Baseline.objects.filter(workflow=workflow)[: SHOWN + len(MEASURES)]:
        newest = (row.measure, row.case_type) not in seen
        seen.add((row.measure, row.case_type))
        found[row.measure][0 if newest else 1].append(_shown(row))
    return [
        ShownMeasure(MEASURES[name], sorted(now, key=lambda each: each.row.case_type), before)
        for name, (now, before) in found.items()
    ]


def lacking(shown: Sequence[ShownMeasure]) -> list[str]:
    """Measures without a baseline over all cases."""
    return [each.measure.title for each in shown if not any(not one.row.case_type for one in each.in_force)]


def _shown(row: Baseline) -> ShownBaseline:
    measure = MEASURES[row.measure]
    ends = [_figure(measure, end) for end in (row.low, row.high) if end is not None]
    unit = "%" if measure.share else measure.unit
    return ShownBaseline(row, f"{_figure(measure, row.value)} {unit}", "–".join(ends))


def _figure(measure: Measure, value: float) -> str:
    return f"{100 * value:.1f}" if measure.share else f"{value:,.2f}".rstrip("0").rstrip(".")
