"""From a verdict to traffic, by two people; and the emergency way round the gate, which is loud and ends by itself."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from apps.audit.canonical import Json
from apps.audit.entries import record, timestamp
from apps.evaluations.labelled_sets import current_frozen
from apps.evaluations.run_models import GateVerdict, Override
from apps.tenants.actors import Actor
from apps.tenants.capabilities import Capability, Role, capabilities_of
from apps.workflows import charters
from apps.workflows.models import Notice, Release, Warrant, Workflow
from apps.workflows.services import point_production
from apps.workflows.warrants import LONGEST_OVERRIDE, issue

MAY_PROPOSE_OVERRIDE = frozenset({Role.DECISION_OWNER, Role.SENIOR_REVIEWER, Role.COMPLIANCE_OFFICER})


class NotPromoted(ValueError):
    """The release stays where it is. The message says why."""


@transaction.atomic
def approve(*, actor: Actor, verdict: GateVerdict, reason: str) -> Warrant:
    """Let the candidate take traffic, on its verdict; whoever asked for the verdict is the one who proposed it.

    Raises NotPromoted, or warrants.NotWarranted.
    """
    workflow = Workflow.objects.select_for_update().get(pk=verdict.candidate.workflow_id)
    problem = why_not(verdict, workflow, actor)
    if problem:
        raise NotPromoted(problem)
    given = warrant_of(verdict)
    if given:
        return given
    return issue(
        actor=actor,
        proposed_by=_proposer(verdict.created_by, verdict.created_name, ""),
        kind=Warrant.Kind.GATE,
        release=verdict.candidate,
        reason=reason,
        evidence={"verdict": str(verdict.pk), "sentence": verdict.sentence, **_decision_behind(verdict)},
    )


@transaction.atomic
def promote(*, actor: Actor, verdict: GateVerdict, reason: str) -> Warrant:
    """Approve, and send all new cases to the candidate. Raises what `approve` and `point_production` raise."""
    warrant = approve(actor=actor, verdict=verdict, reason=reason)
    workflow = Workflow.objects.get(pk=verdict.candidate.workflow_id)
    point_production(actor=actor, workflow=workflow, release=verdict.candidate, reason=reason, warrant=warrant)
    return warrant


def _decision_behind(verdict: GateVerdict) -> dict[str, Json]:
    """Which record tells why there is a candidate at all, where one does."""
    decision = verdict.decisions.first()
    return {"decision": str(decision.pk)} if decision else {}


def why_not(verdict: GateVerdict, workflow: Workflow, actor: Actor) -> str:
    """Why this person cannot give the candidate traffic on this verdict; "" when nothing is in the way."""
    candidate = verdict.candidate
    if not verdict.passed:
        return f"{candidate.label} did not pass the gate."
    if workflow.production_id == candidate.pk:
        return f"{candidate.label} is in production already."
    if workflow.production_id != verdict.incumbent_id:
        return "Another release is in production now than the one that it was judged against. Judge it again."
    current = current_frozen(workflow)
    if current is None or current.pk != verdict.labelled_set_id:
        return (
            f"A newer version of the labelled set has been signed: judge it on {current}."
            if current
            else "No labelled set is signed."
        )
    newest = candidate.verdicts.filter(incumbent=verdict.incumbent_id, labelled_set=verdict.labelled_set_id).first()
    if newest is not None and newest.pk != verdict.pk:
        return "There is a newer verdict."
    breach = Notice.objects.filter(release=candidate, kind=Notice.Kind.BREACH).first()
    if breach and current.signed_off_at and breach.created_at > current.signed_off_at:
        return (
            f"{candidate.label} breached a stop condition after {current} was signed: {breach.text} What the set "
            "proves did not hold. Add cases that show what went wrong, sign the next version, and judge it on that."
        )
    if charters.in_force(workflow) is None:
        return "No owner, no traffic: the workflow has no signed charter."
    if Capability.RELEASES_PROMOTE not in capabilities_of(actor.role):
        return "Only a decision owner gives a release traffic."
    if actor.id == verdict.created_by:
        return "You asked for the verdict, so another decision owner approves: whoever proposes does not approve."
    if actor.id == candidate.created_by:
        return f"You composed {candidate.label}, so another decision owner approves: whoever proposes does not approve."
    return ""


def warrant_of(verdict: GateVerdict) -> Warrant | None:
    return verdict.candidate.warrants.filter(kind=Warrant.Kind.GATE, evidence__verdict=str(verdict.pk)).first()


@transaction.atomic
def propose_override(*, actor: Actor, release: Release, reason: str, expires_at: datetime) -> Override:
    """Ask for a release to go into production without the gate. Nothing changes before another person approves."""
    workflow = Workflow.objects.select_for_update().get(pk=release.workflow_id)
    problem = _problem_of_override(actor, workflow, release, reason, expires_at)
    if problem:
        raise NotPromoted(problem)
    override = Override.objects.create(
        release=release,
        incumbent_id=workflow.production_id,
        reason=reason.strip(),
        expires_at=expires_at,
        proposed_by=actor.id,
        proposed_name=actor.name,
        proposed_role=actor.role,
    )
    _record(actor, "override.proposed", override)
    return override


@transaction.atomic
def approve_override(*, actor: Actor, override: Override) -> Warrant:
    """Put the release into production until the override ends. The approver is a decision owner, and not the proposer.

    Raises NotPromoted, or what `warrants.issue` and `point_production` raise.
    """
    held = _open(override)
    workflow = Workflow.objects.select_for_update().get(pk=held.release.workflow_id)
    if workflow.production_id != held.incumbent_id:
        raise NotPromoted("Another release is in production now. Propose the override again.")
    warrant = issue(
        actor=actor,
        proposed_by=_proposer(held.proposed_by, held.proposed_name, held.proposed_role),
        kind=Warrant.Kind.OVERRIDE,
        release=held.release,
        reason=held.reason,
        expires_at=held.expires_at,
    )
    held.warrant = warrant
    _decide(held, actor)
    _record(actor, "override.approved", held)
    point_production(actor=actor, workflow=workflow, release=held.release, reason=held.reason, warrant=warrant)
    return warrant


@transaction.atomic
def withdraw_override(*, actor: Actor, override: Override) -> None:
    """Take a proposal off the table: whoever may approve it, and whoever proposed it, may."""
    held = _open(override)
    if actor.id != held.proposed_by and Capability.RELEASES_PROMOTE not in capabilities_of(actor.role):
        raise NotPromoted("Only its proposer or a decision owner takes an override off the table.")
    held.decided_at, held.decided_name = timezone.now(), actor.name
    held.save(update_fields=["decided_at", "decided_name"])
    _record(actor, "override.withdrawn", held)


def _open(override: Override) -> Override:
    held = Override.objects.select_for_update(of=("self",)).select_related("release__workflow").get(pk=override.pk)
    if held.decided_at:
        raise NotPromoted(f"{held.decided_name} has decided on it already.")
    return held


def _decide(override: Override, actor: Actor) -> None:
    override.decided_by, override.decided_name, override.decided_at = actor.id, actor.name, timezone.now()
    override.save(update_fields=["decided_by", "decided_name", "decided_at", "warrant"])


def _record(actor: Actor, action: str, override: Override) -> None:
    record(
        actor=actor,
        action=action,
        object=f"override:{override.pk}",
        workflow=override.release.workflow.slug,
        release=override.release_id,
        after={"expires_at": timestamp(override.expires_at), "incumbent": override.incumbent_id},
        reason=override.reason,
    )


def _problem_of_override(actor: Actor, workflow: Workflow, release: Release, reason: str, expires_at: datetime) -> str:
    now = timezone.now()
    if actor.role not in MAY_PROPOSE_OVERRIDE:
        return "An override is proposed by a decision owner, a senior reviewer or a compliance officer."
    if not reason.strip():
        return "Say what the emergency is: the reason stays in the record."
    if not now < expires_at <= now + LONGEST_OVERRIDE:
        return f"An override ends within {LONGEST_OVERRIDE.days} days: say when."
    if workflow.production_id is None:
        return "The first release of a workflow needs no override."
    if workflow.production_id == release.pk:
        return f"{release.label} is in production already."
    if release.overrides.filter(decided_at=None).exists():
        return f"An override for {release.label} waits to be decided on already."
    return ""


def _proposer(proposed_by: str, name: str, role: str) -> Actor:
    return Actor("person", proposed_by, name, role)
