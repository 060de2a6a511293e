"""Proofs from the stored log, with subtrees small enough to be many."""

from typing import Any
from uuid import uuid4

import pytest

from apps.audit import subtrees
from apps.audit.merkle import Frontier
from apps.audit.merkle_proofs import consistent, root_from_path
from apps.audit.models import Checkpoint, Leaf, Subtree
from apps.audit.proofs import NoProof, beside, consistency, inclusion
from apps.audit.sequencer import sequence
from apps.audit.verification import verify
from tests.audit.conftest import execute, write

SIZE = 83


@pytest.fixture
def fanout_of_four(monkeypatch: pytest.MonkeyPatch) -> None:
    """Subtrees of 4, 16 and 64 leaves instead of 256 and 65,536."""
    monkeypatch.setattr("apps.audit.subtrees.FANOUT", 4)
    monkeypatch.setattr("apps.audit.sequencer.FANOUT", 4)


@pytest.fixture
def log(northgate: Any, fanout_of_four: None) -> list[bytes]:
    """83 entries in batches of 10, so nine checkpoints; their leaves in order."""
    write(SIZE)
    sequence(batch=10)
    return [bytes(leaf) for leaf in Leaf.objects.order_by("seq").values_list("leaf", flat=True)]


@pytest.fixture
def tampered(insider: None, fanout_of_four: None) -> list[bytes]:
    """The same log in the hands of somebody who may change it."""
    execute("ALTER TABLE audit_subtree DISABLE TRIGGER refuse_change")
    write(SIZE)
    sequence(batch=10)
    return [bytes(leaf) for leaf in Leaf.objects.order_by("seq").values_list("leaf", flat=True)]


def root_of(leaves: list[bytes]) -> bytes:
    tree = Frontier()
    tree.extend(leaves)
    return tree.root()


def test_every_entry_is_proved_to_be_in_every_checkpoint_that_covers_it(log: list[bytes]) -> None:
    sizes = list(Checkpoint.objects.values_list("tree_size", flat=True))
    assert len(sizes) == 9
    for place, entry in Leaf.objects.values_list("seq", "entry_id"):
        for size in (size for size in sizes if size > place):
            proof = inclusion(entry, size)
            assert (proof.index, proof.leaf) == (place, log[place])
            assert root_from_path(proof.leaf, place, size, proof.path) == root_of(log[:size])


def test_the_log_is_proved_to_have_only_grown(log: list[bytes]) -> None:
    sizes = sorted(Checkpoint.objects.values_list("tree_size", flat=True))
    for first in sizes:
        for second in (size for size in sizes if size >= first):
            proof = consistency(first, second)
            assert consistent(first, root_of(log[:first]), second, root_of(log[:second]), proof.path)


def test_a_selection_is_shown_with_no_more_than_the_roots_of_the_rest(log: list[bytes]) -> None:
    shown = [3, 17, 18, 40, 82]
    parts = {each.at: (each.root, each.width) for each in beside(shown, SIZE)} | {at: (log[at], 1) for at in shown}
    tree = Frontier()
    for at in sorted(parts):
        tree.add(*parts[at])
    assert tree.root() == root_of(log)
    assert len(parts) < 30


def test_complete_subtrees_are_stored_as_the_log_grows(log: list[bytes]) -> None:
    assert [Subtree.objects.filter(level=level).count() for level in (1, 2, 3, 4)] == [20, 5, 1, 0]
    for level, place, root in Subtree.objects.values_list("level", "place", "root"):
        width = 4**level
        assert bytes(root) == root_of(log[place * width : (place + 1) * width])


def test_a_log_from_before_subtrees_were_stored_is_proved_all_the_same_and_catches_up(tampered: list[bytes]) -> None:
    execute("DELETE FROM audit_subtree")
    entry = Leaf.objects.get(seq=5).entry_id
    assert root_from_path(tampered[5], 5, SIZE, inclusion(entry).path) == root_of(tampered)
    write(1)
    sequence()
    assert Subtree.objects.count() == 21 + 5 + 1


def test_a_changed_subtree_is_found_and_proves_nothing(tampered: list[bytes]) -> None:
    execute("UPDATE audit_subtree SET root = sha256(root) WHERE level = 1 AND place = 7")
    with pytest.raises(NoProof, match="was changed"):
        inclusion(Leaf.objects.get(seq=20).entry_id)
    assert [(each.problem, each.sequence) for each in verify().findings] == [("subtree", 28), ("subtree", 16)]


def test_a_removed_entry_leaves_no_proof(tampered: list[bytes]) -> None:
    execute("ALTER TABLE audit_leaf DISABLE TRIGGER refuse_change")
    execute("DELETE FROM audit_leaf WHERE seq = 81")
    with pytest.raises((NoProof, subtrees.Missing)):
        inclusion(Leaf.objects.get(seq=82).entry_id)


def test_what_is_not_in_the_log_has_no_proof(log: list[bytes]) -> None:
    with pytest.raises(NoProof, match="No checkpoint covers"):
        inclusion(uuid4())
    with pytest.raises(NoProof, match="no checkpoint over 11"):
        consistency(11, 83)


def test_an_empty_log_has_nothing_to_prove(northgate: Any) -> None:
    with pytest.raises(NoProof, match="Nothing has been sequenced"):
        inclusion(uuid4())
