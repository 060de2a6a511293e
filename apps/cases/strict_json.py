"""JSON from strangers: one object, each name once, no values that JSON does not have."""

import json
from typing import Any, NoReturn

FIELDS = 100
NAME_LENGTH = 200


class NotAnObject(ValueError):
    """The text is not one JSON object. The message says what is wrong and where, in words for the sender."""


def load_object(text: str) -> dict[str, Any]:
    """Read one JSON object. Values may still hold NUL or half a surrogate pair; names may not."""
    try:
        loaded = json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
    except NotAnObject:
        raise
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}" if error.lineno > 1 else f"column {error.colno}"
        raise NotAnObject(f"This is not JSON: {error.msg} at {place}.") from None
    except RecursionError:
        raise NotAnObject("This JSON is nested too deeply.") from None
    except ValueError:  # Python reads no number of more than 4,300 digits
        raise NotAnObject("This JSON holds a number that is too long.") from None
    if not isinstance(loaded, dict):
        raise NotAnObject(f"A case is one JSON object, and this is {KINDS[type(loaded)]}.")
    return loaded


KINDS = {
    list: "a list",
    str: "a text",
    int: "a number",
    float: "a number",
    bool: "true or false",
    type(None): "null",
}


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(pairs) > FIELDS:
        raise NotAnObject(f"An object here has more than {FIELDS} fields.")
    found: dict[str, Any] = {}
    for name, value in pairs:
        if len(name) > NAME_LENGTH or not name.isprintable():
            raise NotAnObject("The name of a field is too long, or holds characters that cannot be shown.")
        if name in found:
            raise NotAnObject(f"The field “{name}” appears twice.")
        found[name] = value
    return found


def _no_constant(name: str) -> NoReturn:
    raise NotAnObject(f"{name} is not JSON.")
