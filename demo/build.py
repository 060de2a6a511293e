"""What was asked for beyond the statement of work while the demo's workflows were built."""

from datetime import timedelta

from apps.engagements.build.changes import Wanted, ask_change, decide_change
from apps.engagements.build_models import ChangeRequest
from apps.engagements.engagements import current
from apps.reviews.calendars import today
from apps.tenants.capabilities import Role
from apps.tenants.schemas import in_schema
from demo import clock
from demo.engagements import morning
from demo.people import actor
from demo.world import DemoTenant


def ask(tenant: DemoTenant) -> None:
    """The tenant's change requests, each in its week of Build. Running it again changes nothing."""
    with in_schema(tenant.schema_name):
        engagement = current()
        if engagement is None or engagement.build_on is None or ChangeRequest.objects.exists():
            return
        for told in tenant.changes:
            day = engagement.build_on + timedelta(days=told.day)
            if day > today():
                continue
            wanted = Wanted(told.title, told.why, told.price, told.days)
            with clock.telling(engagement.workflow.slug, morning(day)):
                change = ask_change(actor=actor(Role.CONSULTANT), engagement=engagement, wanted=wanted)
            if told.decision:
                with clock.telling(engagement.workflow.slug, morning(day) + timedelta(hours=5)):
                    owner, accept = actor(Role.DECISION_OWNER), told.accepted
                    decide_change(actor=owner, change=change, accept=accept, reason=told.decision)
