"""Charters, warrants and production as the cast would give them: the consultant proposes, the decision owner signs."""

from apps.tenants.actors import Actor
from apps.tenants.models import Membership
from apps.workflows.charters import CharterContent, RoleHolder, StopCondition, draft_charter, lanes_of, sign_charter
from apps.workflows.models import Charter, Release, Warrant, Workflow
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
        decision_owner=RoleHolder(name=owner.name, email=owner.email),
        data_owner=holder,
        model_steward=holder,
        business_sponsor=holder,
    )
    return whole.model_copy(update=changes)


def sign(workflow: Workflow, release: Release | None = None, **changes: object) -> Charter:
    charter = draft_charter(actor=actor("consultant"), workflow=workflow, content=content(release, **changes))
    return sign_charter(actor=actor("decision_owner"), charter=charter)


def warrant(release: Release, kind: Warrant.Kind = Warrant.Kind.GATE, **changes: object) -> Warrant:
    evidence = {"verdict": "1", "sentence": "It beat the incumbent."} if kind == Warrant.Kind.GATE else {}
    return issue(
        actor=actor("decision_owner"),
        proposed_by=actor("consultant"),
        kind=kind,
        release=release,
        reason="Proved.",
        evidence=evidence,
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
