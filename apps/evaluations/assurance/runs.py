"""Assurance runs: asked for, worked on in batches, resumed where a killed worker left off, cancelled, weekly, read."""

import logging
import time
from collections.abc import Sequence
from datetime import timedelta
from itertools import islice
from typing import cast
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.audit.entries import record
from apps.cases.loading import load
from apps.connectors.wire import SystemUnavailable
from apps.evaluations import leased_run
from apps.evaluations.assurance.outcomes import Tried
from apps.evaluations.assurance.probes import CASES, METHOD, Family, Probe, plan
from apps.evaluations.assurance.replay import recent
from apps.evaluations.assurance.report import report_of
from apps.evaluations.assurance.trying import ProbeBatch
from apps.evaluations.assurance_models import AssuranceRun, AssuredProbe
from apps.evaluations.batches import Outcome
from apps.evaluations.case_result import CaseResult
from apps.evaluations.labelled_sets import cases_in, current_frozen
from apps.evaluations.leased_run import cancel_run, claim, get_on, held, let_go, wait
from apps.evaluations.models import LabelledSet
from apps.evaluations.run_models import Remembered
from apps.evaluations.runs import BATCH, NotEvaluable, asks_model, longer_for
from apps.inference.errors import ModelUnavailable
from apps.inference.local.encoder import default_encoder
from apps.tenants.actors import SYSTEM, Actor
from apps.tenants.models import Tenant
from apps.tenants.schemas import current_schema
from apps.workflows.models import Notice, Release, Workflow
from apps.workflows.moves import tell_owner

logger = logging.getLogger(__name__)

GATE_SEED = 1  # of all runs that the gate reads, so that releases are tried on the same probes
WEEK = timedelta(days=7)


def assure(*, actor: Actor, release: Release, labelled_set: LabelledSet, seed: int = GATE_SEED) -> AssuranceRun:
    """Queue a run, or find the one that is under way or done. Raises NotEvaluable."""
    if labelled_set.state != LabelledSet.State.FROZEN:
        raise NotEvaluable("Only a frozen version can be tried on: a draft changes under the measurement.")
    if labelled_set.workflow_id != release.workflow_id:
        raise NotEvaluable("The release and the labelled set belong to different workflows.")
    if not cases_in(labelled_set, "holdout").exists():
        raise NotEvaluable(f"{labelled_set} has no holdout cases.")
    try:
        with transaction.atomic():
            return _enter(actor, release, labelled_set, seed)
    except IntegrityError:  # somebody asked at the same time
        return AssuranceRun.objects.get(
            release=release, labelled_set=labelled_set, seed=seed, method=METHOD, state__in=AssuranceRun.COUNTING
        )


def _enter(actor: Actor, release: Release, labelled_set: LabelledSet, seed: int) -> AssuranceRun:
    known = counting(release, labelled_set, seed)
    if known:
        return known
    run = AssuranceRun.objects.create(
        release=release,
        labelled_set=labelled_set,
        seed=seed,
        method=METHOD,
        total=0,
        created_by=actor.id,
        created_name=actor.name,
    )
    run.total = len(plan_of(run))  # which depends on when it was asked for
    run.save(update_fields=["total"])
    record(
        actor=actor,
        action="assurance.asked",
        object=f"assurance:{run.pk}",
        workflow=release.workflow.slug,
        release=release.fingerprint,
        after={"labelled_set": labelled_set.sha256, "seed": seed, "method": METHOD, "probes": run.total},
    )
    after_commit(run)
    return run


def counting(release: Release, labelled_set: LabelledSet, seed: int = GATE_SEED) -> AssuranceRun | None:
    """The run that is under way or done."""
    return AssuranceRun.objects.filter(
        release=release, labelled_set=labelled_set, seed=seed, method=METHOD, state__in=AssuranceRun.COUNTING
    ).first()


def last_for_gate(release: Release, labelled_set: LabelledSet) -> AssuranceRun | None:
    """The latest of those that the gate reads, whatever became of it."""
    return AssuranceRun.objects.filter(
        release=release, labelled_set=labelled_set, seed=GATE_SEED, method=METHOD
    ).first()


def cancel(*, actor: Actor, run: AssuranceRun) -> bool:
    """Stop after the batch that is under way. False when it had come to rest."""
    return cancel_run(actor=actor, run=run, release=run.release_id)


