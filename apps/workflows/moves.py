"""Moves of traffic. Each writes a new version of the plan and its audit entry; nothing here judges a candidate.

Callers: apps.evaluations.widening checks the evidence for a larger slice, apps.evaluations.stop_conditions narrows.
"""

import re
from collections.abc import Iterable, Mapping

from django.db import transaction
from django.utils import timezone

from apps.audit.canonical import Json
from apps.audit.entries import record
from apps.tenants.actors import Actor
from apps.tenants.capabilities import Capability, capabilities_of
from apps.workflows import charters
from apps.workflows.models import Notice, Release, TrafficPlan, Workflow
from apps.workflows.traffic import Share, current_plan, shares_of, slice_of
from apps.workflows.warrants import why_not_valid

FIRST_SLICE = range(5, 16)  # percent: enough to learn from, little enough to lose
SEGMENT = re.compile(r"(channel|region|language):[\w-]{1,40}")
Move = TrafficPlan.Move


class MoveRefused(ValueError):
    """The traffic stays as it is. The message says why."""


@transaction.atomic
def run_shadow(*, actor: Actor, workflow: Workflow, release: Release, reason: str, percent: int = 100) -> TrafficPlan:
    """Run the release beside production, without effects, on `percent` of the customers."""
    workflow = _locked(workflow)
    _check_new(workflow, release)
    if any(share.release == release.fingerprint for share in _shares(workflow)):
        raise MoveRefused(f"{release.label} runs beside production already. End that first.")
    share = Share(release=release.fingerprint, mode="shadow", percent=percent, since=timezone.now())
    return _write(actor, workflow, Move.SHADOW, [*_others(workflow, release), share], reason)


@transaction.atomic
def begin_slice(
    *,
    actor: Actor,
    workflow: Workflow,
    release: Release,
    percent: int,
    reason: str,
    segment: str = "",
    hourly_cap: int = 0,
    evidence: Mapping[str, Json] | None = None,
) -> TrafficPlan:
    """Give the release its first 5-15 % of the customers. It needs a warrant and the owner. Raises MoveRefused."""
    workflow = _locked(workflow)
    _check_new(workflow, release)
    _require_owner(actor)
    if percent not in FIRST_SLICE:
        raise MoveRefused(
            f"A first slice is {FIRST_SLICE[0]}-{FIRST_SLICE[-1]} %: wider ones follow from its evidence."
        )
    if segment and not SEGMENT.fullmatch(segment):
        raise MoveRefused(f"“{segment}” is no segment: write channel:email, region:EU or language:en.")
    if slice_of(current_plan(workflow)):
        raise MoveRefused("Another release has a slice already: one at a time, so that what each does can be told.")
    _require_warrant(release)
    share = Share(
        release=release.fingerprint, mode="slice", percent=percent, segment=segment, hourly_cap=hourly_cap,
        since=timezone.now(),
    )  # fmt: skip
    return _write(actor, workflow, Move.SLICE, [*_others(workflow, release), share], reason, evidence)


@transaction.atomic
def resize_slice(
    *, actor: Actor, workflow: Workflow, percent: int, reason: str, evidence: Mapping[str, Json]
) -> TrafficPlan:
    """Widen or narrow the slice. Widening needs the owner, and the evidence that its caller has checked."""
    workflow = _locked(workflow)
    share = _slice(workflow)
    if percent == share.percent:
        raise MoveRefused(f"The slice is {percent} % already.")
    wider = percent > share.percent
    if wider:
        _require_owner(actor)
        if not evidence:
            raise MoveRefused("Widening needs evidence.")
        _require_warrant(Release.objects.get(pk=share.release))
    release = Release.objects.get(pk=share.release)
    resized = share.model_copy(update={"percent": percent, "resized_at": timezone.now()})
    shares = [*_others(workflow, release), resized]
    return _write(actor, workflow, Move.WIDEN if wider else Move.NARROW, shares, reason, evidence)


@transaction.atomic
def hold(*, actor: Actor, workflow: Workflow, reason: str, evidence: Mapping[str, Json] | None = None) -> TrafficPlan:
    """Write down that the slice stays as it is for now, and why."""
    workflow = _locked(workflow)
    _slice(workflow)
    return _write(actor, workflow, Move.HOLD, _shares(workflow), reason, evidence)


@transaction.atomic
def narrow(
    *,
    actor: Actor,
    workflow: Workflow,
    release: Release,
    reason: str,
    evidence: Mapping[str, Json] | None = None,
    kind: Notice.Kind = Notice.Kind.BREACH,
) -> TrafficPlan:
    """Take all traffic and shadow from `release`: the incumbent takes the next case. Needs nobody's leave.

    The owner is told, by a notice of this kind, of what no person did.
    """
    workflow = _locked(workflow)
    if not any(share.release == release.fingerprint for share in _shares(workflow)):
        raise MoveRefused(f"{release.label} takes no traffic.")
    plan = _write(actor, workflow, Move.NARROW, _others(workflow, release), reason, evidence)
    if actor.kind == "service":
        tell_owner(actor=actor, workflow=workflow, kind=kind, release=release, text=reason, evidence=evidence)
    return plan


