"""Finds the one byte that was changed: putting back what stood there makes the hash right again, which proves it."""

import hashlib
from typing import NamedTuple

from apps.audit.entries import LEAF_PREFIX

LONGEST = 4_096  # bytes of an entry that is searched: the time grows with the square, to about 2 s here


class ChangedByte(NamedTuple):
    position: int  # from 0
    was: int
    now: int

    def __str__(self) -> str:
        return (
            f"byte {self.position} was {self.was:#04x} ({chr(self.was)!r}) and is {self.now:#04x} ({chr(self.now)!r})"
        )


def changed_byte(exact: bytes, leaf: bytes) -> ChangedByte | None:
    """The byte of `exact` that must be another for its leaf hash to be `leaf`; None when more than one was changed."""
    if len(exact) > LONGEST:
        return None
    before = hashlib.sha256(LEAF_PREFIX)
    for position, now in enumerate(exact):
        after = exact[position + 1 :]
        for was in range(256):
            attempt = before.copy()
            attempt.update(bytes((was,)) + after)
            if attempt.digest() == leaf:
                return ChangedByte(position, was, now)
        before.update(bytes((now,)))
    return None
