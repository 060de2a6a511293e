"""From which day on rituals are kept here: for a workflow that was in Run before, with minutes elsewhere."""

from datetime import date

from django.db import transaction
from django.utils import timezone

from apps.audit.entries import record
from apps.engagements.cadence_models import CadenceBegin
from apps.engagements.engagement_models import Engagement
from apps.reviews import calendars
from apps.tenants.actors import Actor


class BeginRefused(ValueError):
    """The cadence cannot begin so. The message says why."""


@transaction.atomic
def keep_from(*, actor: Actor, engagement: Engagement, on: str, reason: str) -> CadenceBegin:
    """Said once: what was due before `on`, an ISO date, is not asked for here. Raises BeginRefused."""
    engagement = Engagement.objects.select_for_update(of=("self",)).select_related("workflow").get(pk=engagement.pk)
    try:
        day = date.fromisoformat(on)
    except ValueError:
        raise BeginRefused("Choose the first day that is kept here.") from None
    if engagement.run_on is None or day < engagement.run_on or day > calendars.today():
        raise BeginRefused("The day lies between the beginning of Run and today.")
    if not reason.strip():
        raise BeginRefused("Say where the earlier rituals are kept, or why there were none.")
    if CadenceBegin.objects.filter(engagement=engagement).exists():
        raise BeginRefused("It has been said already, and stays as it is.")
    made = CadenceBegin.objects.create(
        engagement=engagement,
        on=day,
        reason=reason.strip()[:2000],
        said_at=timezone.now(),
        said_by=actor.id,
        said_name=actor.name,
    )
    record(
        actor=actor,
        action="cadence.begun",
        object=f"engagement:{engagement.pk}",
        workflow=engagement.workflow.slug,
        after={"on": str(day)},
        reason=made.reason,
    )
    return made
