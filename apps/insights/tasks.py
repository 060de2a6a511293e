"""Background work on insights. A task only says where to look; PostgreSQL says what is due."""

from celery import shared_task

from apps.insights import anomalies
from apps.insights.reports import monthly, sending
from apps.tenants.tasks import TenantTask


@shared_task(base=TenantTask, name="insights.look_for_anomalies")
def look_for_anomalies(schema: str) -> None:  # noqa: ARG001 - the task's base reads it
    anomalies.look_nightly()


@shared_task(base=TenantTask, name="insights.monthly_reports")
def monthly_reports(schema: str) -> None:  # noqa: ARG001 - the task's base reads it
    """Make last month's report where there is none, and send what is due."""
    try:
        monthly.make_due()
    finally:  # what was made before is sent all the same
        sending.send_due()
