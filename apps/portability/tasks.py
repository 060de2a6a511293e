"""Background work of the portability room."""

import logging
from uuid import UUID

from celery import shared_task
from kombu.exceptions import OperationalError

from apps.portability import services
from apps.tenants.tasks import TenantTask

logger = logging.getLogger(__name__)


@shared_task(base=TenantTask, name="portability.work_on_hand_over")
def work_on_hand_over(schema: str, hand_over: str) -> None:  # noqa: ARG001 - the task's base reads it
    services.work(UUID(hand_over))


@shared_task(base=TenantTask, name="portability.sweep_hand_overs")
def sweep_hand_overs(schema: str) -> None:
    """Wake the workers for what a lost message or a dead worker left behind, and take away what is kept no longer."""
    for hand_over in services.waiting():
        send_hand_over(schema, hand_over)
    services.clear()


def send_hand_over(schema: str, hand_over: UUID) -> None:
    """To the queue of long work. Losing the message costs seconds: the sweep sends another."""
    try:
        work_on_hand_over.apply_async((schema, str(hand_over)), queue="evaluation", retry=False, expires=60)
    except OperationalError:
        logger.warning("The broker is out of reach; the sweep will wake a hand-over of %s.", schema)
