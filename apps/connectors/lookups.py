"""Reading facts from systems of record. Unlike anything in a case's text, they may be trusted."""

from collections.abc import Mapping
from typing import Any

from apps.connectors import wire
from apps.connectors.models import System
from apps.connectors.operations import Operations


class NotAllowed(Exception):
    """The system is not registered, or the operation is not among what it may be asked."""


def look_up(system: str, operation: str, key: str) -> dict[str, str] | None:
    """The facts under `key`, as {"order.total": "129.00", "customer.tier": "silver"}; None when there is no record.

    Raises NotAllowed, or wire.SystemUnavailable when there is no answer now.
    """
    row = System.objects.filter(pk=system).first()
    if row is None or Operations.model_validate(row.operations).look_up(operation) is None:
        raise NotAllowed(f"{system}.{operation} is not a look-up that is registered.")
    answer = wire.ask(row, operation, key)
    return None if answer is None else flatten(answer)


def flatten(record: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Nested values under dotted names, as text: true or false, numbers, lists joined by a comma; None is no fact."""
    facts: dict[str, str] = {}
    for name, value in record.items():
        path = f"{prefix}{name}"
        if isinstance(value, Mapping):
            facts |= flatten(value, f"{path}.")
        elif isinstance(value, list):
            facts[path] = ", ".join(_text(item) for item in value)
        elif value is not None:
            facts[path] = _text(value)
    return facts


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
