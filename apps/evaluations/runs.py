"""Evaluations of releases: asked for, worked on in batches, resumed where a killed worker left off, cancelled, read."""

import logging
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Literal
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from apps.audit.entries import record
from apps.cases.loading import load
from apps.connectors.wire import SystemUnavailable
from apps.evaluations import leased_run
from apps.evaluations.batches import TRIALS, Batch, Outcome
from apps.evaluations.case_result import CaseResult
from apps.evaluations.hosted_judge import judge_in_force
from apps.evaluations.labelled_sets import cases_in
from apps.evaluations.leased_run import cancel_run, claim, get_on, held, let_go, wait
from apps.evaluations.models import LabelledCase, LabelledSet
from apps.evaluations.report import report_of
from apps.evaluations.rubric import Agreement, Judge
from apps.evaluations.run_models import EvaluatedCase, EvaluationRun, Remembered
from apps.inference.errors import ModelUnavailable
from apps.inference.limits import USUAL
from apps.inference.local.encoder import default_encoder
from apps.tenants.actors import SYSTEM, Actor
from apps.tenants.models import Tenant
from apps.tenants.schemas import current_schema
from apps.workflows.models import Release

logger = logging.getLogger(__name__)

Split = Literal["calibration", "holdout"]
BATCH = 24  # cases; with a hosted model one by one, for each answer takes seconds


class NotEvaluable(ValueError):
    """This release cannot be evaluated on this set. The message says why."""


def evaluate(*, actor: Actor, release: Release, labelled_set: LabelledSet, split: Split = "holdout") -> EvaluationRun:
    """Queue an evaluation, or find the one that is under way or done: the same release gives the same results."""
    if labelled_set.state != LabelledSet.State.FROZEN:
        raise NotEvaluable("Only a frozen version can be measured on: a draft changes under the measurement.")
    if labelled_set.workflow_id != release.workflow_id:
        raise NotEvaluable("The release and the labelled set belong to different workflows.")
    total = cases_in(labelled_set, split).count()
    if not total:
        raise NotEvaluable(f"{labelled_set} has no {split} cases.")
    try:
        with transaction.atomic():
            return _enter(actor, release, labelled_set, split, total)
    except IntegrityError:  # somebody asked at the same time
        return EvaluationRun.objects.get(
            release=release, labelled_set=labelled_set, split=split, state__in=EvaluationRun.COUNTING
        )


def _enter(actor: Actor, release: Release, labelled_set: LabelledSet, split: Split, total: int) -> EvaluationRun:
    known = counting(release, labelled_set, split)
    if known:
        return known
    run = EvaluationRun.objects.create(
        release=release,
        labelled_set=labelled_set,
        split=split,
        total=total,
        created_by=actor.id,
        created_name=actor.name,
    )
    record(
        actor=actor,
        action="evaluation.asked",
        object=f"evaluation:{run.pk}",
        workflow=release.workflow.slug,
        release=release.fingerprint,
        after={"labelled_set": labelled_set.sha256, "split": split, "cases": total},
    )
    after_commit(run)
    return run


def counting(release: Release, labelled_set: LabelledSet, split: str = "holdout") -> EvaluationRun | None:
    """The evaluation that is under way or done."""
    return EvaluationRun.objects.filter(
        release=release, labelled_set=labelled_set, split=split, state__in=EvaluationRun.COUNTING
    ).first()


def cancel(*, actor: Actor, run: EvaluationRun) -> bool:
    """Stop after the batch that is under way. What was computed is remembered. False when it had come to rest."""
    return cancel_run(actor=actor, run=run, release=run.release_id)


def results_of(run: EvaluationRun) -> list[CaseResult]:
    """What came of each case so far, in the order of their ids."""
    rows = run.results.order_by("labelled_case__external_id").values_list("result", flat=True)
    return [CaseResult.model_validate(row) for row in rows]


