"""The audit log's peers, django-auditlog and django-pghistory. python -m benchmarks.history_peer URL SECONDS ROUNDS

Sixteen processes write rows, each in a transaction with 20 ms of business work, without a history and with each of the
two, in turn. Prints transactions a second as JSON: {"plain": […], "auditlog": […], "pghistory": […]}, one per round.
"""

import json
import os
import sys
from multiprocessing import get_context
from time import monotonic, sleep
from typing import Any

import django
from django.apps import apps
from django.conf import settings
from django.db import connection, connections, transaction

WRITERS, WORK_SECONDS = 16, 0.02
WAYS = {"plain": "Plain", "auditlog": "Logged", "pghistory": "Tracked"}


def main(url: str, seconds: float, rounds: int) -> None:
    from config.env import database  # which reads a URL and nothing else of the product

    settings.configure(
        DATABASES={"default": {"ENGINE": "django.db.backends.postgresql", **database(url)}},
        INSTALLED_APPS=[
            "django.contrib.contenttypes",
            "django.contrib.auth",
            "auditlog",
            "pgtrigger",
            "pghistory",
            "benchmarks.history_site",
        ],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        SECRET_KEY="of-a-benchmark",
        USE_TZ=True,
    )
    django.setup()
    from django.core.management import call_command

    call_command("migrate", run_syncdb=True, interactive=False, verbosity=0)
    call_command("pgtrigger", "install", verbosity=0)
    for way in WAYS:
        rate(way, 1.0)
    rates = [{way: rate(way, seconds) for way in WAYS} for _ in range(rounds)]
    _check()
    print(json.dumps({way: [each[way] for each in rates] for way in WAYS}))


def rate(way: str, seconds: float) -> float:
    """Committed transactions a second of all writers."""
    connections.close_all()
    context = get_context("fork")
    together, counts = context.Barrier(WRITERS), context.SimpleQueue()
    writers = [context.Process(target=_write, args=(way, seconds, together, counts)) for _ in range(WRITERS)]
    for writer in writers:
        writer.start()
    total: int = sum(counts.get() for _ in writers)
    for writer in writers:
        writer.join()
    return total / seconds


def _write(way: str, seconds: float, together: Any, counts: Any) -> None:
    from benchmarks.history_site import models

    model = getattr(models, WAYS[way])
    connection.ensure_connection()
    together.wait()
    ends, done = monotonic() + seconds, 0
    while monotonic() < ends:
        with transaction.atomic():
            sleep(WORK_SECONDS)
            model.objects.create(number=os.getpid() * 1_000_000 + done, **models.FACTS)
        done += 1
    connections.close_all()
    counts.put(done)


def _check() -> None:
    """That what was measured kept a history: one line for each row."""
    from auditlog.models import LogEntry

    from benchmarks.history_site.models import Logged, Tracked

    kept = {
        "auditlog": LogEntry.objects.count(),
        "pghistory": apps.get_model("history_site", "TrackedEvent").objects.count(),
    }
    if kept != {"auditlog": Logged.objects.count(), "pghistory": Tracked.objects.count()}:
        raise RuntimeError(f"The peers did not keep each write: {kept}.")


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]))
