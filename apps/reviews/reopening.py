"""A person's last decisions, and taking one up again after the time to undo, while nothing of it has left."""

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from apps.audit.entries import record
from apps.cases import transitions
from apps.cases.models import Case
from apps.connectors.models import Effect
from apps.connectors.selectors import effects_of
from apps.reviews.dispositions import take_back
from apps.reviews.models import Disposition
from apps.reviews.refusals import Refused
from apps.reviews.snoozing import STEP as QUESTION
from apps.tenants.actors import Actor

LAST = 10
STAYED = (Effect.State.PLANNED, Effect.State.CANCELLED)


@dataclass(frozen=True)
class Past:
    """One of a person's decisions, and why it can no longer be taken up again ("" while it can)."""

    disposition: Disposition
    closed_because: str


def last_decisions(actor: Actor) -> list[Past]:
    """The ten that the person took last and that stand, newest first. Two queries."""
    own = Disposition.objects.filter(reviewer_id=actor.id, undone_at=None).select_related("case")
    taken = list(own.order_by("-created_at")[:LAST])
    gone: dict[UUID, list[Effect]] = {}
    ids = {each.case_id for each in taken}
    for effect in (
        Effect.objects.filter(case_id__in=ids).exclude(Q(state__in=STAYED) | Q(step=QUESTION)).order_by("position")
    ):
        gone.setdefault(effect.case_id, []).append(effect)
    return [Past(each, _closed_because(each, gone.get(each.case_id, []))) for each in taken]


def reopen(*, actor: Actor, disposition_id: UUID) -> Case:
    """Bring back a case that this person closed or approved: a new turn, decided anew. Raises Refused, with the way on.

    Only while nothing has left: what another system has been told cannot be unsaid here.
    """
    with transaction.atomic():
        disposition = Disposition.objects.select_for_update().filter(pk=disposition_id, undone_at=None).first()
        if disposition is None or str(disposition.reviewer_id) != actor.id:
            raise Refused("There is no such decision of yours. It may have been taken back already.")
        case = Case.objects.select_for_update().get(pk=disposition.case_id)
        disposition.case = case
        ordered = effects_of(case.pk).exclude(step=QUESTION).select_for_update(of=("self",))
        left = [each for each in ordered if each.state not in STAYED]
        if why := _closed_because(disposition, left):
            raise Refused(f"{case.number} stays as it is. {why}")
        if not transitions.reopen(case, actor=actor, escalated_to=_escalated_to(case)):
            raise Refused(f"{case.number} is going out right now, so it stays as it is.")
        take_back(disposition)
        record(
            actor=actor,
            action="review.reopened",
            object=f"disposition:{disposition.pk}",
            case=case.pk,
            subject=str(case.subject_id),
            layer="review",
            before={"state": disposition.kind},
            after={"state": Case.State.REVIEW.value},
        )
        return case


def _closed_because(disposition: Disposition, left: list[Effect]) -> str:
    case = disposition.case
    if disposition.kind not in Disposition.FINAL:
        return "It is with somebody else now, who decides."
    if case.state == Case.State.REVIEW:
        return "It waits for a decision already."
    if left:
        summary = left[0].summary or f"{left[0].operation} in {left[0].system_id}"
        return f"“{summary}” has left already ({left[0].get_state_display().lower()}). Send a new case to correct it."
    return ""


def _escalated_to(case: Case) -> str:
    earlier = case.dispositions.filter(undone_at=None, kind=Disposition.Kind.ESCALATE).last()
    return earlier.escalated_to if earlier else ""
