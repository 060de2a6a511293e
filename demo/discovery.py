"""A workflow in its first ten days: people, a calendar, and artefacts that are begun. Nothing runs yet."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from apps.engagements.engagements import working_day
from apps.reviews import calendars
from apps.tenants.capabilities import Role
from apps.workflows.models import Workflow
from apps.workflows.services import create_workflow
from demo import clock, engagements
from demo.people import actor
from demo.world import DemoTenant, Say


@transaction.atomic
def begin(tenant: DemoTenant, say: Say) -> None:
    """What is there on today's day of Discovery. Called in the tenant's schema; nothing to do where it was begun."""
    if Workflow.objects.filter(slug=tenant.workflow.slug).exists():
        return
    say("the workflow as its Discovery has it")
    _agree_on_the_calendar(tenant)
    with clock.telling(tenant.workflow.slug, _day(tenant, 1)):
        create_workflow(actor=actor(Role.CONSULTANT), **tenant.workflow.model_dump())


def _agree_on_the_calendar(tenant: DemoTenant) -> None:
    if not calendars.in_force()[0]:
        content = calendars.CalendarContent.model_validate(tenant.review()["calendar"])
        calendars.change_calendar(actor=actor(Role.DECISION_OWNER), content=content, note="Opening hours and holidays.")


def _day(tenant: DemoTenant, number: int) -> datetime:
    """Nine in the morning of this working day of Discovery, where the tenant is; not later than now."""
    return min(engagements.morning(working_day(engagements.first_day(tenant), number)), timezone.now())