def work(run_id: UUID, *, seconds: float = float("inf")) -> bool:
    """Try what is left, for about so many seconds. True when the run rests, or somebody else works on it."""
    run = claim(AssuranceRun.objects.select_related("release__workflow", "labelled_set"), run_id, _longer)
    if run is None:
        return True
    until = time.monotonic() + seconds
    try:
        batch, probes = _batch_of(run), plan_of(run)
        while left := _next(run, probes):
            begin = time.perf_counter_ns()
            outcomes = batch.try_out(left)
            if not _store(run, left, outcomes, batch.memory.forget_batch(), (time.perf_counter_ns() - begin) // 1000):
                return True
            if time.monotonic() > until:
                let_go(run)
                return False
        _finish(run)
    except (ModelUnavailable, SystemUnavailable) as unavailable:
        return wait(run, unavailable, run.release_id)
    except Exception as error:
        logger.exception("Assurance %s failed", run.pk)
        return wait(run, error, run.release_id)
    return True


def waiting() -> Sequence[UUID]:
    """The runs that nobody works on and that are due."""
    return leased_run.waiting(AssuranceRun.objects.all())


def ask_weekly() -> list[AssuranceRun]:
    """Queue a run for each release in production that has had none for a week; its seed is the week's."""
    asked = []
    for workflow in Workflow.objects.select_related("production").exclude(production=None):
        labelled_set, release = current_frozen(workflow), workflow.production
        if labelled_set is None or release is None or not cases_in(labelled_set, "holdout").exists():
            continue
        if not release.assurances.filter(created_at__gt=timezone.now() - WEEK).exists():
            year, week, _ = timezone.now().isocalendar()
            asked.append(assure(actor=SYSTEM, release=release, labelled_set=labelled_set, seed=100 * year + week))
    return asked


def after_commit(run: AssuranceRun) -> None:
    from apps.evaluations.tasks import send_assurance

    schema = current_schema()
    transaction.on_commit(lambda: send_assurance(schema, run.pk))


def plan_of(run: AssuranceRun) -> list[Probe]:
    """The same whenever it is asked: of cases that people decide while it runs, none comes in."""
    taxonomy = load(run.release_id).release.taxonomy
    tried = plan(list(cases_in(run.labelled_set, "holdout")), taxonomy, run.seed)
    return [*tried, *recent(run.release.workflow, run.created_at)]


def probes_planned(labelled_set: LabelledSet) -> int:
    """About how many probes a run takes, for an estimate: exactly so many where a run was done on this set."""
    known = AssuranceRun.objects.filter(labelled_set=labelled_set, method=METHOD).first()
    return known.total if known else 28 * min(CASES, cases_in(labelled_set, "holdout").count())


def plain_of(run: AssuranceRun) -> dict[str, CaseResult]:
    """The unchanged cases, by external id."""
    rows = run.probes.filter(family="plain").values_list("external_id", "result")
    return {external_id: CaseResult.model_validate(result) for external_id, result in rows}


def tried_in(run: AssuranceRun, keys: Sequence[str] | None = None) -> list[Tried]:
    """Each probe beside its unchanged case, in the order of their keys."""
    plain = plain_of(run)
    rows = run.probes.exclude(family__in=("plain", "replay")).order_by("key")
    if keys is not None:
        rows = rows.filter(key__in=keys)
    return [
        Tried(
            row.key,
            cast("Family", row.family),
            row.variant,
            row.external_id,
            CaseResult.model_validate(row.result),
            plain[row.external_id],
        )
        for row in rows
        if row.external_id in plain
    ]


def _longer(run: AssuranceRun) -> timedelta:
    return longer_for(run.release)


def _batch_of(run: AssuranceRun) -> ProbeBatch:
    region = Tenant.objects.get(schema_name=current_schema()).region
    frozen = run.labelled_set.frozen_at or run.labelled_set.created_at
    return ProbeBatch(load(run.release_id), default_encoder(settings.MODEL_DIR), frozen.date(), region, trials=1)


def _next(run: AssuranceRun, probes: Sequence[Probe]) -> list[Probe]:
    done = set(run.probes.values_list("key", flat=True))
    size = 1 if asks_model(run.release) else BATCH
    return list(islice((probe for probe in probes if probe.key not in done), size))


def _store(
    run: AssuranceRun,
    probes: Sequence[Probe],
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
        rows = [_row(locked, probe, outcome) for probe, outcome in zip(probes, outcomes, strict=True)]
        done = len(AssuredProbe.objects.bulk_create(rows))
        cached, spent = sum(outcome.remembered for outcome in outcomes), [outcome.spent for outcome in outcomes]
        get_on(run, locked, done=done, cached=cached, spent=spent, microseconds=microseconds, longer=_longer(run))
    return True


def _row(run: AssuranceRun, probe: Probe, outcome: Outcome) -> AssuredProbe:
    """Of a real case that is run again nothing is kept that somebody wrote."""
    result, own = outcome.result, probe.family != "replay"
    kept = result if own else result.model_copy(update={"reply": (), "reason": "", "problem": ""})
    return AssuredProbe(
        run=run,
        key=probe.key,
        family=probe.family,
        variant=probe.variant,
        external_id=probe.external_id,
        words=probe.words if own else "",
        planted=probe.planted,
        result=kept.model_dump(mode="json"),
    )


def _finish(run: AssuranceRun) -> None:
    replayed = run.probes.filter(family="replay").values_list("result", flat=True)
    report = report_of(plain_of(run), tried_in(run), [CaseResult.model_validate(each) for each in replayed])
    with transaction.atomic():
        if not leased_run.finish(run, report):
            return
        counts = {name: report[name] for name in ("critical", "serious", "minor")}
        record(
            actor=SYSTEM,
            action="assurance.done",
            object=f"assurance:{run.pk}",
            release=run.release_id,
            after={"labelled_set": run.labelled_set.sha256, "seed": run.seed, "probes": run.total, **counts},
        )
        workflow = run.release.workflow
        if report["critical"] and workflow.production_id == run.release_id:
            worst = report["findings"][0]
            text = f"{run.release.label} in production: {worst['title']}. {worst['what']}."
            tell_owner(
                actor=SYSTEM,
                workflow=workflow,
                kind=Notice.Kind.ASSURANCE,
                release=run.release,
                text=text,
                evidence={"assurance": str(run.pk)},
            )
