"""What is replayed: the cases that came in over four weeks, or the holdout; and when the cases of a month arrive."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from apps.cases.models import Case
from apps.evaluations.labelled_sets import cases_in, current_frozen
from apps.evaluations.models import LabelledCase, LabelledSet, SimulatedCase, Simulation
from apps.evaluations.simulation.months import (
    WEEKS,
    Month,
    as_it_came,
    from_labels,
    resampled,
    week_of,
    weights_of,
)
from apps.evaluations.simulation.report import DRAWN
from apps.workflows.models import Workflow
from apps.workflows.traffic import position

MOST = 2_000  # distinct cases that are worked on; of more traffic, every so manieth stands for those after it
FEWEST = 50  # cases that make a month
Arrival = tuple[datetime, str, str]  # when, whose, of what type as intake found it


@dataclass(frozen=True)
class Available:
    """What a workflow has to be simulated with."""

    begin: datetime
    end: datetime
    came: int
    labelled_set: LabelledSet | None
    holdout: int


def available(workflow: Workflow) -> Available:
    end = timezone.now().replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    begin = end - timedelta(weeks=WEEKS)
    labelled_set = current_frozen(workflow)
    holdout = cases_in(labelled_set, LabelledCase.Split.HOLDOUT).count() if labelled_set else 0
    return Available(begin, end, traffic_of(workflow, begin, end).count(), labelled_set, holdout)


def traffic_of(workflow: Workflow, begin: datetime, end: datetime) -> QuerySet[Case]:
    """In the order in which they came."""
    came = Case.objects.filter(workflow=workflow, received_at__gte=begin, received_at__lt=end)
    return came.order_by("received_at", "id")


def rows_of(simulation: Simulation) -> list[SimulatedCase]:
    """The distinct cases that are to be worked on: those that are replayed, and the holdout to measure errors on."""
    rows: list[SimulatedCase] = []
    if simulation.source == Simulation.Source.TRAFFIC:
        ids = list(_traffic(simulation).values_list("pk", flat=True))
        rows = [SimulatedCase(simulation=simulation, case_id=pk) for pk in ids[:: every(len(ids))]]
    if simulation.labelled_set:
        held_out = cases_in(simulation.labelled_set, LabelledCase.Split.HOLDOUT).order_by("external_id")
        rows += [SimulatedCase(simulation=simulation, labelled_case=each) for each in held_out]
    return rows


def months_of(simulation: Simulation, types: Sequence[str]) -> tuple[Month | None, list[Month]]:
    """The month as it came (None where it is drawn), and those drawn. `types` are of the distinct cases replayed."""
    arrivals = list(_traffic(simulation).values_list("received_at", "customer", "external_id", "case_type"))
    if simulation.source == Simulation.Source.LABELLED:
        weights = weights_of(types, [each[3] for each in arrivals if each[3]])
        week = week_of([each[0] for each in arrivals])
        return None, from_labels(simulation.begin, simulation.volume, weights, week, DRAWN)
    step = every(len(arrivals))
    month = as_it_came(
        simulation.begin,
        [each[0] for each in arrivals],
        [min(place // step, len(types) - 1) for place in range(len(arrivals))],
        [position(each[1] or each[2], simulation.release_id) for each in arrivals],
    )
    return month, resampled(month, DRAWN)


def every(number: int) -> int:
    """Of so many cases every `every`-th is worked on."""
    return max(1, -(-number // MOST))


def _traffic(simulation: Simulation) -> QuerySet[Case]:
    """As far as it was there when the simulation was asked for: a case that came late, with an earlier time, is not."""
    came = traffic_of(simulation.release.workflow, simulation.begin, simulation.end)
    return came.filter(admitted_at__lte=simulation.created_at)
