"""Background work on evaluations. A task only says where to look; PostgreSQL says what is due."""

import logging
from collections.abc import Callable, Iterable
from uuid import UUID

from celery import shared_task
from kombu.exceptions import OperationalError

from apps.evaluations import drift, incumbents, known_cases, leakage, lifecycle, runs, stop_conditions
from apps.evaluations.assurance import runs as assurance
from apps.evaluations.simulation import runs as simulations
from apps.tenants.tasks import TenantTask
from apps.workflows.models import Workflow

logger = logging.getLogger(__name__)
SECONDS = 20.0  # at a stretch, then others have the worker


@shared_task(base=TenantTask, name="evaluations.work")
def work_on_evaluation(schema: str, run: str) -> None:
    if not runs.work(UUID(run), seconds=SECONDS):
        send_evaluation(schema, UUID(run))


@shared_task(base=TenantTask, name="evaluations.sweep")
def sweep(schema: str) -> None:
    """Wake the workers for what a lost message or a dead worker left behind."""
    for run in runs.waiting():
        send_evaluation(schema, run)
    for simulation in simulations.waiting():
        send_simulation(schema, simulation)
    for assured in assurance.waiting():
        send_assurance(schema, assured)


def send_evaluation(schema: str, run: UUID) -> None:
    """To the queue of long work. Losing the message costs seconds: the sweep sends another."""
    try:
        work_on_evaluation.apply_async((schema, str(run)), queue="evaluation", retry=False, expires=60)
    except OperationalError:
        logger.warning("The broker is out of reach; the sweep will wake an evaluation of %s.", schema)


@shared_task(base=TenantTask, name="evaluations.simulate")
def work_on_simulation(schema: str, simulation: str) -> None:
    if not simulations.work(UUID(simulation), seconds=SECONDS):
        send_simulation(schema, UUID(simulation))


def send_simulation(schema: str, simulation: UUID) -> None:
    """As `send_evaluation`: the sweep sends what is lost."""
    try:
        work_on_simulation.apply_async((schema, str(simulation)), queue="evaluation", retry=False, expires=60)
    except OperationalError:
        logger.warning("The broker is out of reach; the sweep will wake a simulation of %s.", schema)


@shared_task(base=TenantTask, name="evaluations.assure")
def work_on_assurance(schema: str, run: str) -> None:
    if not assurance.work(UUID(run), seconds=SECONDS):
        send_assurance(schema, UUID(run))


def send_assurance(schema: str, run: UUID) -> None:
    """As `send_evaluation`: the sweep sends what is lost."""
    try:
        work_on_assurance.apply_async((schema, str(run)), queue="evaluation", retry=False, expires=60)
    except OperationalError:
        logger.warning("The broker is out of reach; the sweep will wake an assurance run of %s.", schema)


@shared_task(base=TenantTask, name="evaluations.assure_weekly")
def assure_weekly(schema: str) -> None:  # noqa: ARG001 - the task's base reads it
    assurance.ask_weekly()


@shared_task(base=TenantTask, name="evaluations.check_labelled_set")
def check_labelled_set(schema: str, labelled_set: int) -> None:  # noqa: ARG001 - the task's base reads it
    leakage.run_asked_check(labelled_set)


def send_check(schema: str, labelled_set: int) -> None:
    """Losing the message costs a click: the page offers to ask again."""
    try:
        check_labelled_set.apply_async((schema, labelled_set), queue="evaluation", retry=False)
    except OperationalError:
        logger.warning(
            "The broker is out of reach; labelled set %s of %s is not searched for leaks.", labelled_set, schema
        )


@shared_task(base=TenantTask, name="evaluations.watch_traffic")
def watch_traffic(schema: str) -> None:  # noqa: ARG001 - the task's base reads it
    """A breach must narrow within a minute, so this runs beside the audit log and never behind long work."""
    _each(_in_production(), stop_conditions.watch, incumbents.end_expired_override)


@shared_task(base=TenantTask, name="evaluations.watch_incumbents")
def watch_incumbents(schema: str) -> None:  # noqa: ARG001 - the task's base reads it
    """A week of all cases is much to read, and nothing narrows by it: it waits its turn with the long work."""
    _each(_in_production(), incumbents.watch_incumbent)


@shared_task(base=TenantTask, name="evaluations.look_for_drift")
def look_for_drift(schema: str) -> None:  # noqa: ARG001 - the task's base reads it
    """Sent every hour, so that no day is left out on which beat was down for a while; works once a day."""
    drift.look_daily()


@shared_task(base=TenantTask, name="evaluations.measure_drift")
def measure_drift(schema: str, report: str) -> None:  # noqa: ARG001 - the task's base reads it
    drift.work(UUID(report))


@shared_task(base=TenantTask, name="evaluations.lay_out_known")
def lay_out_known(schema: str) -> None:  # noqa: ARG001 - the task's base reads it
    _each(_in_production(), known_cases.lay_out)


@shared_task(base=TenantTask, name="evaluations.advance_decision")
def advance_decision(schema: str, decision: str) -> None:  # noqa: ARG001 - the task's base reads it
    lifecycle.work(UUID(decision))


@shared_task(base=TenantTask, name="evaluations.sweep_decisions")
def sweep_decisions(schema: str) -> None:
    """Open the decisions that are called for, and wake the workers for what waits or was left behind."""
    lifecycle.consider()
    for report in drift.waiting():
        send_drift(schema, report)
    for decision in lifecycle.waiting():
        send_decision(schema, decision)


def send_drift(schema: str, report: UUID) -> None:
    """As `send_evaluation`: the sweep sends what is lost."""
    _send_long(measure_drift, schema, report)


def send_decision(schema: str, decision: UUID) -> None:
    _send_long(advance_decision, schema, decision)


def _send_long(task: TenantTask, schema: str, about: UUID) -> None:
    try:
        task.apply_async((schema, str(about)), queue="evaluation", retry=False, expires=60)
    except OperationalError:
        logger.warning("The broker is out of reach; the sweep will wake %s of %s.", task.name, schema)


def _in_production() -> Iterable[Workflow]:
    return Workflow.objects.select_related("production").exclude(production=None)


def _each(workflows: Iterable[Workflow], *deeds: Callable[[Workflow], object]) -> None:
    """Do all of it, and only then fail: what breaks for one workflow must not leave the others unwatched."""
    broken: list[Exception] = []
    for workflow in workflows:
        for deed in deeds:
            try:
                deed(workflow)
            except Exception as error:
                logger.exception("%s is not watched", workflow.slug)
                broken.append(error)
    if broken:
        raise broken[0]
