"""A case's entries proved in place: each to be in the tree, and the tree to go on from a checkpoint that was signed."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from apps.audit.models import Checkpoint, LogKey, SignedCheckpoint
from apps.audit.notes import BadNote, Key, Tree
from apps.audit.proofs import Inclusion, NoProof, consistency, inclusion, newest_checkpoint
from apps.audit.signing import origin, published
from apps.audit.timeline import TimelineEntry


@dataclass(frozen=True)
class Signature:
    """What the log has signed last, checked against its keys just now."""

    size: int  # entries that the signed tree covers
    note: SignedCheckpoint
    key: Key
    witnesses: tuple[str, ...]


@dataclass(frozen=True)
class Proof:
    """Paths by entry, all to one root. Entries without one have no place under the checkpoint yet."""

    size: int
    root: str  # hex
    paths: dict[UUID, Inclusion]
    later: int
    signature: Signature | None  # None while nothing is signed

    @property
    def under_signature(self) -> int:
        """How many of the entries the signed checkpoint covers."""
        return sum(path.index < self.signature.size for path in self.paths.values()) if self.signature else 0


def prove(entries: Sequence[TimelineEntry]) -> Proof:
    """Prove all entries that the newest checkpoint covers. Raises NoProof, with what does not agree."""
    newest = newest_checkpoint()
    covered = [each for each in entries if each.sequence is not None and each.sequence < newest.tree_size]
    paths = {each.id: inclusion(each.id, newest.tree_size) for each in covered}
    for each in covered:
        if not each.intact or paths[each.id].leaf.hex() != each.leaf:
            raise NoProof(f"Entry no. {each.sequence} is not what the tree holds there.")
    signature = _signature(newest.tree_size)
    return Proof(newest.tree_size, bytes(newest.root).hex(), paths, len(entries) - len(covered), signature)


def _signature(size: int) -> Signature | None:
    """The newest signed checkpoint, with which the tree of `size` entries is consistent. Raises NoProof."""
    signed = SignedCheckpoint.objects.filter(pk__lte=size).order_by("-pk").first()
    if signed is None:
        return None
    try:
        note, keys = published(signed), [Key.parse(each) for each in LogKey.objects.values_list("encoded", flat=True)]
        tree = Tree.parse(note.text)
        witnesses = [Key.parse(each) for each in signed.cosignatures.values_list("witness", flat=True)]
    except BadNote as problem:
        raise NoProof(f"The signed checkpoint cannot be read. {problem}") from problem
    key = next((key for key in keys if note.verified(key)), None)
    if key is None or (tree.origin, tree.size) != (origin(), signed.pk):
        raise NoProof("The newest signed checkpoint bears no valid signature of this log's keys.")
    consistency(signed.pk, size)
    if bytes(Checkpoint.objects.get(pk=signed.pk).root) != tree.root:
        raise NoProof("The log was changed: its tree does not go on from the checkpoint that was signed.")
    return Signature(signed.pk, signed, key, tuple(sorted(each.name for each in witnesses if note.seen_at(each))))
