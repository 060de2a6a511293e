"""Rows of the demo's past carry the dates that they tell of; the audit log does not.

Inside of `at` the services run as always, but what they write into their tables is dated back. Audit entries take their
time from elsewhere: each says when it was written, and `telling` puts two around them that say what time they tell of.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from unittest.mock import patch

from django.db import transaction
from django.utils import timezone

from apps.audit.entries import record, timestamp
from apps.tenants.actors import SYSTEM

WHY = "Written when the demo was made. The entries up to “history.told” tell of this time, not of their own."


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """The services of this process date what they write to `moment`."""
    with patch.object(timezone, "now", lambda: moment):
        yield


@contextmanager
def telling(workflow: str, begin: datetime, end: datetime | None = None) -> Iterator[None]:
    """As `at(begin)`, in one transaction, between two entries that say which time is told of."""
    period = {"begin": timestamp(begin), "end": timestamp(end or begin)}
    with transaction.atomic():
        record(actor=SYSTEM, action="history.begun", object=f"workflow:{workflow}", after=period, reason=WHY)
        with at(begin):
            yield
        record(actor=SYSTEM, action="history.told", object=f"workflow:{workflow}", after=period)
