"""Background work on engagements."""

from celery import shared_task

from apps.engagements.cadence.overdue import tell_of_overdue
from apps.tenants.tasks import TenantTask


@shared_task(base=TenantTask, name="engagements.watch_cadence")
def watch_cadence(schema: str) -> None:  # noqa: ARG001 - the task's base reads it
    tell_of_overdue()
