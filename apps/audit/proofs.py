"""Proofs from the stored log: that an entry is in it, that it only grew, and what a selection needs beside it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

from apps.audit.merkle_proofs import Sibling, consistency_path, consistent, inclusion_path, root_from_path, siblings
from apps.audit.models import Checkpoint, Leaf
from apps.audit.subtrees import Subtrees


class NoProof(LookupError):
    """There is nothing to prove, or the stored log no longer leads to its checkpoint. The message says which."""


@dataclass(frozen=True)
class Inclusion:
    """That the leaf stands at `index` of the tree of `size` leaves with this root. Hashes of 32 bytes."""

    index: int
    size: int
    leaf: bytes
    path: tuple[bytes, ...]
    root: bytes


@dataclass(frozen=True)
class Consistency:
    """That the tree of `second` leaves begins with the tree of `first`."""

    first: int
    second: int
    path: tuple[bytes, ...]


def newest_checkpoint() -> Checkpoint:
    """Raises NoProof while nothing has been sequenced."""
    newest = Checkpoint.objects.order_by("-tree_size").first()
    if newest is None:
        raise NoProof("Nothing has been sequenced yet.")
    return newest


def inclusion(entry: UUID, size: int | None = None) -> Inclusion:
    """Prove that the entry is in the log as a checkpoint covers it, the newest one if no `size` is given.

    Raises NoProof when it is not, or when what is stored does not lead to the checkpoint's root.
    """
    checkpoint = newest_checkpoint() if size is None else _checkpoint(size)
    leaf = Leaf.objects.filter(entry_id=entry).first()
    if leaf is None or leaf.seq >= checkpoint.tree_size:
        raise NoProof(f"No checkpoint covers the entry {entry} yet.")
    path = inclusion_path(leaf.seq, checkpoint.tree_size, Subtrees().root)
    if root_from_path(bytes(leaf.leaf), leaf.seq, checkpoint.tree_size, path) != bytes(checkpoint.root):
        raise NoProof("The log was changed: what is stored no longer leads to the checkpoint. Run audit_verify.")
    return Inclusion(leaf.seq, checkpoint.tree_size, bytes(leaf.leaf), tuple(path), bytes(checkpoint.root))


def consistency(first: int, second: int) -> Consistency:
    """Prove that the log covered by the checkpoint `second` goes on from `first`. Raises NoProof."""
    older, newer = _checkpoint(first), _checkpoint(second)
    if first > second:
        raise NoProof(f"A log of {second} entries cannot go on from one of {first}.")
    path = consistency_path(first, second, Subtrees().root)
    if not consistent(first, bytes(older.root), second, bytes(newer.root), path):
        raise NoProof("The log was changed: what is stored no longer leads to its checkpoints. Run audit_verify.")
    return Consistency(first, second, tuple(path))


def beside(shown: Iterable[int], size: int, begin: int = 0) -> Iterator[Sibling]:
    """What the places `shown` (ascending) need to give the root over `size` entries: subtrees of those not shown.

    From the place `begin` on: see `siblings`.
    """
    return siblings(shown, size, Subtrees().root, begin)


def _checkpoint(size: int) -> Checkpoint:
    stored = Checkpoint.objects.filter(tree_size=size).first()
    if stored is None:
        raise NoProof(f"There is no checkpoint over {size} entries.")
    return stored
