"""What a person's decision does to a case. Callers hold the case's row lock, and record who decided."""

from datetime import timedelta

from django.conf import settings
from django.db.models.functions import Now
from django.utils import timezone

from apps.cases import effects
from apps.cases.layers.types import ActionResult, Claim
from apps.cases.loading import load
from apps.cases.models import Case
from apps.tenants.actors import Actor


def approve(
    case: Case, *, actor: Actor, proposal: ActionResult, claims: tuple[Claim, ...], outcome: Case.Outcome
) -> None:
    """Plan the effects; they are due when the undo window has passed."""
    effects.plan(
        actor=actor,
        case=case.pk,
        subject=case.subject_id,
        customer=case.customer,
        loaded=load(case.release_id),
        effects=proposal.effects,
        claims=claims,
        wait=settings.UNDO_SECONDS,
    )
    case.state, case.layer, case.queue = Case.State.OPEN, Case.Layer.EFFECTS, Case.Queue.EFFECTS
    case.outcome, case.attempt = outcome, 0
    case.lease_until = Now() + timedelta(seconds=settings.UNDO_SECONDS)
    case.save(update_fields=["state", "layer", "queue", "outcome", "attempt", "lease_until"])


def close_rejected(case: Case, *, actor: Actor) -> None:
    """What was ordered before and has not left is dropped: a case may come back with some of its effects done."""
    effects.withdraw(case.pk, actor=actor)
    case.state, case.layer, case.outcome = Case.State.CLOSED, Case.Layer.DONE, Case.Outcome.REJECTED
    case.closed_at = timezone.now()
    case.save(update_fields=["state", "layer", "outcome", "closed_at"])


def escalate(case: Case, *, to: str) -> None:
    case.escalated_to = to
    case.save(update_fields=["escalated_to"])


def reopen(case: Case, *, actor: Actor, escalated_to: str) -> bool:
    """Bring a case back to the person who decided it. False when an effect has left already."""
    if case.layer == Case.Layer.EFFECTS and not effects.cancel(case.pk, actor=actor):
        return False
    case.state, case.layer, case.outcome, case.closed_at = Case.State.REVIEW, Case.Layer.REVIEW, "", None
    case.escalated_to = escalated_to
    case.fence += 1  # whoever was about to send the effects is shut out
    case.save(update_fields=["state", "layer", "outcome", "closed_at", "escalated_to", "fence"])
    return True
