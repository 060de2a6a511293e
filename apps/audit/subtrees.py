"""Stored roots of complete subtrees of 256, 65,536, … leaves, so that a proof reads a few pages and not the whole log.

They are a memory, no second truth: each follows from the leaves below it, is built again when it is missing, and a
proof made with a changed one does not lead to the checkpoint's root.
"""

from collections.abc import Iterable, Iterator

from apps.audit.findings import Finding
from apps.audit.merkle import Frontier
from apps.audit.models import Leaf, Subtree

FANOUT = 256  # children of one stored subtree
KEPT_GROUPS = 256  # in memory: about 4 MB


class Missing(LookupError):
    """A leaf that a proof needs is gone."""


class Subtrees:
    """The tree of the current tenant, read in groups of 256 siblings, each once."""

    def __init__(self) -> None:
        self._groups: dict[tuple[int, int], list[bytes]] = {}

    def root(self, begin: int, end: int) -> bytes:
        """The root over the leaves begin … end - 1. `begin` is a multiple of the smallest power of two ≥ end - begin.

        Raises Missing when a leaf is not there.
        """
        tree, at = Frontier(), begin
        for level in reversed(range(_levels(end - begin) + 1)):
            width = FANOUT**level
            while end - at >= width:
                tree.add(self.node(level, at // width), width)
                at += width
        return tree.root()

    def node(self, level: int, place: int) -> bytes:
        """The root of the `place`-th complete subtree of 256 ** level leaves."""
        group, within = divmod(place, FANOUT)
        nodes = self._groups.get((level, group))
        if nodes is None:
            if len(self._groups) >= KEPT_GROUPS:
                self._groups.clear()
            nodes = self._groups[level, group] = _read(level, group * FANOUT)
        if within < len(nodes):
            return nodes[within]
        if level == 0:
            raise Missing(f"The sequence has no entry at place {place}, or one before it in its group is gone.")
        return self.built(level, place)

    def built(self, level: int, place: int) -> bytes:
        """The same, from the children of the subtree and not from where it is stored."""
        tree = Frontier()
        for child in range(place * FANOUT, (place + 1) * FANOUT):
            tree.add(self.node(level - 1, child))
        return tree.root()


def grow(size: int) -> int:
    """Store the complete subtrees of the first `size` leaves that are not stored yet. Returns how many."""
    added, level, tree = 0, 1, Subtrees()
    while complete := size // FANOUT**level:
        newest = Subtree.objects.filter(level=level).order_by("-place").values_list("place", flat=True).first()
        first = 0 if newest is None else newest + 1
        for place in range(first, complete):
            Subtree.objects.create(level=level, place=place, root=tree.built(level, place))
            added += 1
        level += 1
    return added


def check() -> Iterator[Finding]:
    """Stored subtrees that do not follow from what is below them, each compared with its own children."""
    for level, place, root in (
        Subtree.objects.order_by("level", "place").values_list("level", "place", "root").iterator()
    ):
        first, last = place * FANOUT**level, (place + 1) * FANOUT**level - 1
        children = _read(level - 1, place * FANOUT)
        tree = Frontier()
        tree.extend(children)
        if len(children) != FANOUT or tree.root() != bytes(root):
            yield Finding("subtree", f"The stored hash over the places {first} to {last} was changed.", first)


def _read(level: int, first: int) -> list[bytes]:
    """Up to 256 nodes from `first` on, as far as they follow each other without a gap."""
    rows: Iterable[tuple[int, bytes | memoryview]]
    if level == 0:
        rows = Leaf.objects.filter(seq__gte=first, seq__lt=first + FANOUT).order_by("seq").values_list("seq", "leaf")
    else:
        stored = Subtree.objects.filter(level=level, place__gte=first, place__lt=first + FANOUT)
        rows = stored.order_by("place").values_list("place", "root")
    return [bytes(node) for at, (place, node) in enumerate(rows) if place == first + at]


def _levels(leaves: int) -> int:
    level = 0
    while FANOUT ** (level + 1) <= leaves:
        level += 1
    return level
