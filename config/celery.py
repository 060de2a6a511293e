"""The Celery application: wake-up hints and housekeeping. The work itself lives in PostgreSQL, so a lost message loses nothing."""

import os
from typing import Any

from celery import Celery
from kombu import Queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


def transport(url: str) -> dict[str, Any]:
    return {"socket_keepalive": True} if url.startswith("redis://") else {}


app = Celery("thinslice")
app.config_from_object(
    {
        "task_queues": [Queue(name) for name in ("quick", "model", "effects", "evaluation")],
        "task_default_queue": "quick",
        "task_acks_late": True,
        "task_ignore_result": True,
        "task_serializer": "json",
        "accept_content": ["json"],
        "worker_prefetch_multiplier": 1,
        "worker_hijack_root_logger": False,
        "broker_connection_retry_on_startup": True,
        "task_time_limit": 600,
        "timezone": "UTC",
        # Celery's Django fix-up would close the connection around every task otherwise: four times the database time per case.
        "db_reuse_max": 10**9,
    }
)
app.conf["CELERY_DB_REUSE_MAX"] = 10**9
app.autodiscover_tasks()


@app.on_after_configure.connect
def read_settings(sender: Celery, **_: object) -> None:
    from django.conf import settings

    sender.conf.broker_url = settings.BROKER_URL
