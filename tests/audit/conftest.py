"""The log's tests work in Northgate's schema, under the tenant's role or as the strongest insider: the owner."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction

from apps.audit.entries import Prepared, record
from apps.tenants.actors import Actor
from apps.tenants.backend.owner import as_owner
from apps.tenants.schemas import in_schema
from tests.cast import NORTHGATE

REVIEWER = Actor("person", "019aa0b4-7d00-7000-8000-000000000001", "Samir Haddad", "senior_reviewer")


def write(count: int, **facts: Any) -> list[Prepared]:
    """Commit `count` entries about as many cases."""
    with transaction.atomic():
        return [
            record(actor=REVIEWER, action="case.approved", object=f"case:{number}", lane="reviewed", **facts)
            for number in range(count)
        ]


def execute(statement: str, *parameters: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)


@pytest.fixture
def insider(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The owner of the database in Northgate's schema, with the triggers switched off. What they do is rolled back."""
    with django_db_blocker.unblock(), as_owner(), in_schema(NORTHGATE), transaction.atomic():
        for table in ("audit_entry", "audit_leaf", "audit_checkpoint"):
            execute(f"ALTER TABLE {table} DISABLE TRIGGER refuse_change")
        yield
        transaction.set_rollback(True)
