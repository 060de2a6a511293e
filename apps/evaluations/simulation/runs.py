"""Simulations: asked for, worked on in batches like evaluations and from the same memory, cancelled, and reported."""

import logging
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.db import transaction

from apps.audit.entries import record, timestamp
from apps.cases.loading import load
from apps.cases.models import Case
from apps.connectors.wire import SystemUnavailable
from apps.evaluations import leased_run
from apps.evaluations.batches import Batch, Outcome
from apps.evaluations.leased_run import cancel_run, claim, get_on, held, let_go, wait
from apps.evaluations.models import LabelledCase, Remembered, SimulatedCase, Simulation
from apps.evaluations.runs import BATCH, asks_model
from apps.evaluations.signals import changed_by_people
from apps.evaluations.simulation.handling import Minutes, measured_minutes, stated_minutes
from apps.evaluations.simulation.outcomes import Done, Replayed, outcome_of
from apps.evaluations.simulation.outcomes import Outcome as Simulated
from apps.evaluations.simulation.report import World, report_of
from apps.evaluations.simulation.sources import FEWEST, Available, available, months_of, rows_of
from apps.inference.errors import ModelUnavailable
from apps.inference.limits import USUAL
from apps.inference.local.encoder import default_encoder
from apps.tenants.actors import SYSTEM, Actor
from apps.tenants.models import Tenant
from apps.tenants.schemas import current_schema
from apps.workflows import charters
from apps.workflows.models import Release

logger = logging.getLogger(__name__)


class NotSimulable(ValueError):
    """This cannot be simulated. The message says why, and what is missing."""


@transaction.atomic
def simulate(
    *, actor: Actor, release: Release, source: str, minutes: Decimal | None = None, volume: int = 0
) -> Simulation:
    """Queue a simulation of four weeks of `release` beside production. Raises NotSimulable.

    `minutes` of a person's work a case, where they are not to be measured; `volume`, in cases, of the labelled source.
    """
    there = available(release.workflow)
    problem = why_not(release, source, there, minutes, volume)
    incumbent = release.workflow.production
    if problem or incumbent is None:
        raise NotSimulable(problem)
    simulation = Simulation.objects.create(
        release=release,
        incumbent=incumbent,
        labelled_set=there.labelled_set,
        source=source,
        begin=there.begin,
        end=there.end,
        volume=there.came if source == Simulation.Source.TRAFFIC else volume,
        minutes=minutes,
        total=0,
        created_by=actor.id,
        created_name=actor.name,
    )
    rows = SimulatedCase.objects.bulk_create(rows_of(simulation))
    simulation.total = len(rows)
    simulation.save(update_fields=["total"])
    record(
        actor=actor,
        action="simulation.asked",
        object=f"simulation:{simulation.pk}",
        workflow=release.workflow.slug,
        release=release.fingerprint,
        after={
            "incumbent": incumbent.fingerprint,
            "source": source,
            "begin": timestamp(there.begin),
            "end": timestamp(there.end),
            "cases": simulation.volume,
            "minutes": None if minutes is None else str(minutes),
        },
    )
    after_commit(simulation)
    return simulation


def why_not(release: Release, source: str, there: Available, minutes: Decimal | None, volume: int) -> str:
    """What is in the way, in words; "" when nothing is."""
    workflow = release.workflow
    if workflow.production is None:
        return f"“{workflow.title}” has no release in production to compare with."
    if release.pk == workflow.production_id:
        return f"{release.label} is in production: what it does can be seen."
    if source not in Simulation.Source.values:
        return "Choose what is to be replayed."
    if source == Simulation.Source.TRAFFIC and there.came < FEWEST:
        return f"Only {there.came} cases came in over four weeks, and {FEWEST} make a month: resample the labelled set."
    if source == Simulation.Source.LABELLED and not there.holdout:
        return "No labelled set has been frozen and signed yet: there is nothing to resample."
    if source == Simulation.Source.LABELLED and not FEWEST <= volume <= 100_000:
        return f"State how many cases a month has: from {FEWEST} to 100,000."
    if minutes is None and measured_minutes(workflow, there.begin, there.end) is None:
        return "Too few decisions were taken to measure how long one takes: state the minutes."
    if minutes is not None and not 0 < minutes <= 240:
        return "A case takes a person more than 0 and at most 240 minutes."
    return ""


def cancel(*, actor: Actor, simulation: Simulation) -> bool:
    """Stop after the batch that is under way. What was computed is remembered. False when it had come to rest."""
    return cancel_run(actor=actor, run=simulation, release=simulation.release_id)


