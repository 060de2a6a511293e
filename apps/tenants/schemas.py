"""Schema names: one per tenant, checked here, by the database and before every task."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection as _connection
from django_tenants.utils import get_public_schema_name, schema_context

PATTERN = r"^t_[a-z0-9]{1,40}$"
PUBLIC = get_public_schema_name()
connection: Any = _connection  # has a tenant and a schema, which Django's types do not know


def is_tenant_schema(name: object) -> bool:
    return isinstance(name, str) and re.fullmatch(PATTERN.strip("^$"), name) is not None


def validate_schema_name(name: str) -> None:
    if not is_tenant_schema(name):
        raise ValidationError("A schema name is t_ and then 1 to 40 small letters or digits.")


@contextmanager
def in_schema(name: str) -> Iterator[None]:
    """Work in this tenant's schema, under its role, and return to where we were. Nothing is sent until a query is."""
    validate_schema_name(name)
    with schema_context(name):
        yield


@contextmanager
def in_public() -> Iterator[None]:
    """Work among the people and tenants themselves. Inside a transaction the role changes, the transaction goes on."""
    with schema_context(PUBLIC):
        yield


def current_schema() -> str:
    return str(connection.schema_name)
