"""What an hour of a reviewer costs, who gets the monthly report, and the report of last month as it was sent."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from uuid import UUID

from django.utils import timezone

from apps.insights.models import HourRate, MonthlyReport
from apps.insights.rates import set_rate
from apps.insights.reports import monthly, sending
from apps.insights.reports.recipients import add_recipient
from apps.tenants.capabilities import Role
from apps.tenants.schemas import in_schema
from apps.workflows.models import Workflow
from demo import clock, engagements
from demo.people import actor
from demo.world import DemoTenant

RATES = {
    "northgate": ("36.50", "Finance, loaded rate of the service team"),
    "harbour": ("46.00", "Finance, loaded rate of claims handlers"),
    "calloway": ("120.00", "Practice management, cost rate of an associate"),
}
AT = time(6, 5)  # on the first of the month, UTC


def set_rates(tenant: DemoTenant) -> None:
    """Said in Discovery, with the baselines. Nothing to do where there is one."""
    with in_schema(tenant.schema_name):
        workflow = Workflow.objects.get(slug=tenant.workflow.slug)
        if HourRate.objects.exists():
            return
        usd, source = RATES[tenant.slug]
        with clock.telling(workflow.slug, engagements.morning(engagements.first_day(tenant))):
            set_rate(actor=actor(Role.CONSULTANT), workflow=workflow, usd=Decimal(usd), source=source)


def send_last(tenant: DemoTenant) -> None:
    """Where the workflow runs: last month's report, made and sent on the first of this one."""
    today = timezone.now().date()
    if not tenant.phases.run:
        return
    with in_schema(tenant.schema_name):
        workflow = Workflow.objects.get(slug=tenant.workflow.slug)
        if MonthlyReport.objects.exists():
            return
        first = today.replace(day=1)
        with clock.telling(workflow.slug, engagements.morning(monthly.month_before(first))):
            for role in (Role.DECISION_OWNER, Role.CONSULTANT):
                add_recipient(actor=actor(Role.DECISION_OWNER), workflow=workflow, person=UUID(actor(role).id))
        with clock.telling(workflow.slug, _sent_at(first)):
            monthly.make_due()
            sending.send_due()


def _sent_at(first: date) -> datetime:
    return min(datetime.combine(first, AT, UTC), timezone.now())
