"""The release in production, watched by the charter's stop conditions too, and the ways back to the one before it.

Nothing stands beside it to take its traffic at once. A breach is told to the owner, who may stop the workflow or go
back; where the charter says so, the product goes back by itself.
"""

from django.db import transaction
from django.utils import timezone

from apps.evaluations.stop_conditions import Status, in_production_since, incumbent_statuses, window_start
from apps.tenants.actors import SYSTEM, Actor
from apps.workflows import charters, moves
from apps.workflows.charters import CharterRefused
from apps.workflows.models import Notice, Release, Warrant, Workflow
from apps.workflows.services import point_production
from apps.workflows.traffic import current_plan
from apps.workflows.warrants import NotWarranted, issue, proof_of, unexpired


def watch_incumbent(workflow: Workflow) -> Status | None:
    """Tell the owner of a breach, once a window, and go back where the charter allows. Returns a breach that is new."""
    plan = current_plan(workflow)
    if plan is None or plan.stopped:
        return None
    for status in incumbent_statuses(workflow):
        if status.state == "breached" and not _is_told(workflow, status):
            _act_on(workflow, status)
            return status
    return None


@transaction.atomic
def end_expired_override(workflow: Workflow) -> bool:
    """Go back to the release before, when the one in production is there by an override that has ended.

    When nothing leads back, because what the releases before once proved does not hold any more, or because the charter
    has moved on, the workflow stops.
    """
    locked = _locked(workflow)
    release, plan = locked.production, current_plan(locked)
    if release is None or unexpired(release) or plan is None or plan.stopped:
        return False
    reason = f"The emergency override of {release.label} ended."
    before = previous_incumbent(locked)
    if before is None:
        moves.stop(actor=SYSTEM, workflow=locked, reason=f"{reason} No release before it may take its place.")
        return True
    try:
        go_back(actor=SYSTEM, workflow=locked, to=before, reason=reason)
    except (NotWarranted, CharterRefused) as refused:  # an end is an end, whatever stands in the way back
        moves.stop(actor=SYSTEM, workflow=locked, reason=f"{reason} {refused}")
        return True
    moves.tell_owner(actor=SYSTEM, workflow=locked, kind=Notice.Kind.OVERRIDE, release=release, text=reason)
    return True


def previous_incumbent(workflow: Workflow) -> Release | None:
    """The last release before the one in production whose proof still holds; None when nothing leads back."""
    plans = workflow.plans.exclude(incumbent=workflow.production_id).select_related("incumbent")
    seen = {plan.incumbent_id: plan.incumbent for plan in plans}  # the newest first
    return next((release for release in seen.values() if proof_of(release)), None)


@transaction.atomic
def go_back(*, actor: Actor, workflow: Workflow, to: Release, reason: str) -> None:
    """Give all new cases to a release that was in production before. Raises NotWarranted when its proof is refuted."""
    warrant = issue(actor=actor, proposed_by=actor, kind=Warrant.Kind.ROLLBACK, release=to, reason=reason)
    point_production(actor=actor, workflow=workflow, release=to, reason=reason, warrant=warrant)


def standing_breach(workflow: Workflow) -> Notice | None:
    """The last breach of the release in production since it took over; None when there was none."""
    since = in_production_since(workflow)
    breaches = Notice.objects.filter(release=workflow.production_id, kind=Notice.Kind.BREACH)
    return breaches.filter(created_at__gte=since).first() if since else None


def _is_told(workflow: Workflow, status: Status) -> bool:
    since = in_production_since(workflow)
    begin = window_start(since, status.condition.window, timezone.now()) if since else None
    return Notice.objects.filter(
        release=workflow.production_id,
        kind=Notice.Kind.BREACH,
        created_at__gte=begin,
        evidence__metric=status.condition.metric,
    ).exists()


@transaction.atomic
def _act_on(workflow: Workflow, breach: Status) -> None:
    """Unless production has moved meanwhile: then the next look judges what stands."""
    locked, charter = _locked(workflow), charters.in_force(workflow)
    release = locked.production
    if release is None or release.pk != workflow.production_id:
        return
    before = previous_incumbent(locked)
    back = before is not None and charter is not None and charters.content_of(charter).automatic_rollback
    text = f"{release.label}, in production: {breach.sentence} {_way_on(before, back)}"
    moves.tell_owner(
        actor=SYSTEM, workflow=locked, kind=Notice.Kind.BREACH, release=release, text=text, evidence=breach.facts()
    )
    if before is not None and back:
        go_back(actor=SYSTEM, workflow=locked, to=before, reason=f"{release.label} breached. {breach.sentence}")


def _way_on(before: Release | None, back: bool) -> str:
    if before is None:
        return "No release before it may take its place: stop the workflow, or hold the case types concerned back."
    if back:
        return f"{before.label} takes its place again, as the charter has it."
    return f"Go back to {before.label}, or stop the workflow."


def _locked(workflow: Workflow) -> Workflow:
    return Workflow.objects.select_for_update(of=("self",)).select_related("production").get(pk=workflow.pk)
