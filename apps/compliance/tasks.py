"""Background work of the compliance room. A task only says where to look; PostgreSQL says what is due."""

import logging
from uuid import UUID

from celery import shared_task
from kombu.exceptions import OperationalError

from apps.compliance import erasure_ledger, retention
from apps.compliance.exports import services as exports
from apps.tenants.tasks import TenantTask

logger = logging.getLogger(__name__)
SECONDS = 20.0  # at a stretch, then others have the worker


@shared_task(base=TenantTask, name="compliance.work_on_export")
def work_on_export(schema: str, export: str) -> None:
    if not exports.work(UUID(export), seconds=SECONDS):
        send_export(schema, UUID(export))


@shared_task(base=TenantTask, name="compliance.sweep_exports")
def sweep_exports(schema: str) -> None:
    """Wake the workers for what a lost message or a dead worker left behind, and take away what is kept no longer."""
    for export in exports.waiting():
        send_export(schema, export)
    exports.clear()


def send_export(schema: str, export: UUID) -> None:
    """To the queue of long work. Losing the message costs seconds: the sweep sends another."""
    try:
        work_on_export.apply_async((schema, str(export)), queue="evaluation", retry=False, expires=60)
    except OperationalError:
        logger.warning("The broker is out of reach; the sweep will wake an export of %s.", schema)


@shared_task(base=TenantTask, name="compliance.apply_retention")
def apply_retention(schema: str) -> None:  # noqa: ARG001 - the task's base reads it
    """Let go of what is over its time, and write into the ledger whoever a crash has kept out of it."""
    erasure_ledger.catch_up()
    retention.apply_retention()
