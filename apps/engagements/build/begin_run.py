"""The end of Build: the decision owner takes the workflow into Run, with what the board shows at that moment."""

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
    standings = stand(engagement)
    engagement = begin_phase(actor=actor, engagement=engagement, phase=Engagement.Phase.RUN, on=day, reason=reason)
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
