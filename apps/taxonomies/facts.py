"""Trusted facts: what a system of record answered, as text under dotted names, so that decisions can be replayed."""

from collections.abc import Mapping
from typing import Any

SEPARATOR = ", "  # between the items of a list


def as_fact(value: Any) -> str:
    """`true`/`false` for booleans, items joined by a comma for lists, decimal text for numbers."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return SEPARATOR.join(as_fact(item) for item in value)
    return str(value)


def flatten(record: Mapping[str, Any], into: str = "") -> dict[str, str]:
    """A record as facts: {"order": {"total": "129.00"}} gives {"order.total": "129.00"}; what is None is no fact."""
    facts: dict[str, str] = {}
    for name, value in record.items():
        path = f"{into}.{name}" if into else name
        if isinstance(value, Mapping):
            facts |= flatten(value, path)
        elif value is not None:
            facts[path] = as_fact(value)
    return facts


def as_items(fact: str) -> list[str]:
    return [item.strip() for item in fact.split(SEPARATOR.strip()) if item.strip()]
