"""Who gets the monthly report: members of the tenant, chosen by people."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.audit.entries import record
from apps.insights.models import Delivery, Recipient
from apps.tenants.actors import Actor
from apps.tenants.models import Membership
from apps.workflows.models import Workflow

OFF_THE_LIST = "Was taken off the list."


class RecipientRefused(ValueError):
    """The person cannot be chosen. The message says why."""


@transaction.atomic
def add_recipient(*, actor: Actor, workflow: Workflow, person: UUID) -> Recipient:
    """From the next report on. Nothing changes for one who gets it already. Raises RecipientRefused."""
    if not Membership.objects.filter(user=person, active=True).exists():
        raise RecipientRefused("Only members of this organisation get the report.")
    made, fresh = Recipient.objects.get_or_create(
        workflow=workflow, person_id=person, defaults={"added_at": timezone.now(), "added_by": actor.id}
    )
    if fresh:
        _record(actor, "report.recipient_added", made)
    return made


@transaction.atomic
def remove_recipient(*, actor: Actor, recipient: Recipient) -> None:
    """From now on: what still waits to be sent to them is not sent any more. What was sent stays sent."""
    waits = Delivery.objects.filter(report__workflow=recipient.workflow, person_id=recipient.person_id)
    waits.filter(again_at__isnull=False).update(again_at=None, problem=OFF_THE_LIST)
    _record(actor, "report.recipient_removed", recipient)
    recipient.delete()


def recipients_of(workflow: Workflow) -> list[tuple[Recipient, Membership]]:
    """Those who are members still, by name."""
    chosen = {each.person_id: each for each in Recipient.objects.filter(workflow=workflow)}
    return [(chosen[member.user_id], member) for member in members() if member.user_id in chosen]


def members() -> Sequence[Membership]:
    return list(Membership.objects.filter(active=True).select_related("user").order_by("user__name"))


def _record(actor: Actor, action: str, recipient: Recipient) -> None:
    record(
        actor=actor,
        action=action,
        object=f"person:{recipient.person_id}",
        workflow=recipient.workflow.slug,
    )
