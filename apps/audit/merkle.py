"""Merkle trees of RFC 6962, section 2.1, built leaf by leaf.

Of a growing tree only the roots of its complete subtrees are kept: one per set bit of its size, at most 64 hashes.
They are enough to add leaves and to compute the root.
"""

import hashlib
from collections.abc import Iterable

NODE_PREFIX = b"\x01"
HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(NODE_PREFIX + left + right).digest()


class Frontier:
    """A tree of `size` leaves, kept as the roots of its complete subtrees, largest first."""

    def __init__(self, size: int = 0, encoded: bytes = b"") -> None:
        """Start empty, or from what `encoded` gave for a tree of this size. Raises ValueError when the two disagree."""
        if size < 0 or len(encoded) != HASH_BYTES * size.bit_count():
            raise ValueError(
                f"A tree of {size} leaves has {size.bit_count()} complete subtrees, not {len(encoded)} bytes."
            )
        self.size = size
        self._roots = [encoded[start : start + HASH_BYTES] for start in range(0, len(encoded), HASH_BYTES)]

    def add(self, root: bytes, width: int = 1) -> None:
        """Add a leaf, or the complete subtree over the next `width` leaves, a power of two that divides the size."""
        whole, rest = divmod(self.size, width)
        if rest or width.bit_count() != 1:
            raise ValueError(f"A subtree of {width} leaves cannot begin at leaf {self.size}.")
        while whole & 1:
            root = node_hash(self._roots.pop(), root)
            whole >>= 1
        self._roots.append(root)
        self.size += width

    def extend(self, leaves: Iterable[bytes]) -> None:
        for leaf in leaves:
            self.add(leaf)

    def root(self) -> bytes:
        if not self._roots:
            return EMPTY_ROOT
        root = self._roots[-1]
        for left in reversed(self._roots[:-1]):
            root = node_hash(left, root)
        return root

    def encoded(self) -> bytes:
        return b"".join(self._roots)
