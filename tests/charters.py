"""Charters, warrants and production as the cast would give them: the consultant proposes, the decision owner signs."""

from uuid import uuid4

from django.utils import timezone

from apps.evaluations.labelled_sets import current_frozen
from apps.evaluations.models import EvaluationRun, GateVerdict, LabelledSet
from apps.tenants.actors import Actor
from apps.tenants.models import Membership
from apps.workflows.charters import CharterContent, RoleHolder, StopCondition, draft_charter, lanes_of, sign_charter
from apps.workflows.models import Charter, Notice, Release, Warrant, Workflow
from apps.workflows.releases import manifest_of
from apps.workflows.services import create_release, point_production
from apps.workflows.warrants import issue

CONDITIONS = (
    StopCondition(metric="rejection", limit="0.06"),
    StopCondition(metric="edit", limit="0.22"),
    StopCondition(metric="ungrounded", limit="0.02"),
    StopCondition(metric="error", limit="0.02"),
    StopCondition(metric="latency", limit="10"),
    StopCondition(metric="cost", limit="0.06"),
    StopCondition(metric="drift", limit="0.2"),
    StopCondition(metric="complaint", limit="0.02", case_types=("complaint",)),
)


def actor(role: str) -> Actor:
    """The person of the current tenant's cast who has this role."""
    membership = Membership.objects.select_related("user").get(role=role)
    return Actor("person", str(membership.user_id), membership.user.name, membership.role)


def content(release: Release | None = None, **changes: object) -> CharterContent:
    """A complete charter, with the lanes of the release's own taxonomy."""
    owner = Membership.objects.select_related("user").get(role="decision_owner").user
    holder = RoleHolder(name="Pia Sand", email="pia@cast.example")
    whole = CharterContent(
        outcome="Customers have the right answer sooner.",
        kpi="Median hours to the final answer",
        lanes=dict(lanes_of(release)) if release else {"any": "drafted"},
        stop_conditions=CONDITIONS,
        without_assurance=True,  # which takes hundreds of probes; tests/evaluations/test_assurance_runs.py asks for it
        decision_owner=RoleHolder(name=owner.name, email=owner.email),
        data_owner=holder,
        model_steward=holder,
        business_sponsor=holder,
    )
    return whole.model_copy(update=changes)


def sign(workflow: Workflow, release: Release | None = None, **changes: object) -> Charter:
    charter = draft_charter(actor=actor("consultant"), workflow=workflow, content=content(release, **changes))
    return sign_charter(actor=actor("decision_owner"), charter=charter)


def proof(release: Release, *, passed: bool = True, **changes: object) -> GateVerdict:
    """A verdict on the release against the one in production, on a set that was signed after its last breach."""
    workflow = Workflow.objects.get(pk=release.workflow_id)
    signed = current_frozen(workflow)
    breach = Notice.objects.filter(release=release, kind=Notice.Kind.BREACH).first()
    if signed is None or (breach and signed.signed_off_at and signed.signed_off_at < breach.created_at):
        signed = signed_set(workflow)
    # It never ran, so it does not count as the release's evaluation on the set.
    state = EvaluationRun.State.CANCELLED
    run = EvaluationRun.objects.create(release=release, labelled_set=signed, split="holdout", state=state, total=0)
    fields = {
        "candidate": release,
        "incumbent_id": workflow.production_id,
        "labelled_set": signed,
        "candidate_run": run,
        "passed": passed,
        "sentence": "It beat the incumbent.",
        "report": {},
        "created_by": actor("consultant").id,
        **changes,
    }
    return GateVerdict.objects.create(**fields)


def signed_set(workflow: Workflow, **changes: object) -> LabelledSet:
    """The workflow's next labelled set: frozen, signed, and without a case."""
    now = timezone.now()
    fields = {"frozen_at": now, "signed_off_at": now, "sha256": uuid4().hex, **changes}
    version = workflow.labelled_sets.count() + 1
    return LabelledSet.objects.create(workflow=workflow, name="Proof", version=version, state="frozen", **fields)


def warrant(release: Release, kind: Warrant.Kind = Warrant.Kind.GATE, **changes: object) -> Warrant:
    if kind == Warrant.Kind.GATE and "evidence" not in changes:
        verdict = proof(release)
        changes["evidence"] = {"verdict": str(verdict.pk), "sentence": verdict.sentence}
    return issue(
        actor=actor("decision_owner"),
        proposed_by=actor("consultant"),
        kind=kind,
        release=release,
        reason="Proved.",
        **changes,  # type: ignore[arg-type]
    )


def first_release(workflow: Workflow, release: Release) -> None:
    """Sign the charter and put the workflow's first release into production."""
    sign(workflow, release)
    point_production(
        actor=actor("decision_owner"),
        workflow=workflow,
        release=release,
        reason="First release.",
        warrant=warrant(release, Warrant.Kind.FIRST),
    )


def candidate(workflow: Workflow, high: str = "0.8") -> Release:
    """A release that differs from production in one threshold."""
    assert workflow.production is not None
    manifest = manifest_of(workflow.production)
    changed = manifest.model_copy(update={"intake": manifest.intake.model_copy(update={"high": high})})
    return create_release(actor=actor("consultant"), workflow=workflow, manifest=changed)
