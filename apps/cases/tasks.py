"""Background work on cases. A task only says where to look; PostgreSQL says what is due."""

from celery import shared_task

from apps.cases import hints
from apps.cases.processing import work_queue as work
from apps.cases.statements import DUE, execute
from apps.tenants.tasks import TenantTask


@shared_task(base=TenantTask, name="cases.work_queue")
def work_queue(schema: str, queue: str) -> None:  # noqa: ARG001 - the task's base reads it
    work(queue)


@shared_task(base=TenantTask, name="cases.sweep")
def sweep(schema: str) -> None:
    """Wake the workers for whatever is due: what a lost message, a dead worker or a waiting period left behind."""
    for row in execute(DUE, {}):
        hints.send(schema, row["queue"])
