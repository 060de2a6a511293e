"""Proofs of RFC 6962, 2.1.1 and 2.1.2, from any source of range roots, and their verification (RFC 9162, 2.1.3.2).

`root_of(begin, end)` gives the root of the tree over the leaves begin … end - 1. It is asked only for ranges that the
tree of `size` leaves holds as one node. Paths run from the leaf to the root; all hashes are 32 bytes.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

from apps.audit.merkle import node_hash

RootOf: TypeAlias = Callable[[int, int], bytes]


class Sibling(NamedTuple):
    """The root of the complete subtree over the `width` leaves from `at` on: stands for leaves that are not shown."""

    at: int
    width: int
    root: bytes


def inclusion_path(index: int, size: int, root_of: RootOf) -> list[bytes]:
    """The audit path of leaf `index` in the tree of `size` leaves. Raises IndexError when the leaf is not in it."""
    if not 0 <= index < size:
        raise IndexError(f"A tree of {size} leaves has no leaf {index}.")
    begin, end, path = 0, size, list[bytes]()
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            path.append(root_of(middle, end))
            end = middle
        else:
            path.append(root_of(begin, middle))
            begin = middle
    return path[::-1]


def consistency_path(first: int, second: int, root_of: RootOf) -> list[bytes]:
    """The proof that the tree of `second` leaves begins with the tree of `first`. Raises IndexError when it cannot."""
    if not 0 < first <= second:
        raise IndexError(f"A tree of {second} leaves cannot go on from one of {first}.")
    begin, end, path, whole = 0, second, list[bytes](), True
    while first != end:
        middle = begin + _split(end - begin)
        if first <= middle:
            path.append(root_of(middle, end))
            end = middle
        else:
            path.append(root_of(begin, middle))
            begin, whole = middle, False
    return ([] if whole else [root_of(begin, end)]) + path[::-1]


def root_from_path(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """The root that the path leads to. Raises ValueError when it has the wrong length for the place."""
    if not 0 <= index < size:
        raise ValueError(f"A tree of {size} leaves has no leaf {index}.")
    node, last, root = index, size - 1, leaf
    for hash_ in path:
        if last == 0:
            raise ValueError("The path is too long.")
        if node & 1 or node == last:
            root = node_hash(hash_, root)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            root = node_hash(root, hash_)
        node, last = node >> 1, last >> 1
    if last:
        raise ValueError("The path is too short.")
    return root


def consistent(first: int, first_root: bytes, second: int, second_root: bytes, path: Sequence[bytes]) -> bool:
    """Whether the path shows that the tree of `second` leaves begins with the tree of `first`."""
    if first == second:
        return first_root == second_root and not path
    if not 0 < first < second or not path:
        return False
    hashes = [first_root, *path] if first.bit_count() == 1 else list(path)
    node, last = first - 1, second - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = hashes[0]
    for hash_ in hashes[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            old, new = node_hash(hash_, old), node_hash(hash_, new)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, hash_)
        node, last = node >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root


def siblings(shown: Iterable[int], size: int, root_of: RootOf, begin: int = 0) -> Iterator[Sibling]:
    """What a tree of `size` leaves holds beside the leaves `shown` (ascending), as few complete subtrees in order.

    With the shown leaves they give the root: one proof for any selection, none at all for the whole. `begin` leaves
    are taken as covered, so a long selection can be covered piece by piece, each ending behind a leaf that is shown.
    """
    for index in shown:
        if not begin <= index < size:
            raise IndexError(f"Leaf {index} is out of order, or not in a tree of {size} leaves.")
        yield from _covering(begin, index, root_of)
        begin = index + 1
    yield from _covering(begin, size, root_of)


def _covering(begin: int, end: int, root_of: RootOf) -> Iterator[Sibling]:
    while begin < end:
        width = 1 << ((end - begin).bit_length() - 1)
        if begin:
            width = min(width, begin & -begin)
        yield Sibling(begin, width, root_of(begin, begin + width))
        begin += width


def _split(size: int) -> int:
    """The largest power of two that is smaller than `size`."""
    return 1 << ((size - 1).bit_length() - 1)
