"""Migrations and new tenants need the owner of the schemas, and nothing else does."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connections

from config import env


@contextmanager
def as_owner(run: str = "") -> Iterator[None]:
    """Connect this thread as the owner of the schemas (`DATABASE_OWNER_URL`) until the block ends.

    `run` names what is done as the owner, for the record of changes to the schema (embedded.schema_watch).
    The connection is closed at both ends, so this cannot be used inside a transaction.
    """
    connection: Any = connections["default"]
    if not connection.settings_dict["TENANT_ROLES"]:
        yield
        return
    if not settings.DATABASE_OWNER_URL:
        raise ImproperlyConfigured(
            "DATABASE_OWNER_URL is not set: migrations and new tenants need the owner's connection."
        )
    if connection.in_atomic_block:
        raise RuntimeError("The owner's connection cannot be taken inside a transaction.")
    runtime = connection.settings_dict
    owner = env.database(settings.DATABASE_OWNER_URL) | {"NAME": runtime["NAME"], "TENANT_ROLES": False}
    if run:
        named = f"-c thinslice.run={run}/{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        owner["OPTIONS"] = {**owner.get("OPTIONS", {}), "options": named}
    connection.close()
    connection.settings_dict = {**runtime, **owner}
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict = runtime
        connection.set_settings_schema(connection.schema_name)
