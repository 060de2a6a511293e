"""The engagement behind each demo workflow, begun when it is told to have begun."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from apps.engagements.discovery.board import begin_discovery
from apps.engagements.engagement_models import Engagement
from apps.engagements.engagements import begin_phase, working_day
from apps.reviews import calendars
from apps.tenants.capabilities import Role
from apps.tenants.schemas import in_schema
from apps.workflows.models import Workflow
from demo import board, clock
from demo.people import actor
from demo.world import DemoTenant

Phase = Engagement.Phase


def begin(tenant: DemoTenant) -> None:
    """The engagement with its phases. Running it again changes nothing."""
    with in_schema(tenant.schema_name):
        workflow = Workflow.objects.get(slug=tenant.workflow.slug)
        if Engagement.objects.filter(workflow=workflow).exists():
            return
        first, consultant = first_day(tenant), actor(Role.CONSULTANT)
        with clock.telling(workflow.slug, morning(first)):
            engagement = begin_discovery(
                actor=consultant, workflow=workflow, discovery_on=first, answers=tenant.answers()
            )
        board.work_off(tenant, engagement)
        for phase, weeks in ((Phase.BUILD, tenant.phases.build), (Phase.RUN, tenant.phases.run)):
            if weeks:
                day = monday(weeks)
                with clock.telling(workflow.slug, morning(day)):
                    begin_phase(actor=consultant, engagement=engagement, phase=phase, on=day, reason=WHY[phase])


WHY = {
    Phase.BUILD: "The decision owner committed on day 10, and the statement of work is signed.",
    Phase.RUN: "The exit criteria of Build are met; the client's own people hold the cadence from now on.",
}


def first_day(tenant: DemoTenant) -> date:
    """Of Discovery: the Monday so many weeks ago, or the day that makes today the wanted working day."""
    if not tenant.phases.discovery_days:
        return monday(tenant.phases.discovery)
    day = calendars.today()
    while working_day(day, tenant.phases.discovery_days) > calendars.today():
        day -= timedelta(days=1)
    return working_day(day, 1)


def monday(weeks: int) -> date:
    day = calendars.today() - timedelta(weeks=weeks)
    return day - timedelta(days=day.weekday())


def morning(day: date) -> datetime:
    """Nine o'clock, where the tenant is."""
    return datetime.combine(day, time(9), ZoneInfo(calendars.in_force()[1].zone))
