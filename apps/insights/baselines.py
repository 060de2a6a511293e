"""Baselines: what the workflow did before. Without one there is no claim later that anything became better."""

from dataclasses import dataclass, replace
from datetime import date
from math import isfinite

from django.db import transaction
from django.utils import timezone

from apps.audit.entries import record
from apps.insights.measures import MEASURES
from apps.insights.models import Baseline
from apps.tenants.actors import Actor
from apps.workflows.models import Workflow

MOST = 1_000_000  # in the unit of any measure
EARLIEST = date(2000, 1, 1)  # before it a year is mistyped


class BaselineRefused(ValueError):
    """The baseline cannot be recorded so. The message says why."""


@dataclass(frozen=True)
class Measured:
    """What was measured, in the unit of the measure, from the first to the last day of a period."""

    measure: str
    value: float
    n: int
    begin: date
    end: date
    source: str
    case_type: str = ""
    low: float | None = None
    high: float | None = None
    note: str = ""


@transaction.atomic
def record_baseline(*, actor: Actor, workflow: Workflow, measured: Measured) -> Baseline:
    """Add a baseline; an earlier one of the same measure stays to be read. Raises BaselineRefused.

    The same again, as from a form that was sent twice, is the one that is recorded already.
    """
    _check(measured)
    Workflow.objects.select_for_update().get(pk=workflow.pk)
    last = in_force(workflow, measured.measure, measured.case_type)
    if last is not None and _of(last) == replace(measured, source=measured.source.strip(), note=measured.note.strip()):
        return last
    made = Baseline.objects.create(
        workflow=workflow,
        measure=measured.measure,
        case_type=measured.case_type,
        value=measured.value,
        low=measured.low,
        high=measured.high,
        n=measured.n,
        begin=measured.begin,
        end=measured.end,
        source=measured.source.strip(),
        note=measured.note.strip(),
        recorded_at=timezone.now(),
        recorded_by=actor.id,
        recorded_name=actor.name,
    )
    record(
        actor=actor,
        action="baseline.recorded",
        object=f"baseline:{made.pk}",
        workflow=workflow.slug,
        after={
            "measure": made.measure,
            "case_type": made.case_type,
            "value": f"{made.value:g}",
            "n": made.n,
            "begin": str(made.begin),
            "end": str(made.end),
        },
        reason=f"Source: {made.source}",
    )
    return made


def in_force(workflow: Workflow, measure: str, case_type: str = "") -> Baseline | None:
    """The last one recorded."""
    return Baseline.objects.filter(workflow=workflow, measure=measure, case_type=case_type).first()


def all_in_force(workflow: Workflow) -> list[Baseline]:
    """The last one of each measure and case type."""
    rows = Baseline.objects.filter(workflow=workflow).order_by("measure", "case_type", "-id")
    return list(rows.distinct("measure", "case_type"))


def _of(made: Baseline) -> Measured:
    return Measured(
        made.measure,
        made.value,
        made.n,
        made.begin,
        made.end,
        made.source,
        made.case_type,
        made.low,
        made.high,
        made.note,
    )


def _check(measured: Measured) -> None:
    measure = MEASURES.get(measured.measure)
    if measure is None:
        raise BaselineRefused(f"There is no measure “{measured.measure}”.")
    numbers = [number for number in (measured.value, measured.low, measured.high) if number is not None]
    if not all(isfinite(number) and 0 <= number <= MOST for number in numbers):
        raise BaselineRefused(f"A measure is a number from 0 to {MOST:,}.")
    if measure.share and max(numbers) > 1:
        raise BaselineRefused("A share lies between 0 and 100 %.")
    if (measured.low is None) != (measured.high is None):
        raise BaselineRefused("An interval has two ends.")
    if measured.low is not None and not measured.low <= measured.value <= (measured.high or 0):
        raise BaselineRefused("The value lies within its interval.")
    if measured.n < 1:
        raise BaselineRefused("Say how many cases it was measured on.")
    if measured.begin > measured.end or measured.end > timezone.now().date():
        raise BaselineRefused("The period begins before it ends, and ends before today.")
    if measured.begin < EARLIEST:
        raise BaselineRefused(f"The period begins in {measured.begin.year}: look at the year.")
    if not measured.source.strip():
        raise BaselineRefused("Name the source: which system or whose count, and from when.")
