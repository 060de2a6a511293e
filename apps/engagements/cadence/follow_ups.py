"""What rituals decided and somebody is to do: open until somebody says what came of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from apps.audit.entries import record
from apps.engagements.cadence_models import FollowUp
from apps.engagements.engagement_models import Engagement
from apps.reviews import calendars
from apps.tenants.actors import Actor
from apps.tenants.capabilities import Capability, capabilities_of

LONGEST = 2_000


class FollowUpRefused(ValueError):
    """It cannot be closed or opened again so. The message says why."""


@dataclass(frozen=True)
class Standing:
    follow_up: FollowUp
    today: date
    closable: bool = False  # by whoever looks at it

    @property
    def overdue(self) -> bool:
        return self.follow_up.done_at is None and self.follow_up.due_on < self.today


def open_ones(engagement: Engagement) -> QuerySet[FollowUp]:
    """The most urgent first."""
    return of_engagement(engagement).filter(done_at=None)


def of_engagement(engagement: Engagement) -> QuerySet[FollowUp]:
    return FollowUp.objects.filter(record__engagement=engagement).select_related("record")


def standing(found: Iterable[FollowUp], actor: Actor) -> list[Standing]:
    today = calendars.today()
    return [Standing(each, today, may_close(actor, each)) for each in found]


def may_close(actor: Actor, follow_up: FollowUp) -> bool:
    """Its owner may, and whoever holds rituals."""
    return str(follow_up.owner_id) == actor.id or Capability.CONFIG_EDIT in capabilities_of(actor.role)


@transaction.atomic
def finish(*, actor: Actor, follow_up: UUID, outcome: str) -> FollowUp:
    """Say what came of it. Raises FollowUpRefused."""
    found, said = _locked(follow_up), outcome.strip()[:LONGEST]
    _refuse_others(actor, found)
    if found.done_at is not None:
        raise FollowUpRefused(f"{found.done_name} has closed it already.")
    if not said:
        raise FollowUpRefused(f"Say what came of “{found.what}”: the next ritual reads it.")
    found.outcome, found.done_at, found.done_by, found.done_name = said, timezone.now(), actor.id, actor.name
    found.save(update_fields=["outcome", "done_at", "done_by", "done_name"])
    _enter(actor, "follow_up.done", found, said)
    return found


@transaction.atomic
def open_again(*, actor: Actor, follow_up: UUID) -> FollowUp:
    """Take back that it is done; what was said stays in the log. Raises FollowUpRefused."""
    found = _locked(follow_up)
    _refuse_others(actor, found)
    if found.done_at is None:
        raise FollowUpRefused("It is open.")
    before = found.outcome
    found.outcome, found.done_at, found.done_by, found.done_name = "", None, "", ""
    found.save(update_fields=["outcome", "done_at", "done_by", "done_name"])
    _enter(actor, "follow_up.opened_again", found, before)
    return found


def _refuse_others(actor: Actor, found: FollowUp) -> None:
    if not may_close(actor, found):
        raise FollowUpRefused(f"It is for {found.owner_name} to say what came of it, or for whoever holds rituals.")


def _locked(follow_up: UUID) -> FollowUp:
    held = FollowUp.objects.select_for_update(of=("self",)).select_related("record__engagement__workflow")
    found = held.filter(pk=follow_up).first()
    if found is None:
        raise FollowUpRefused("There is no such follow-up.")
    return found


def _enter(actor: Actor, action: str, found: FollowUp, said: str) -> None:
    record(
        actor=actor,
        action=action,
        object=f"follow_up:{found.pk}",
        workflow=found.record.engagement.workflow.slug,
        after={"what": found.what, "owner": found.owner_name, "due_on": str(found.due_on)},
        reason=said,
    )
