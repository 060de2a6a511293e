"""Against the definition of RFC 6962 written out plainly, its worked example, and one another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.audit.entries import leaf_hash
from apps.audit.merkle import Frontier
from apps.audit.merkle_proofs import (
    RootOf,
    consistency_path,
    consistent,
    inclusion_path,
    root_from_path,
    siblings,
)
from tests.audit.test_merkle import LEAVES, ROOTS, defined_root

SIZES = st.integers(1, 40)


def hashes(count: int) -> list[bytes]:
    return [bytes([number]) for number in range(count)]


def of(leaves: list[bytes]) -> RootOf:
    return lambda begin, end: defined_root(leaves[begin:end])


@given(st.data(), SIZES)
def test_a_path_leads_from_its_leaf_to_the_root(data: st.DataObject, size: int) -> None:
    index = data.draw(st.integers(0, size - 1))
    leaves = hashes(size)
    path = inclusion_path(index, size, of(leaves))
    assert root_from_path(leaf_hash(leaves[index]), index, size, path) == defined_root(leaves)


@given(st.data(), st.integers(2, 40))
def test_a_path_leads_elsewhere_from_another_place_or_leaf(data: st.DataObject, size: int) -> None:
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(0, size - 1).filter(lambda place: place != index))
    leaves = hashes(size)
    path = inclusion_path(index, size, of(leaves))
    assert root_from_path(leaf_hash(leaves[other]), index, size, path) != defined_root(leaves)


@given(SIZES, st.data())
def test_a_grown_tree_is_consistent_with_what_it_was(first: int, data: st.DataObject) -> None:
    second = data.draw(st.integers(first, 41))
    leaves = hashes(second)
    path = consistency_path(first, second, of(leaves))
    assert consistent(first, defined_root(leaves[:first]), second, defined_root(leaves), path)


@given(st.integers(1, 39), st.data())
def test_a_rewritten_past_is_not_consistent(first: int, data: st.DataObject) -> None:
    second = data.draw(st.integers(first + 1, 40))
    changed = data.draw(st.integers(0, first - 1))
    leaves = hashes(second)
    rewritten = [*leaves[:changed], b"other", *leaves[changed + 1 :]]
    path = consistency_path(first, second, of(rewritten))
    assert not consistent(first, defined_root(leaves[:first]), second, defined_root(rewritten), path)


def test_the_proofs_of_the_rfcs_known_tree() -> None:
    """The eight leaves of Certificate Transparency's own tests: paths and consistency proofs published with them."""
    path = inclusion_path(0, 8, of(LEAVES))
    assert [each.hex()[:8] for each in path] == ["96a296d2", "5f083f0a", "6b47aaf2"]
    assert [each.hex()[:8] for each in inclusion_path(5, 8, of(LEAVES))] == ["bc1a0643", "ca854ea1", "d37ee418"]
    assert [each.hex()[:8] for each in inclusion_path(2, 3, of(LEAVES))] == ["fac54203"]
    assert [each.hex()[:8] for each in consistency_path(6, 8, of(LEAVES))] == ["0ebc5d34", "ca854ea1", "d37ee418"]
    assert consistency_path(1, 1, of(LEAVES)) == []
    assert consistent(6, bytes.fromhex(ROOTS[6]), 8, bytes.fromhex(ROOTS[8]), consistency_path(6, 8, of(LEAVES)))


def test_a_path_of_another_length_proves_nothing() -> None:
    leaves = hashes(11)
    path = inclusion_path(4, 11, of(leaves))
    with pytest.raises(ValueError, match="too short"):
        root_from_path(leaf_hash(leaves[4]), 4, 11, path[1:])
    with pytest.raises(ValueError, match="too long"):
        root_from_path(leaf_hash(leaves[4]), 4, 11, [*path, b"x" * 32])
    assert root_from_path(leaf_hash(leaves[4]), 4, 11, path[::-1]) != defined_root(leaves)


@given(st.integers(1, 60), st.data())
def test_a_selection_and_its_siblings_give_the_root(size: int, data: st.DataObject) -> None:
    shown = sorted(data.draw(st.sets(st.integers(0, size - 1))))
    leaves = hashes(size)
    parts = {each.at: (each.root, each.width) for each in siblings(shown, size, of(leaves))}
    parts |= {index: (leaf_hash(leaves[index]), 1) for index in shown}
    tree = Frontier()
    for at in sorted(parts):
        assert at == tree.size
        tree.add(*parts[at])
    assert (tree.size, tree.root()) == (size, defined_root(leaves))


def test_the_whole_log_needs_no_siblings() -> None:
    assert list(siblings(range(9), 9, of(hashes(9)))) == []


@pytest.mark.parametrize("shown", [[3, 2], [2, 2], [9], [-1]])
def test_a_selection_out_of_order_or_beyond_the_tree_is_refused(shown: list[int]) -> None:
    with pytest.raises(IndexError, match="out of order"):
        list(siblings(shown, 9, of(hashes(9))))


def test_a_subtree_that_does_not_fit_is_refused() -> None:
    tree = Frontier()
    tree.add(b"x" * 32)
    with pytest.raises(ValueError, match="cannot begin at leaf 1"):
        tree.add(b"y" * 32, 2)
