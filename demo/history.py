"""What happened to a demo workflow's candidates before its cases come in: evaluated, judged, and given their traffic.

Nothing here decides: evaluations run through the real layers, and a verdict is whatever the gate says. Running it again
changes nothing.
"""

import time
from collections.abc import Callable
from uuid import UUID

from django.conf import settings

from apps.evaluations import gate, leakage
from apps.evaluations.assurance.runs import assure
from apps.evaluations.assurance.runs import work as work_on_assurance
from apps.evaluations.freezing import sign_off
from apps.evaluations.labelled_sets import current_frozen, last_frozen
from apps.evaluations.models import AssuranceRun, EvaluationRun, GateVerdict, LabelledSet
from apps.evaluations.promotion import approve
from apps.evaluations.runs import asks_model, evaluate, work
from apps.inference.local.encoder import default_encoder
from apps.tenants.actors import Actor
from apps.tenants.capabilities import Role
from apps.tenants.schemas import in_schema
from apps.workflows import moves
from apps.workflows.models import Release, Workflow
from apps.workflows.releases import manifest_of
from apps.workflows.services import create_release
from apps.workflows.traffic import shares_of
from demo.people import actor
from demo.world import Candidate, DemoTenant

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
            release = _compose(workflow, incumbent, each, consultant)
            if each.judged:
                verdict = _judged(release, incumbent, _signed_set(workflow, owner), consultant)
                if verdict.passed:
                    approve(actor=owner, verdict=verdict, reason="It passed the gate on the signed set.")
            _give_traffic(workflow, release, each, owner)
            told()


def _is_told(tenant: DemoTenant, workflow: Workflow, incumbent: Release) -> bool:
    """Whether the story is at its end, or people have gone on with the workflow in their own way."""
    if not tenant.candidates or incumbent != workflow.releases.order_by("created_at").first():
        return True
    last = tenant.candidates[-1]
    release = workflow.releases.filter(note=last.note).first()
    return release is not None and (not last.mode or _had_traffic(workflow, release))


def _had_traffic(workflow: Workflow, release: Release) -> bool:
    return any(share.release == release.pk for plan in workflow.plans.all() for share in shares_of(plan))


def _compose(workflow: Workflow, incumbent: Release, wanted: Candidate, consultant: Actor) -> Release:
    """The incumbent with other thresholds."""
    manifest = manifest_of(incumbent)
    intake = manifest.intake.model_copy(update={"high": wanted.high, "medium": wanted.medium})
    changed = manifest.model_copy(update={"intake": intake})
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


def _judged(release: Release, incumbent: Release, labelled_set: LabelledSet, consultant: Actor) -> GateVerdict:
    known = release.verdicts.filter(incumbent=incumbent, labelled_set=labelled_set).first()
    if known:
        return known
    for each in (incumbent, release):
        _done(evaluate(actor=consultant, release=each, labelled_set=labelled_set), work)
        _done(assure(actor=consultant, release=each, labelled_set=labelled_set), work_on_assurance)
    return gate.judge(actor=consultant, candidate=release, incumbent=incumbent, labelled_set=labelled_set)


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
