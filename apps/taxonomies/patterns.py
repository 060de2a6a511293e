"""Authors' patterns run over untrusted text, so one whose matching time can explode is refused when it is written."""

import re
from functools import lru_cache
from re import _constants as op  # type: ignore[attr-defined]  # the parser is the only way to see a pattern's structure
from re import _parser  # type: ignore[attr-defined]
from typing import Any

LONGEST = 1000  # characters
REPEATS = {op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT}
MANY = 30  # a repeat up to so many times within another is still short work


@lru_cache(maxsize=4096)
def compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def check_pattern(pattern: str) -> str:
    """The pattern itself; ValueError when it is none, matches the empty text, or repeats within a repeat."""
    if len(pattern) > LONGEST:
        raise ValueError(f"a pattern has at most {LONGEST} characters")
    try:
        found = compiled(pattern)
        tree = _parser.parse(pattern)
    except (re.error, RecursionError) as problem:
        raise ValueError(f"{pattern!r} is not a pattern: {problem}") from None
    if _repeats_within_repeat(tree, inside=False):
        raise ValueError(f"{pattern!r} repeats within a repeat, which can take forever on some texts")
    if found.match(""):
        raise ValueError(f"{pattern!r} matches everything")
    return pattern


def _repeats_within_repeat(tree: Any, *, inside: bool) -> bool:
    for kind, value in tree:
        if kind in REPEATS:
            _, most, body = value
            unbounded = most == op.MAXREPEAT or most > MANY
            if unbounded and inside:
                return True
            if _repeats_within_repeat(body, inside=inside or unbounded):
                return True
        elif any(_repeats_within_repeat(part, inside=inside) for part in _parts(value)):
            return True
    return False


def _parts(value: Any) -> list[Any]:
    """The sub-patterns in a node of the parser's tree: groups, branches, look-arounds."""
    if isinstance(value, _parser.SubPattern):
        return [value]
    if isinstance(value, list | tuple):
        return [part for item in value for part in _parts(item)]
    return []
