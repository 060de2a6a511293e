"""Where two sequences of bytes part."""

import json
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

LEAD, REST = 60, 120  # bytes shown before the first difference and from it on


@dataclass(frozen=True)
class Difference:
    at: int  # bytes that are the same before it
    lead: str  # the last of them
    before: str  # how each goes on
    after: str


def first_difference(before: bytes, after: bytes) -> Difference | None:
    """None when they are identical."""
    if before == after:
        return None
    at = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(before, after, strict=False)))
    lead = before[max(0, at - LEAD) : at]
    return Difference(at, _shown(lead), _shown(before[at : at + REST]), _shown(after[at : at + REST]))


def as_bytes(value: Any) -> bytes:
    """JSON in one form, whatever order the database returned it in: one name a line, so that a difference is short."""
    return json.dumps(value, sort_keys=True, indent=1, ensure_ascii=False).encode()


def _shown(piece: bytes) -> str:
    return piece.decode(errors="replace")
