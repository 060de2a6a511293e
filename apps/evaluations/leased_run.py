"""Long work on the evaluation queue: asked for, done in batches under a lease, resumed, cancelled, given up, finished.

A worker holds a run for as long as its lease. One that is killed lets go of nothing: the lease ends, and another worker
goes on behind the last batch that was kept.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from django.db import models, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from uuid6 import uuid7

from apps.audit.entries import record
from apps.tenants.actors import SYSTEM, Actor

ATTEMPTS = 4  # without getting on
LEASE = timedelta(seconds=60)


class LeasedRun(models.Model):
    """What every kind of long work has. Its cases are worked on in batches; a lease says by whom."""

    NOUN: ClassVar = ""  # in the audit log: "evaluation" gives "evaluation.cancelled" on "evaluation:<id>"

    class State(models.TextChoices):
        QUEUED = "queued", "Waiting for a worker"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        CANCELLED = "cancelled", "Cancelled"
        FAILED = "failed", "Failed"

    UNFINISHED: ClassVar = (State.QUEUED, State.RUNNING)
    COUNTING: ClassVar = (State.QUEUED, State.RUNNING, State.DONE)

    id = models.UUIDField(primary_key=True, default=uuid7)
    state = models.CharField(max_length=9, choices=State, default=State.QUEUED)
    total = models.PositiveIntegerField()
    done = models.PositiveIntegerField(default=0)
    cached = models.PositiveIntegerField(default=0)  # of the done: those for which nothing was computed anew
    cost = models.DecimalField(max_digits=12, decimal_places=6, default=0)  # USD, of this run alone
    microseconds = models.BigIntegerField(default=0)  # of work
    report = models.JSONField(default=dict)  # once done
    problem = models.CharField(max_length=400, blank=True)  # why it failed, or what it waits for
    attempts = models.PositiveSmallIntegerField(default=0)  # times that it was claimed since it last got on
    lease_until = models.DateTimeField(db_default=Now())
    created_by = models.CharField(max_length=64)
    created_name = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    @property
    def worked(self) -> timedelta:
        return timedelta(microseconds=self.microseconds)

    @property
    def resting(self) -> bool:
        return self.state not in self.UNFINISHED


Run = TypeVar("Run", bound=LeasedRun)


@transaction.atomic
def claim(runs: QuerySet[Run], run_id: UUID, longer: Callable[[Run], timedelta]) -> Run | None:
    """Take the run for as long as a lease lasts. None: it rests, or somebody else works on it.

    `longer` says how much a lease is to be extended where single cases take long, as with hosted models.
    """
    due = runs.select_for_update(skip_locked=True, of=("self",)).filter(pk=run_id)
    run = due.filter(state__in=LeasedRun.UNFINISHED, lease_until__lte=Now()).first()
    if run is None:
        return None
    if run.attempts >= ATTEMPTS:
        run.problem = f"{ATTEMPTS} workers ended while they were at it, without a word: out of memory, perhaps."
        run.state, run.finished_at = LeasedRun.State.FAILED, timezone.now()
        run.save(update_fields=["state", "problem", "finished_at"])
        record_deed(SYSTEM, run, "failed", reason=run.problem)
        return None
    run.state, run.attempts = LeasedRun.State.RUNNING, run.attempts + 1
    run.started_at = run.started_at or timezone.now()
    run.lease_until = timezone.now() + LEASE + longer(run)
    run.save(update_fields=["state", "attempts", "started_at", "lease_until"])
    return run


def held(run: Run) -> Run | None:
    """The row, locked, as long as it is this worker's. None: cancelled, or another took it over."""
    return _held(run).select_for_update().filter(lease_until=run.lease_until).first()


def get_on(
    worker: LeasedRun, run: LeasedRun, *, done: int, cached: int, spent: Sequence[float], microseconds: int,
    longer: timedelta = timedelta(),
) -> None:  # fmt: skip
    """Count a batch in, and hold the run for another lease. `run` is the locked row, `worker` what its worker has."""
    run.done += done
    run.cached += cached
    run.cost += sum((Decimal(str(usd)) for usd in spent), Decimal(0))
    run.microseconds += microseconds
    run.attempts, run.problem = 0, ""
    run.lease_until = worker.lease_until = timezone.now() + LEASE + longer
    run.save()


def let_go(run: LeasedRun) -> None:
    _held(run).update(lease_until=Now(), attempts=0)


def waiting(runs: QuerySet[Run]) -> Sequence[UUID]:
    """Those that nobody works on and that are due, the oldest first."""
    due = runs.filter(state__in=LeasedRun.UNFINISHED, lease_until__lte=Now())
    return list(due.order_by("created_at").values_list("pk", flat=True))


def wait(run: LeasedRun, error: Exception, release: str) -> bool:
    """Try again later, a few times. True when it is given up."""
    problem = f"{type(error).__name__}: {error}"[:400]
    run.refresh_from_db(fields=["attempts"])  # it may have got on since it was claimed
    attempts = max(run.attempts, 1)
    if attempts < ATTEMPTS:
        pause = getattr(error, "retry_after", None) or 2.0 ** (attempts + 1)
        until = timezone.now() + timedelta(seconds=pause)
        _held(run).update(attempts=attempts, problem=problem, lease_until=until)
        return False
    with transaction.atomic():
        if _held(run).update(state=LeasedRun.State.FAILED, problem=problem, finished_at=timezone.now()):
            record_deed(SYSTEM, run, "failed", release, problem)
    return True


@transaction.atomic
def cancel_run(*, actor: Actor, run: LeasedRun, release: str) -> bool:
    """Stop after the batch that is under way. What was computed is remembered. False when it had come to rest."""
    unfinished = _all(run).filter(state__in=LeasedRun.UNFINISHED)
    cancelled = unfinished.update(state=LeasedRun.State.CANCELLED, finished_at=timezone.now())
    if cancelled:
        record_deed(actor, run, "cancelled", release)
    return bool(cancelled)


def finish(run: LeasedRun, report: dict[str, Any]) -> bool:
    """Keep the report. False when the run was cancelled meanwhile. The caller records what was found."""
    done = {"state": LeasedRun.State.DONE, "report": report, "finished_at": timezone.now(), "problem": ""}
    return bool(_held(run).update(**done))


def record_deed(actor: Actor, run: LeasedRun, verb: str, release: str = "", reason: str = "") -> None:
    record(actor=actor, action=f"{run.NOUN}.{verb}", object=f"{run.NOUN}:{run.pk}", release=release, reason=reason)


def _held(run: Run) -> QuerySet[Run]:
    return _all(run).filter(state=LeasedRun.State.RUNNING)


def _all(run: Run) -> QuerySet[Run]:
    rows: QuerySet[Run] = type(run)._default_manager.filter(pk=run.pk)  # noqa: SLF001 - Django documents it
    return rows
