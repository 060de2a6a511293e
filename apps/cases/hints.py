"""Wake-up hints for the workers. Losing one costs seconds, never a case: the sweeper hints at whatever is due."""

import logging
import time

from django.db import transaction
from kombu.exceptions import OperationalError

from apps.tenants.schemas import current_schema

logger = logging.getLogger(__name__)

SILENT_SECONDS = (
    5.0  # how long a process sends no hints after the broker did not answer: waiting for it would stop the door
)
_silent_until = 0.0


def after_commit(queue: str) -> None:
    """Hint that `queue` has work, once the current transaction is committed."""
    schema = current_schema()
    transaction.on_commit(lambda: send(schema, queue))


def send(schema: str, queue: str) -> None:
    global _silent_until
    from apps.cases.tasks import work_queue

    if time.monotonic() < _silent_until:
        return
    try:
        work_queue.apply_async((schema, queue), queue=queue, retry=False, expires=60)
    except OperationalError:
        _silent_until = time.monotonic() + SILENT_SECONDS
        logger.warning("The broker is out of reach; the sweeper will wake %s for %s.", queue, schema)
