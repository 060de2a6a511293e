"""Against the known answers of Certificate Transparency's own tests, and RFC 6962's definition written out plainly."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.audit.entries import leaf_hash
from apps.audit.merkle import EMPTY_ROOT, Frontier

LEAVES = [
    bytes.fromhex(leaf)
    for leaf in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def grown(leaves: list[bytes]) -> Frontier:
    frontier = Frontier()
    frontier.extend(leaf_hash(leaf) for leaf in leaves)
    return frontier


def defined_root(leaves: list[bytes]) -> bytes:
    """Section 2.1: split at the largest power of two smaller than n."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + defined_root(leaves[:split]) + defined_root(leaves[split:])).digest()


@pytest.mark.parametrize("size", range(9))
def test_the_root_is_the_known_answer(size: int) -> None:
    assert grown(LEAVES[:size]).root().hex() == ROOTS[size]


@given(st.lists(st.binary(max_size=8), max_size=70))
def test_the_root_is_the_one_that_the_rfc_defines(leaves: list[bytes]) -> None:
    assert grown(leaves).root() == defined_root(leaves)


@given(st.lists(st.binary(max_size=8), max_size=40), st.lists(st.binary(max_size=8), max_size=40))
def test_a_stored_tree_goes_on_growing_as_if_it_had_never_been_stored(before: list[bytes], after: list[bytes]) -> None:
    first = grown(before)
    second = Frontier(first.size, first.encoded())
    second.extend(leaf_hash(leaf) for leaf in after)
    assert (second.size, second.root()) == (len(before + after), defined_root(before + after))


def test_an_empty_tree_has_the_root_of_nothing() -> None:
    assert Frontier().root() == EMPTY_ROOT


@pytest.mark.parametrize(("size", "encoded"), [(1, b""), (0, b"x" * 32), (3, b"x" * 32), (-1, b""), (2, b"x" * 31)])
def test_a_stored_tree_of_the_wrong_length_is_refused(size: int, encoded: bytes) -> None:
    with pytest.raises(ValueError, match="complete subtrees"):
        Frontier(size, encoded)
