"""What people do with a case that waits for them: check, change and record, in one transaction that locks the case."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.audit.entries import record
from apps.cases import transitions
from apps.cases.models import Case
from apps.connectors import planning
from apps.reviews import assignments, escalation, four_eyes
from apps.reviews.deciding import may_decide, may_escalate
from apps.reviews.dispositions import record_disposition, take_back
from apps.reviews.distribution import refuse_conflict
from apps.reviews.drafts import edited_claims, proposal_left_by
from apps.reviews.models import Assignment, Disposition
from apps.reviews.reasons import CODES, why_rationale
from apps.reviews.refusals import AlreadyDecided, Refused
from apps.reviews.snoozing import refuse_away
from apps.tenants.actors import Actor
from apps.tenants.capabilities import Role

__all__ = ["AlreadyDecided", "Refused", "may_decide", "may_escalate"]

ESCALATION_ROLES = escalation.ROLES


def approve(
    *,
    actor: Actor,
    case_id: UUID,
    revision: int,
    edits: Mapping[int, str] | None = None,
    reason_code: str = "",
    rationale: str = "",
) -> Disposition:
    """Approve the proposal, with the claims at the positions of `edits` reworded (an empty text drops the claim).

    Effects leave when the undo window has passed. Where the policy wants two people, the first approval, or one that
    changes what the first one approved, leaves the case waiting for another person. Raises Refused.
    """
    refuse_conflict(actor=actor, case_id=case_id)
    with transaction.atomic():
        case = _case_to_decide(actor, case_id, revision)
        first = four_eyes.first_approval(case)
        proposal = proposal_left_by(first, case)
        if proposal is None or proposal.decision is None:
            raise Refused("There is no proposal to approve. Reject the case, or escalate it.")
        claims = edited_claims(case, proposal, edits or {})
        edited = claims != proposal.claims
        if edited and reason_code not in CODES:
            raise Refused("Choose a reason for the change: it is what the drafts learn from.")
        if edited:
            _ask_rationale(case, reason_code, rationale)
        if not any(claim.text.strip() for claim in claims):
            raise Refused("Nothing would be sent: the draft is empty. Reject the case instead.")
        if four_eyes.must_propose(actor, case, first, edited=edited):
            if first:
                take_back(first)
            made = record_disposition(
                actor, case, Disposition.Kind.PROPOSE, reason_code=reason_code, rationale=rationale, claims=claims
            )
            four_eyes.ask_for_check(case, made, first)
            return made
        kind = Disposition.Kind.EDIT if edited or (first and first.reason_code) else Disposition.Kind.APPROVE
        outcome = Case.Outcome.EDITED if kind == Disposition.Kind.EDIT else Case.Outcome.APPROVED
        # Before the case moves on: the database lets none go under four eyes that a second person has not approved.
        made = record_disposition(
            actor, case, kind, reason_code=reason_code, rationale=rationale, claims=claims, checks=first
        )
        try:
            transitions.approve(case, actor=actor, proposal=proposal, claims=claims, outcome=outcome)
        except (planning.NotGranted, planning.AlreadyOrdered) as error:
            raise Refused(f"It cannot be carried out: {error} Reject the case, or escalate it.") from error
        if first:
            four_eyes.tell_first(case, made, first)
        return made


def reject(*, actor: Actor, case_id: UUID, revision: int, reason_code: str, rationale: str = "") -> Disposition:
    """Reject the proposal and close the case: nothing is sent, the person answers outside. Raises Refused."""
    if reason_code not in CODES:
        raise Refused("Choose a reason for the rejection.")
    refuse_conflict(actor=actor, case_id=case_id)
    with transaction.atomic():
        case = _case_to_decide(actor, case_id, revision)
        _ask_rationale(case, reason_code, rationale)
        transitions.close_rejected(case, actor=actor)
        made = record_disposition(actor, case, Disposition.Kind.REJECT, reason_code=reason_code, rationale=rationale)
        if first := four_eyes.first_approval(case):
            four_eyes.tell_first(case, made, first)
        return made


def escalate(
    *, actor: Actor, case_id: UUID, revision: int, to: str, rationale: str, reason_code: str = ""
) -> Disposition:
    """Hand the case to a role that may decide it, or to a person by id: or to who stands in. Raises Refused."""
    if not rationale.strip():
        raise Refused(
            "Write what the next person should look at: an escalation without a rationale only moves the work."
        )
    refuse_conflict(actor=actor, case_id=case_id)
    with transaction.atomic():
        case = _case_to_decide(actor, case_id, revision, escalating=True)
        target = escalation.check_target(case, to)
        return escalation.hand_on(actor, case, target, rationale=rationale, reason_code=reason_code)


def undo(*, actor: Actor, disposition_id: UUID) -> Case:
    """Take one's own disposition back while nothing has left the house. Raises Refused."""
    with transaction.atomic():
        disposition = Disposition.objects.select_for_update().filter(pk=disposition_id, undone_at=None).first()
        if disposition is None or str(disposition.reviewer_id) != actor.id:
            raise Refused("There is nothing of yours to undo.")
        if timezone.now() - disposition.created_at > timedelta(seconds=settings.UNDO_SECONDS):
            raise Refused(f"The {settings.UNDO_SECONDS} seconds to undo are over.")
        case = Case.objects.select_for_update().get(pk=disposition.case_id)
        last = case.dispositions.filter(undone_at=None).last()
        if last is None or last.pk != disposition.pk:
            raise Refused(f"{case.number} has been decided again since then, so there is nothing of yours to undo.")
        take_back(disposition)
        earlier = case.dispositions.filter(undone_at=None, kind=Disposition.Kind.ESCALATE).last()
        if not transitions.reopen(case, actor=actor, escalated_to=earlier.escalated_to if earlier else ""):
            raise Refused("It has already gone out.")
        record(
            actor=actor,
            action="review.undone",
            object=f"disposition:{disposition.pk}",
            case=case.pk,
            subject=str(case.subject_id),
            layer="review",
            before={"state": disposition.kind},
            after={"state": Case.State.REVIEW.value},
        )
        assignments.try_to_hold(actor, case.pk, Assignment.Source.OPENED)  # whatever else they hold
        return case


def _case_to_decide(actor: Actor, case_id: UUID, revision: int, *, escalating: bool = False) -> Case:
    case = Case.objects.select_for_update().get(pk=case_id)
    if case.state != Case.State.REVIEW or case.revision != revision:
        last = case.dispositions.filter(undone_at=None).last()
        who = f"{last.reviewer_name} has {last.get_kind_display().lower()} it" if last else "it went on"
        raise AlreadyDecided(f"{case.number} is no longer waiting: {who}. Nothing of yours was sent.")
    if not (may_escalate(actor, case) if escalating else may_decide(actor, case)):
        whom = (
            f"is with the {Role(case.escalated_to).label.lower()}" if case.escalated_to else "is reserved to a senior"
        )
        raise Refused(f"{case.number} {whom}. You can escalate it.")
    refuse_away(case)
    case.assignment = assignments.hold(actor, case_id)
    return case


def _ask_rationale(case: Case, reason_code: str, rationale: str) -> None:
    why = why_rationale(reason_code, case.impact)
    if why and not rationale.strip():
        raise Refused(f"{why} Write a note that says why, so that whoever looks later understands it.")
