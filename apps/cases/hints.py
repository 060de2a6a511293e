"""Wake-up hints for the workers. Losing one costs seconds, never a case: the sweeper sends hints for whatever is due."""

import logging

from django.db import connection, transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


def after_commit(queue: str) -> None:
    """Hint that `queue` has work, once the current transaction is committed."""
    schema = connection.schema_name
    transaction.on_commit(lambda: send(schema, queue))


def send(schema: str, queue: str) -> None:
    from apps.cases.tasks import work_queue

    try:
        work_queue.apply_async((schema, queue), queue=queue, retry=False, expires=60)
    except OperationalError:
        logger.warning("The broker is out of reach; the sweeper will wake %s for %s.", queue, schema)