def work(run_id: UUID, *, seconds: float = float("inf")) -> bool:
    """Evaluate what is left, for about so many seconds. True when the run rests, or somebody else works on it."""
    run = _claim(run_id)
    if run is None:
        return True
    until = time.monotonic() + seconds
    judge = judge_in_force()
    try:
        agreed = judge.agreement()  # first: without it, nothing that the judge says could count
        batch = _batch_of(run, judge)
        while rows := _next(run):
            begin = time.perf_counter_ns()
            outcomes = batch.evaluate(rows)
            if not _store(run, rows, outcomes, batch.memory.forget_batch(), (time.perf_counter_ns() - begin) // 1000):
                return True
            if time.monotonic() > until:
                let_go(run)
                return False
        _finish(run, agreed)
    except (ModelUnavailable, SystemUnavailable) as unavailable:
        return wait(run, unavailable, run.release_id)
    except Exception as error:
        logger.exception("Evaluation %s failed", run.pk)
        return wait(run, error, run.release_id)
    return True


def waiting() -> Sequence[UUID]:
    """The runs that nobody works on and that are due."""
    return leased_run.waiting(EvaluationRun.objects.all())


def after_commit(run: EvaluationRun) -> None:
    from apps.evaluations.tasks import send_evaluation

    schema = current_schema()
    transaction.on_commit(lambda: send_evaluation(schema, run.pk))


def longer_for(release: Release) -> timedelta:
    """What a batch of one case takes longer where a hosted model is asked about it."""
    return timedelta(seconds=(TRIALS + 1) * USUAL.in_all if asks_model(release) else 0.0)


def asks_model(release: Release) -> bool:
    routes = load(release.pk).release.routes
    return any(route and not route.startswith("local:") for route in routes.values())


def _claim(run_id: UUID) -> EvaluationRun | None:
    return claim(EvaluationRun.objects.select_related("release__workflow", "labelled_set"), run_id, _longer)


def _longer(run: EvaluationRun) -> timedelta:
    """With what a hosted judge is asked. Its answers are stored one by one: whoever takes over goes on from there."""
    judging = USUAL.in_all * 2 if settings.JUDGE_ROUTE else 0.0
    return longer_for(run.release) + timedelta(seconds=judging)


def _batch_of(run: EvaluationRun, judge: Judge) -> Batch:
    region = Tenant.objects.get(schema_name=current_schema()).region
    frozen = run.labelled_set.frozen_at or run.labelled_set.created_at
    return Batch(load(run.release_id), default_encoder(settings.MODEL_DIR), frozen.date(), region, judge=judge)


def _next(run: EvaluationRun) -> list[LabelledCase]:
    size = 1 if settings.JUDGE_ROUTE or asks_model(run.release) else BATCH
    left = cases_in(run.labelled_set, run.split).exclude(pk__in=run.results.values("labelled_case"))
    return list(left.order_by("external_id")[:size])


def _store(
    run: EvaluationRun,
    rows: Sequence[LabelledCase],
    outcomes: Sequence[Outcome],
    remembered: Sequence[Remembered],
    microseconds: int,
) -> bool:
    """Keep a batch. False when the run is no longer ours: then only what was learnt is kept."""
    with transaction.atomic():
        Remembered.objects.bulk_create(remembered, ignore_conflicts=True)
        locked = held(run)
        if locked is None:
            return False
        EvaluatedCase.objects.bulk_create(
            EvaluatedCase(run=locked, labelled_case=row, result=outcome.result.model_dump(mode="json"))
            for row, outcome in zip(rows, outcomes, strict=True)
        )
        cached, spent = sum(outcome.remembered for outcome in outcomes), [outcome.spent for outcome in outcomes]
        get_on(run, locked, done=len(rows), cached=cached, spent=spent, microseconds=microseconds, longer=_longer(run))
    return True


def _finish(run: EvaluationRun, agreed: Agreement) -> None:
    report = report_of(results_of(run), agreed)
    with transaction.atomic():
        if leased_run.finish(run, report):
            figures = report["figures"]
            told = {name: f"{each['value']:.4f}" for name, each in figures.items() if each["value"] is not None}
            record(
                actor=SYSTEM,
                action="evaluation.done",
                object=f"evaluation:{run.pk}",
                release=run.release_id,
                after={"labelled_set": run.labelled_set.sha256, "split": run.split, "figures": told},
            )
