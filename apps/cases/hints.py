"""Wake-up hints for the workers. Losing one costs seconds, never a case: the sweeper hints at whatever is due."""

import logging
import time

from celery import Task
from django.db import transaction
from kombu.exceptions import OperationalError

from apps.tenants.schemas import current_schema

logger = logging.getLogger(__name__)

# How long a process sends no hints after the broker did not answer: waiting for it would stop the door.
SILENT_SECONDS = 5.0
_silent_until = 0.0


def after_commit(queue: str) -> None:
    """Hint that `queue` has work, once the current transaction is committed."""
    schema = current_schema()
    transaction.on_commit(lambda: send(schema, queue))


def imports_after_commit() -> None:
    """Hint that a file waits to come in, once the current transaction is committed."""
    schema = current_schema()
    transaction.on_commit(lambda: send_imports(schema))


def send(schema: str, queue: str) -> None:
    from apps.cases.tasks import work_queue

    _send(work_queue, (schema, queue), queue)


def send_imports(schema: str) -> None:
    """To the queue of long work, so that cases overtake files."""
    from apps.cases.tasks import bring_in_files

    _send(bring_in_files, (schema,), "evaluation")


def _send(task: Task, arguments: tuple[str, ...], queue: str) -> None:
    global _silent_until
    if time.monotonic() < _silent_until:
        return
    try:
        task.apply_async(arguments, queue=queue, retry=False, expires=60)
    except OperationalError:
        _silent_until = time.monotonic() + SILENT_SECONDS
        logger.warning("The broker is out of reach; the sweeper will wake %s for %s.", queue, arguments[0])
