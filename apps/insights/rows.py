"""The cases behind a figure: those that count in it, and what each comes to."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np

from apps.cases.listing import RULE, CaseRow, case_rows
from apps.cases.models import Case
from apps.insights.counting import COUNTING
from apps.insights.facts import Facts
from apps.insights.kpis import KPIS
from apps.insights.wording import amount

YES = {
    "error_rate": ("would not have been sent so", "stands"),
    "rework_rate": ("done again", "done once"),
    "automation": ("cleared by itself", "decided by a person"),
    "unchanged": ("sent as drafted", "changed or rejected"),
    "quality_variance": ("sent as drafted", "changed or rejected"),
}


@dataclass(frozen=True)
class Behind:
    """Ids in the order of their numbers, the highest first, and the number of each."""

    name: str
    ids: Sequence[UUID]
    worth: Sequence[float]


@dataclass(frozen=True)
class Row:
    row: CaseRow
    worth: str


def behind(name: str, found: Facts, rate: float | None, *, only: bool = False) -> Behind:
    """As many as the figure's n says; with `only`, those of a share that have the property."""
    counting = COUNTING[name]
    worth = np.asarray(counting.worth(found, rate or 0.0), dtype=np.float64)
    counted = counting.counts(found)
    if name == "cost_per_case" and rate is None:
        counted = np.zeros_like(counted)
    if only and KPIS[name].share:
        counted = counted & (worth > 0)
    ids, worth = found.id[counted], worth[counted]
    order = np.argsort(-worth, kind="stable")
    return Behind(name, [UUID(bytes=bytes(each)) for each in ids[order]], [float(each) for each in worth[order]])


def shown(name: str, ids: Sequence[UUID], worth: Sequence[float]) -> list[Row]:
    """The rows of one page."""
    cases = Case.objects.annotate(rule=RULE).in_bulk(ids)
    there = [(cases[each], value) for each, value in zip(ids, worth, strict=True) if each in cases]
    rows = case_rows([case for case, _ in there])
    return [Row(row, _said(name, value)) for row, (_, value) in zip(rows, there, strict=True)]


def _said(name: str, value: float) -> str:
    if name in YES:
        return YES[name][0 if value > 0 else 1]
    if name == "throughput":  # of which the minutes are summed up
        return amount(value, KPIS["handling_time"])
    return amount(value, KPIS[name])
