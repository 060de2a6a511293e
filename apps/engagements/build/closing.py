"""How Build ends: the decision owner takes the workflow into Run, or gives it up; the log keeps how the board stood."""

from datetime import date, timedelta

from django.db import transaction

from apps.audit.entries import record
from apps.engagements.build.standings import stand
from apps.engagements.engagement_models import Engagement
from apps.engagements.engagements import EngagementRefused, begin_phase
from apps.reviews import calendars
from apps.tenants.actors import Actor

AHEAD = timedelta(days=31)  # how far in the future the first day may lie


@transaction.atomic
def begin_run(*, actor: Actor, engagement: Engagement, on: str, reason: str) -> Engagement:
    """Begin Run on the ISO date `on`; stages that are not met are kept in the log. Raises EngagementRefused."""
    try:
        day = date.fromisoformat(on)
    except ValueError:
        raise EngagementRefused("Choose the first day of Run.") from None
    if engagement.build_on is None or not engagement.build_on <= day <= calendars.today() + AHEAD:
        raise EngagementRefused("The first day of Run lies after the beginning of Build, at most a month from now.")
    if engagement.workflow.production is None:
        raise EngagementRefused("No release is in production, so there is nothing to run.")
    return _close(actor, engagement, Engagement.Phase.RUN, day, reason)


@transaction.atomic
def give_up(*, actor: Actor, engagement: Engagement, reason: str) -> Engagement:
    """Walk away during Build, today. What was made stays as it is. Raises EngagementRefused."""
    if engagement.phase != Engagement.Phase.BUILD:
        raise EngagementRefused("Only what is in Build is given up here.")
    return _close(actor, engagement, Engagement.Phase.ENDED, calendars.today(), reason)


def _close(actor: Actor, engagement: Engagement, phase: str, on: date, reason: str) -> Engagement:
    standings = stand(engagement)
    engagement = begin_phase(actor=actor, engagement=engagement, phase=phase, on=on, reason=reason)
    record(
        actor=actor,
        action="build.closed",
        object=f"engagement:{engagement.pk}",
        workflow=engagement.workflow.slug,
        after={
            "met": [each.stage.title for each in standings if each.met],
            "not_met": [each.stage.title for each in standings if not each.met],
        },
        reason=reason.strip(),
    )
    return engagement
