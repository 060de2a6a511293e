"""What happened to a demo workflow's candidates before its cases come in: evaluated, judged, and given their traffic.

Nothing here decides: evaluations run through the real layers, and a verdict is whatever the gate says. What is told of
days that are past is dated back, and said to be (demo/clock.py). Running it again changes nothing.
"""

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from apps.evaluations import drift, gate, leakage
from apps.evaluations.assurance.runs import assure
from apps.evaluations.assurance.runs import work as work_on_assurance
from apps.evaluations.freezing import sign_off
from apps.evaluations.labelled_sets import current_frozen, last_frozen
from apps.evaluations.leased_run import LeasedRun
from apps.evaluations.models import AssuranceRun, EvaluationRun, GateVerdict, LabelledSet, Simulation
from apps.evaluations.promotion import approve, promote
from apps.evaluations.runs import asks_model, evaluate, work
from apps.evaluations.simulation.runs import simulate
from apps.inference.local.encoder import default_encoder
from apps.tenants.actors import SYSTEM, Actor
from apps.tenants.capabilities import Role
from apps.tenants.schemas import in_schema
from apps.workflows import moves
from apps.workflows.models import Notice, Release, Workflow
from apps.workflows.releases import manifest_of
from apps.workflows.services import create_release
from apps.workflows.traffic import current_plan, shares_of, slice_of
from demo import clock
from demo.people import actor
from demo.world import Breach, Candidate, DemoTenant

LOOK_SECONDS = 0.2
LONGEST_SECONDS = 300  # for one evaluation or assurance


class NotEvaluated(Exception):
    """An evaluation of the demo failed, or took too long."""


def tell(tenant: DemoTenant, told: Callable[[], None]) -> None:
    """Bring each of the tenant's candidates to where it stands. `told` is called after each. Raises NotEvaluated."""
    with in_schema(tenant.schema_name):
        workflow = Workflow.objects.select_related("production").get(slug=tenant.workflow.slug)
        incumbent = workflow.production
        if incumbent is None or _is_told(tenant, workflow, incumbent):
            return
        if asks_model(incumbent):  # evaluating would ask a hosted model, which costs money
            return
        owner, consultant = actor(Role.DECISION_OWNER), actor(Role.CONSULTANT)
        for each in tenant.candidates:
            _bring(workflow, each, owner, consultant)
            told()


def ask_ahead(tenant: DemoTenant) -> None:
    """Let the workers begin on the incumbent, which takes longest, while this process is at another tenant's story."""
    judged = next((each for each in tenant.candidates if each.judged), None)
    with in_schema(tenant.schema_name):
        workflow = Workflow.objects.select_related("production").get(slug=tenant.workflow.slug)
        incumbent = workflow.production
        if judged is None or incumbent is None or _is_told(tenant, workflow, incumbent) or asks_model(incumbent):
            return
        consultant = actor(Role.CONSULTANT)
        with clock.telling(workflow.slug, timezone.now() - timedelta(days=judged.days_ago)):
            labelled_set = _signed_set(workflow, actor(Role.DECISION_OWNER))
        evaluate(actor=consultant, release=incumbent, labelled_set=labelled_set)
        assure(actor=consultant, release=incumbent, labelled_set=labelled_set)


def _bring(workflow: Workflow, wanted: Candidate, owner: Actor, consultant: Actor) -> None:
    """One candidate as far as the gate lets it, dated to when that was."""
    incumbent = workflow.production
    if incumbent is None or _is_promoted(workflow, wanted):
        return
    made = timezone.now() - timedelta(days=wanted.days_ago)
    with clock.telling(workflow.slug, made):
        release = _compose(workflow, incumbent, wanted, consultant)
        labelled_set = _signed_set(workflow, owner) if wanted.judged else None
    if labelled_set:
        verdict = _judged(release, incumbent, labelled_set, consultant, made)
        with clock.telling(workflow.slug, made):
            if verdict.passed:
                approve(actor=owner, verdict=verdict, reason="It passed the gate on the signed set.")
    with clock.telling(workflow.slug, made):
        _give_traffic(workflow, release, wanted, owner)
    for each in wanted.held if release.warrants.exists() else ():
        with clock.telling(workflow.slug, made + timedelta(days=each.days_later)):
            _hold(workflow, each.reason, owner)
    if wanted.breach and wanted.mode == "slice" and release.warrants.exists():
        with clock.telling(workflow.slug, made + timedelta(days=wanted.breach.days_later)):
            _end(workflow, release, wanted.breach, owner)
    if wanted.promoted_days_later and release.warrants.exists():
        with clock.telling(workflow.slug, made + timedelta(days=wanted.promoted_days_later)):
            verdict = release.verdicts.get(incumbent=incumbent)
            promote(actor=owner, verdict=verdict, reason="Its slice held. All traffic goes to it from now on.")
            workflow.refresh_from_db()


def _is_promoted(workflow: Workflow, wanted: Candidate) -> bool:
    return wanted.promoted_days_later > 0 and workflow.plans.filter(incumbent__note=wanted.note).exists()


def _hold(workflow: Workflow, reason: str, owner: Actor) -> None:
    if slice_of(current_plan(workflow)) and not workflow.plans.filter(reason=reason).exists():
        moves.hold(actor=owner, workflow=workflow, reason=reason)


def _end(workflow: Workflow, release: Release, breach: Breach, owner: Actor) -> None:
    """What the watch over the stop conditions did, and its owner about the notice."""
    plan = current_plan(workflow)
    if plan is None or not any(share.release == release.pk for share in shares_of(plan)):
        return
    reason = f"{release.label} gave its traffic back to the incumbent. {breach.sentence}"
    moves.narrow(actor=SYSTEM, workflow=workflow, release=release, reason=reason, evidence=breach.evidence)
    moves.see_notice(actor=owner, notice=Notice.objects.filter(release=release).latest("created_at"))


