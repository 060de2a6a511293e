"""Background work on cases. A task only says where to look; PostgreSQL says what is due."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from apps.cases import hints
from apps.cases.importing import bring_in_next, waiting_imports
from apps.cases.processing import work_queue as work
from apps.cases.shadow import run_waiting
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
    if waiting_imports().filter(touched_at__lt=timezone.now() - timedelta(seconds=10)).exists():
        hints.send_imports(schema)


@shared_task(base=TenantTask, name="cases.bring_in_files")
def bring_in_files(schema: str) -> None:
    """Bring uploaded files in for a while, then let others have the worker."""
    if not bring_in_next(seconds=20):
        hints.send_imports(schema)


@shared_task(base=TenantTask, name="cases.run_shadows")
def run_shadows(schema: str) -> None:  # noqa: ARG001 - the task's base reads it
    run_waiting(seconds=20)