def work(simulation_id: UUID, *, seconds: float = float("inf")) -> bool:
    """Work on what is left, for about so many seconds. True when it rests, or somebody else works on it."""
    related = Simulation.objects.select_related("release__workflow", "incumbent", "labelled_set")
    simulation = claim(related, simulation_id, _longer)
    if simulation is None:
        return True
    until = time.monotonic() + seconds
    try:
        pair = [_batch_of(simulation, each) for each in (simulation.incumbent, simulation.release)]
        while rows := _next(simulation):
            begin = time.perf_counter_ns()
            cases = [_as_labelled(row) for row in rows]
            outcomes = [batch.evaluate(cases) for batch in pair]
            remembered = [entry for batch in pair for entry in batch.memory.forget_batch()]
            if not _store(simulation, rows, outcomes, remembered, (time.perf_counter_ns() - begin) // 1000):
                return True
            if time.monotonic() > until:
                let_go(simulation)
                return False
        _finish(simulation)
    except (ModelUnavailable, SystemUnavailable) as unavailable:
        return wait(simulation, unavailable, simulation.release_id)
    except Exception as error:
        logger.exception("Simulation %s failed", simulation.pk)
        return wait(simulation, error, simulation.release_id)
    return True


def waiting() -> Sequence[UUID]:
    """The simulations that nobody works on and that are due."""
    return leased_run.waiting(Simulation.objects.all())


def after_commit(simulation: Simulation) -> None:
    from apps.evaluations.tasks import send_simulation

    schema = current_schema()
    transaction.on_commit(lambda: send_simulation(schema, simulation.pk))


def minutes_of(simulation: Simulation) -> Minutes:
    """As they were stated, else as they are measured. Raises NotSimulable."""
    if simulation.minutes is not None:
        return stated_minutes(float(simulation.minutes))
    measured = measured_minutes(simulation.release.workflow, simulation.begin, simulation.end)
    if measured is None:
        raise NotSimulable("Decisions that the minutes of a case were to be measured by are gone.")
    return measured


def _asking(simulation: Simulation) -> bool:
    return any(asks_model(each) for each in (simulation.incumbent, simulation.release))


def _longer(simulation: Simulation) -> timedelta:
    """Two releases read and answer a case."""
    return timedelta(seconds=2 * 2 * USUAL.in_all if _asking(simulation) else 0.0)


def _batch_of(simulation: Simulation, release: Release) -> Batch:
    region = Tenant.objects.get(schema_name=current_schema()).region
    return Batch(load(release.pk), default_encoder(settings.MODEL_DIR), _received_on(simulation).date(), region, 1)


def _received_on(simulation: Simulation) -> datetime:
    """Of labelled cases without a date of their own: as evaluations have it, so that both remember the same."""
    frozen = simulation.labelled_set
    return (frozen.frozen_at if frozen else None) or simulation.end


def _next(simulation: Simulation) -> list[SimulatedCase]:
    left = simulation.cases.filter(candidate__isnull=True).select_related("case", "labelled_case")
    return list(left[: 1 if _asking(simulation) else BATCH])


def _as_labelled(row: SimulatedCase) -> LabelledCase:
    """What a batch takes. Nobody labelled a case of the traffic: what is expected of it is never read."""
    if row.labelled_case:
        return row.labelled_case
    case = row.case
    assert isinstance(case, Case)  # noqa: S101 - for the types: a row is of one kind or the other
    submission = {
        "external_id": case.external_id,
        "subject": case.title,
        "text": case.text,
        "channel": case.channel,
        "customer": case.customer,
        "language": case.language,
        "region": case.region,
        "consent": case.consent,
        "received_at": case.received_at.isoformat(),
    }
    return LabelledCase(
        external_id=case.external_id, submission=submission, expected={"case_type": case.case_type or "unknown"}
    )


def _store(
    simulation: Simulation,
    rows: Sequence[SimulatedCase],
    outcomes: Sequence[Sequence[Outcome]],
    remembered: Sequence[Remembered],
    microseconds: int,
) -> bool:
    """Keep a batch. False when it is no longer ours: then only what was learnt is kept."""
    with transaction.atomic():
        Remembered.objects.bulk_create(remembered, ignore_conflicts=True)
        locked = held(simulation)
        if locked is None:
            return False
        for row, incumbent, candidate in zip(rows, *outcomes, strict=True):
            labelled = row.labelled_case_id is not None
            row.incumbent = outcome_of(incumbent.result, labelled=labelled).model_dump(mode="json")
            row.candidate = outcome_of(candidate.result, labelled=labelled).model_dump(mode="json")
        SimulatedCase.objects.bulk_update(rows, ["incumbent", "candidate"])
        get_on(
            simulation,
            locked,
            done=len(rows),
            cached=sum(all(each.remembered for each in both) for both in zip(*outcomes, strict=True)),
            spent=[each.spent for release in outcomes for each in release],
            microseconds=microseconds,
            longer=_longer(simulation),
        )
    return True


def _finish(simulation: Simulation) -> None:
    report = report_of(_world(simulation))
    with transaction.atomic():
        if leased_run.finish(simulation, report):
            figures = {
                key: {name: f"{each[name]['value']:.2f}" for name in ("incumbent", "candidate")}
                for key, each in report["figures"].items()
            }
            record(
                actor=SYSTEM,
                action="simulation.done",
                object=f"simulation:{simulation.pk}",
                release=simulation.release_id,
                after={"incumbent": simulation.incumbent_id, "figures": figures},
            )


def _world(simulation: Simulation) -> World:
    rows = list(simulation.cases.select_related("case", "labelled_case"))
    edits = changed_by_people(Case.objects.filter(pk__in=[row.case_id for row in rows if row.case_id]))
    held_out = [_replayed(row, {}) for row in rows if row.labelled_case_id]
    of_traffic = simulation.source == Simulation.Source.TRAFFIC
    cases = [_replayed(row, edits) for row in rows if row.case_id] if of_traffic else held_out
    labels = [row.labelled_case.expected["case_type"] for row in rows if row.labelled_case]
    month, drawn = months_of(simulation, [""] * len(cases) if of_traffic else labels)
    charter = charters.in_force(simulation.release.workflow)
    return World(
        begin=simulation.begin,
        cases=cases,
        month=month,
        drawn=drawn,
        minutes=minutes_of(simulation),
        conditions=charters.content_of(charter).stop_conditions if charter else (),
        labelled=held_out,
    )


def _replayed(row: SimulatedCase, edits: dict[UUID, float]) -> Replayed:
    """Of a row that was worked on."""
    both = Simulated.model_validate(row.incumbent), Simulated.model_validate(row.candidate)
    if row.case is None:
        return Replayed(*both)
    return Replayed(*both, Done(row.case.outcome, row.case.decision, edits.get(row.case.pk)))