def simulate_slice(tenant: DemoTenant) -> None:
    """Ask for a month under the release that has a slice. A worker does it; nothing waits for it."""
    with in_schema(tenant.schema_name):
        workflow = Workflow.objects.select_related("production").get(slug=tenant.workflow.slug)
        share = slice_of(current_plan(workflow))
        if share is None or Simulation.objects.filter(release=share.release).exists():
            return
        release = workflow.releases.get(pk=share.release)
        simulate(
            actor=actor(Role.CONSULTANT),
            release=release,
            source=Simulation.Source.LABELLED,
            volume=workflow.monthly_volume,
        )


def look_for_drift(tenant: DemoTenant) -> None:
    """Today's look, which would otherwise come within the first hour: the page has something to say at once."""
    with in_schema(tenant.schema_name):
        for workflow in Workflow.objects.select_related("production").exclude(production=None):
            drift.work(drift.look(actor=SYSTEM, workflow=workflow).pk)


def _is_told(tenant: DemoTenant, workflow: Workflow, incumbent: Release) -> bool:
    """Whether the story is at its end, or people have gone on with the workflow in their own way."""
    ours = [incumbent.note == each.note for each in tenant.candidates if each.promoted_days_later]
    if not tenant.candidates or (incumbent != workflow.releases.order_by("created_at").first() and not any(ours)):
        return True
    last = tenant.candidates[-1]
    release = workflow.releases.filter(note=last.note).first()
    return release is not None and (not last.mode or _had_traffic(workflow, release))


def _had_traffic(workflow: Workflow, release: Release) -> bool:
    return any(share.release == release.pk for plan in workflow.plans.all() for share in shares_of(plan))


def _compose(workflow: Workflow, incumbent: Release, wanted: Candidate, consultant: Actor) -> Release:
    """The incumbent with other thresholds, and another limit for amounts where one is wanted."""
    manifest = manifest_of(incumbent)
    thresholds = {"high": wanted.high, "medium": wanted.medium, "per_type": wanted.per_type}
    intake = manifest.intake.model_copy(update=thresholds)
    limit = wanted.amount_limit or manifest.action.amount_limit
    action = manifest.action.model_copy(update={"amount_limit": limit})
    changed = manifest.model_copy(update={"intake": intake, "action": action})
    return create_release(actor=consultant, workflow=workflow, manifest=changed, note=wanted.note)


def _signed_set(workflow: Workflow, owner: Actor) -> LabelledSet:
    """The labelled set that releases are measured on, searched for leaks and signed by the decision owner."""
    signed = current_frozen(workflow)
    if signed:
        return signed
    newest = last_frozen(workflow)
    if newest is None:
        raise NotEvaluated(f"{workflow.title} has no labelled set.")
    leakage.check(labelled_set=newest, encoder=default_encoder(settings.MODEL_DIR), actor=owner)
    return sign_off(actor=owner, labelled_set=newest, note="Read case by case with the operators.")


def _judged(
    release: Release, incumbent: Release, labelled_set: LabelledSet, consultant: Actor, made: datetime
) -> GateVerdict:
    known = release.verdicts.filter(incumbent=incumbent, labelled_set=labelled_set).first()
    if known:
        return known
    for each in (incumbent, release):
        _done(evaluate(actor=consultant, release=each, labelled_set=labelled_set), work)
        _done(assure(actor=consultant, release=each, labelled_set=labelled_set), work_on_assurance)
    with clock.telling(release.workflow.slug, made):
        _date_back([incumbent, release], made)
        return gate.judge(actor=consultant, candidate=release, incumbent=incumbent, labelled_set=labelled_set)


def _date_back(releases: Sequence[Release], made: datetime) -> None:
    """What was measured is as old as the verdict that rests on it. Called inside of `clock.telling`, which says so."""
    begun, ended = made - timedelta(minutes=9), made - timedelta(minutes=4)
    for runs in (each for each in LeasedRun.__subclasses__() if hasattr(each, "release_id")):
        fresh = runs.objects.filter(release__in=releases, created_at__gt=made)  # type: ignore[attr-defined]
        fresh.update(created_at=begun, started_at=begun, finished_at=ended)


def _done(run: EvaluationRun | AssuranceRun, work: Callable[[UUID], bool]) -> None:
    """Wait until it is done, whoever works on it: a worker, or this process."""
    until = time.monotonic() + LONGEST_SECONDS
    while not run.resting and time.monotonic() < until:
        work(run.pk)
        run.refresh_from_db()
        if not run.resting:
            time.sleep(LOOK_SECONDS)
    if run.state != run.State.DONE:
        state = run.get_state_display().lower()
        raise NotEvaluated(f"The {run.NOUN} of {run.release.label} is {state}. {run.problem}")


def _give_traffic(workflow: Workflow, release: Release, wanted: Candidate, owner: Actor) -> None:
    if _had_traffic(workflow, release):
        return
    if wanted.mode == "shadow":
        moves.run_shadow(
            actor=owner,
            workflow=workflow,
            release=release,
            percent=wanted.percent,
            reason="Watched before it is judged.",
        )
    elif wanted.mode == "slice" and release.warrants.exists():
        reason = "It passed the gate: a thin slice first."
        moves.begin_slice(actor=owner, workflow=workflow, release=release, percent=wanted.percent, reason=reason)
