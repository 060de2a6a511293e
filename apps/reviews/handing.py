"""Giving one case to a colleague, who hears of it."""

from django.db import transaction

from apps.cases.models import Case
from apps.reviews import assignments
from apps.reviews.absences import member_called
from apps.reviews.desk import Assignment
from apps.reviews.notifying import notify
from apps.reviews.refusals import Refused
from apps.reviews.terms import Notification
from apps.tenants.actors import Actor
from apps.tenants.capabilities import Capability, capabilities_of


def may_give(actor: Actor, held: Assignment | None) -> bool:
    """Seniors give away any case that waits, everybody what they hold."""
    own = held is not None and str(held.holder_id) == actor.id
    return own or Capability.REVIEWS_TAKE_OVER in capabilities_of(actor.role)


@transaction.atomic
def give_to(*, actor: Actor, case: Case, person: str) -> str:
    """Give the case to the person with this id, and tell them. Returns their name. Raises Refused."""
    member = member_called(person)
    if member is None:
        raise Refused("Choose who is to have the case.")
    assignments.give(actor=actor, case_id=case.pk, to=member)
    if str(member.user_id) != actor.id:
        kind = Notification.Kind.GIVEN
        notify(to=[member.user_id], kind=kind, text=f"{actor.name} gave you {case.number}.", case=case)
    return str(member.user.name)
