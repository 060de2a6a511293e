"""Signed notes, against the example of Go's note package, and what must never verify."""

from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from apps.audit.notes import COSIGNATURE, BadNote, Key, Note, Tree

NEUMANN = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
NOTE = """If you think cryptography is the answer to your problem,
then you don't know what your problem is.

— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
"""
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
TREE = Tree("thinslice.example/t_northgate", 7, bytes(32))
AT = datetime(2026, 11, 20, 12, tzinfo=UTC)


def key(algorithm: int = 1, name: str = "thinslice.example") -> Key:
    return Key(name, PRIVATE.public_key().public_bytes_raw(), algorithm)


def test_the_published_example_verifies() -> None:
    note = Note.parse(NOTE)
    assert note.verified(Key.parse(NEUMANN))
    assert str(note) == NOTE


def test_a_key_is_published_and_read_back() -> None:
    assert Key.parse(NEUMANN).encoded == NEUMANN


def test_a_signed_checkpoint_verifies_until_a_letter_changes() -> None:
    note = Note(TREE.text).signed("thinslice.example", PRIVATE)
    assert Note.parse(str(note)).verified(key())
    assert Tree.parse(note.text) == TREE
    for changed in (str(note).replace("\n7\n", "\n8\n"), str(note).replace("northgate", "harbour")):
        assert not Note.parse(changed).verified(key())


def test_a_signature_under_another_name_is_another_signature() -> None:
    note = Note(TREE.text).signed("thinslice.example", PRIVATE)
    assert not note.verified(key(name="somebody.else"))


def test_a_witness_says_when_it_saw_the_checkpoint() -> None:
    note = Note(TREE.text).signed("thinslice.example", PRIVATE).cosigned("witness.example", PRIVATE, AT)
    assert Note.parse(str(note)).seen_at(key(COSIGNATURE, "witness.example")) == AT
    assert note.seen_at(key(COSIGNATURE, "other.example")) is None


def test_a_cosignature_is_no_signature_of_the_log() -> None:
    note = Note(TREE.text).cosigned("thinslice.example", PRIVATE, AT)
    assert not note.verified(key())
    assert note.seen_at(key()) is None


@pytest.mark.parametrize(
    "note",
    [
        "",
        "text\n",
        "text\n\n",
        "text\n\n— name\n",
        "text\n\n- name AAAAAAAA\n",
        "text\n\n— name AAAAAAAA",
        "a\n\n— n !!\n",
    ],
)
def test_what_is_no_note_is_refused(note: str) -> None:
    with pytest.raises(BadNote):
        Note.parse(note)


@pytest.mark.parametrize("text", ["", "o\n1\n", "o\n01\nAAAA\n", "o\n1\nAAAA\n", "o\n-1\nAAAA\n", "\n1\nAAAA\n"])
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(BadNote):
        Tree.parse(text)


@pytest.mark.parametrize(
    "encoded", ["", "name", NEUMANN.replace("c74f20a3", "c74f20a4"), NEUMANN[:-4], "a b+00000000+AQ=="]
)
def test_what_is_no_key_is_refused(encoded: str) -> None:
    with pytest.raises(BadNote):
        Key.parse(encoded)