@transaction.atomic
def stop(*, actor: Actor, workflow: Workflow, reason: str) -> TrafficPlan:
    """The red stop: nothing clears automatically, and every slice ends. Cases still come in and wait for a person."""
    workflow = _locked(workflow)
    plan = current_plan(workflow)
    if plan is None:
        raise MoveRefused("Nothing takes traffic, so there is nothing to stop.")
    if plan.stopped:
        raise MoveRefused("It is stopped already.")
    written = _write(actor, workflow, Move.STOP, [], reason, stopped=True)
    text = f"{actor.name} stopped the workflow: {reason}"
    tell_owner(actor=actor, workflow=workflow, kind=Notice.Kind.STOPPED, release=plan.incumbent, text=text)
    return written


@transaction.atomic
def restart(*, actor: Actor, workflow: Workflow, reason: str) -> TrafficPlan:
    """Let the incumbent clear cases again. Only a decision owner may."""
    workflow = _locked(workflow)
    _require_owner(actor)
    plan = current_plan(workflow)
    if plan is None or not plan.stopped:
        raise MoveRefused("It is not stopped.")
    return _write(actor, workflow, Move.RESTART, [], reason)


@transaction.atomic
def tell_owner(
    *,
    actor: Actor,
    workflow: Workflow,
    kind: Notice.Kind,
    release: Release,
    text: str,
    evidence: Mapping[str, Json] | None = None,
) -> Notice:
    """Put a notice on the home page until a decision owner has seen it."""
    notice = Notice.objects.create(
        workflow=workflow, kind=kind, release=release, text=text, evidence=dict(evidence or {})
    )
    record(
        actor=actor,
        action="notice.given",
        object=f"notice:{notice.pk}",
        workflow=workflow.slug,
        release=release.fingerprint,
        reason=text,
    )
    return notice


@transaction.atomic
def see_notice(*, actor: Actor, notice: Notice) -> None:
    """Take a notice off the home page. Raises MoveRefused for anyone but a decision owner."""
    _require_owner(actor)
    seen = Notice.objects.filter(pk=notice.pk, seen_at=None).update(seen_at=timezone.now(), seen_name=actor.name)
    if seen:
        record(actor=actor, action="notice.seen", object=f"notice:{notice.pk}", workflow=notice.workflow.slug)


def record_promotion(*, actor: Actor, workflow: Workflow, reason: str, evidence: Mapping[str, Json]) -> TrafficPlan:
    """What `services.point_production` leaves in the plan: all traffic to the new release, slices ended."""
    shares = [each for each in _shares(workflow) if each.mode == "shadow" and each.release != workflow.production_id]
    plan = current_plan(workflow)
    stopped = plan.stopped if plan else False
    return _write(actor, workflow, Move.PROMOTE, shares, reason, evidence, stopped=stopped)


def _write(
    actor: Actor,
    workflow: Workflow,
    move: Move,
    shares: Iterable[Share],
    reason: str,
    evidence: Mapping[str, Json] | None = None,
    *,
    stopped: bool = False,
) -> TrafficPlan:
    if not reason.strip():
        raise MoveRefused("Say why: the move stays in the record.")
    if workflow.production is None:
        raise MoveRefused(f"“{workflow.title}” has no release in production yet.")
    before = current_plan(workflow)
    if before and before.stopped and move not in (Move.RESTART, Move.PROMOTE):
        raise MoveRefused("The workflow is stopped. The decision owner restarts it first.")
    plan = TrafficPlan.objects.create(
        workflow=workflow,
        version=before.version + 1 if before else 1,
        incumbent=workflow.production,
        shares=[share.model_dump(mode="json") for share in shares],
        stopped=stopped,
        move=move,
        reason=reason.strip(),
        evidence=dict(evidence or {}),
        created_by=actor.id,
        created_name=actor.name,
    )
    record(
        actor=actor,
        action=f"traffic.{move.value}",
        object=f"workflow:{workflow.slug}",
        workflow=workflow.slug,
        release=plan.incumbent_id,
        before={"version": before.version, "shares": before.shares, "stopped": before.stopped} if before else None,
        after={"version": plan.version, "shares": plan.shares, "stopped": stopped, "evidence": plan.evidence},
        reason=reason.strip(),
    )
    return plan


def _locked(workflow: Workflow) -> Workflow:
    """The workflow as it is now, held until the end of the transaction: moves come one after the other."""
    return Workflow.objects.select_for_update(of=("self",)).select_related("production").get(pk=workflow.pk)


def _shares(workflow: Workflow) -> list[Share]:
    plan = current_plan(workflow)
    return list(shares_of(plan)) if plan else []


def _others(workflow: Workflow, release: Release) -> list[Share]:
    return [share for share in _shares(workflow) if share.release != release.fingerprint]


def _slice(workflow: Workflow) -> Share:
    share = slice_of(current_plan(workflow))
    if share is None:
        raise MoveRefused("No release has a slice.")
    return share


def _check_new(workflow: Workflow, release: Release) -> None:
    if release.workflow_id != workflow.pk:
        raise MoveRefused("The release belongs to another workflow.")
    if release.pk == workflow.production_id:
        raise MoveRefused(f"{release.label} is in production: it takes all that no slice takes.")
    charters.check_release(charters.require(workflow), release)


def _require_owner(actor: Actor) -> None:
    if Capability.RELEASES_PROMOTE not in capabilities_of(actor.role):
        raise MoveRefused("That is for a decision owner.")


def _require_warrant(release: Release) -> None:
    problem = why_not_valid(release)
    if problem:
        raise MoveRefused(problem)
