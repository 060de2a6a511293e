"""RFC 8785 canonical JSON without floats: one value, one sequence of bytes, the same for a verifier in any language.

For such values the standard library's C encoder writes the same bytes as the `rfc8785` package in a seventh of the
time (a property test holds the two together); names beyond the basic multilingual plane, which sort differently there,
are left to the package.
"""

import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import rfc8785

Json: TypeAlias = "bool | int | str | Sequence[Json] | Mapping[str, Json] | None"

LARGEST = 2**53 - 1  # beyond it JavaScript and others read another number
LAST_OF_PLANE = "\uffff"

_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), check_circular=False).encode


class NotCanonical(ValueError):
    """The value has no canonical form here; says where in it and why."""


def canonical(value: Json) -> bytes:
    """The bytes. Raises NotCanonical for floats, integers beyond 2**53 - 1, lone surrogates and unknown types."""
    plain = _check(value, "")
    try:
        return _encode(value).encode() if plain else rfc8785.dumps(value)
    except UnicodeEncodeError:
        raise NotCanonical("A text holds half a surrogate pair.") from None


def _check(value: object, path: str) -> bool:
    """Refuse what has no canonical form; False when a name needs the package's sort order."""
    if value is None or isinstance(value, str | bool):
        return True
    if isinstance(value, int):
        if -LARGEST <= value <= LARGEST:
            return True
        raise NotCanonical(f"{path or 'The value'} is beyond 2**53 - 1. Write it as a string.")
    plain = True
    if isinstance(value, dict):
        for name, item in value.items():
            if not isinstance(name, str):
                raise NotCanonical(f"{path or 'The value'} has a name that is not a text: {name!r}.")
            plain = (name.isascii() or max(name) <= LAST_OF_PLANE) and plain
            plain = _check(item, f"{path}.{name}" if path else name) and plain
        return plain
    if isinstance(value, list | tuple):
        for item in value:
            plain = _check(item, f"{path}[]") and plain
        return plain
    if isinstance(value, float):
        raise NotCanonical(
            f"{path or 'The value'} is a float. Write it as a string or as an integer of a smaller unit."
        )
    raise NotCanonical(f"{path or 'The value'} is of type {type(value).__name__}, which has no canonical form.")
