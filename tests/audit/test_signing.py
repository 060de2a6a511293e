"""Checkpoints signed by the signer's own process, over its socket."""

import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import LazySettings

from apps.audit.entries import leaf_hash
from apps.audit.merkle import Frontier
from apps.audit.models import Cosignature, Entry, LogKey, SignedCheckpoint
from apps.audit.notes import COSIGNATURE, Key, Note, Tree
from apps.audit.sequencer import sequence
from apps.audit.signer import client
from apps.audit.signer.keys import KeyChain
from apps.audit.signer.rules import Refused, Signer
from apps.audit.signing import NotAccepted, cosign, origin, published, rotate_key, sign_newest
from embedded.sockets import socket_folder
from tests.audit.conftest import REVIEWER, write

WITNESS = Ed25519PrivateKey.from_private_bytes(bytes(32))
SEEN_BY = Key("witness.example", WITNESS.public_key().public_bytes_raw(), COSIGNATURE)
AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
LOG = "thinslice.example/t_northgate"


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path]]:
    """The signer's key folder and socket, while its process runs."""
    folder = tmp_path_factory.mktemp("signer") / "keys"
    socket = socket_folder(folder.parent / "socket", 0) / "signer.sock"
    with subprocess.Popen(
        [sys.executable, "-m", "apps.audit.signer", str(folder), str(socket)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline().startswith("Signing on")
        yield folder, socket
        process.terminate()


@pytest.fixture
def signing(signer: tuple[Path, Path], settings: LazySettings, northgate: Any, request: Any) -> Path:
    """A log of its own name for each test, because the signer never forgets one. Returns the key folder."""
    settings.SIGNER_SOCKET = str(signer[1])
    settings.LOG_NAME = f"{request.node.name.replace('_', '-')[:100]}.example"
    return signer[0]


def signing_key() -> Key:
    """The only key that has signed so far, once the newest checkpoint is signed."""
    sign_newest()
    return Key.parse(LogKey.objects.get().encoded)


def test_the_newest_checkpoint_is_signed_by_a_key_that_appears_in_the_log(signing: Path) -> None:
    write(5)
    sequence()
    signed = sign_newest()
    key = Key.parse(LogKey.objects.get().encoded)
    note = Note.parse(signed.note)
    assert (note.verified(key), key.name) == (True, origin())
    assert Tree.parse(note.text).size == 5
    assert list(Entry.objects.filter(action__startswith="log_key").values_list("action", flat=True)) == [
        "log_key.appeared"
    ]


def test_a_checkpoint_is_signed_once_and_the_next_when_the_log_has_grown(signing: Path) -> None:
    write(5)
    sequence()
    assert [sign_newest().tree_size, sign_newest()] == [5, None]
    sequence()  # the key's own appearance
    assert [sign_newest().tree_size, sign_newest()] == [6, None]
    assert SignedCheckpoint.objects.count() == 2


def test_the_keys_are_files_that_only_the_signers_user_reads(signing: Path) -> None:
    write(1)
    sequence()
    sign_newest()
    files = [path for path in signing.rglob("*") if path.is_file()]
    assert files
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in (signing, *signing.iterdir())} == {0o700}


def test_after_a_rotation_the_new_key_signs_and_the_old_one_has_named_it(signing: Path) -> None:
    write(1)
    sequence()
    old = signing_key()
    new = rotate_key(actor=REVIEWER, reason="Yearly rotation")
    sequence()
    note = Note.parse(sign_newest().note)
    assert (note.verified(new), note.verified(old)) == (True, False)
    entry = Entry.objects.get(action="log_key.rotated")
    assert b"Yearly rotation" in bytes(entry.bytes)
    assert LogKey.objects.count() == 2


def test_a_log_that_was_put_back_is_not_signed_again(signing: Path) -> None:
    write(8)
    sequence()
    keys = KeyChain(signing, origin())
    keys.rotate()
    keys.remember(9, bytes(32))
    with pytest.raises(LookupError):
        sign_newest()


def test_the_signer_refuses_a_past_that_was_rewritten(signing: Path, signer: tuple[Path, Path]) -> None:
    write(8)
    sequence()
    sign_newest()
    other = Frontier()
    other.extend(leaf_hash(bytes([number])) for number in range(9))
    with pytest.raises(client.SignerRefused, match="rewritten or put back"):
        client.sign_checkpoint(str(signer[1]), Tree(origin(), 9, other.root()).text, (bytes(32),))


def test_a_signer_that_is_away_is_said_to_be(settings: LazySettings, northgate: Any, tmp_path: Path) -> None:
    settings.SIGNER_SOCKET = str(tmp_path / "nobody.sock")
    write(1)
    sequence()
    with pytest.raises(client.SignerAway, match="does not answer"):
        sign_newest()


@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"do": "anything"},
        {"do": "keys", "origin": "../../etc"},
        {"do": "checkpoint", "text": "no checkpoint"},
        {"do": "checkpoint", "text": Tree(LOG, 3, bytes(32)).text, "path": ["zz"]},
        {"do": "checkpoint", "text": Tree(LOG, 3, bytes(32)).text + "an extension\n"},
        {"do": "checkpoint", "text": Tree("not a log", 3, bytes(32)).text},
        {"do": "export", "text": "pay 100 to the bearer\n"},
        {"do": "export", "text": f"thinslice-audit-export/1\n{LOG}\nnot a hash\n"},
        {"do": "rotate", "origin": ""},
    ],
)
def test_the_signer_signs_nothing_else(tmp_path: Path, request_: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        Signer(tmp_path).answer(request_)


def test_a_witness_that_saw_a_checkpoint_is_kept_with_it_and_in_the_log(signing: Path) -> None:
    write(3)
    sequence()
    signed = sign_newest()
    back = str(Note.parse(signed.note).cosigned(SEEN_BY.name, WITNESS, AT))
    given = cosign(actor=REVIEWER, note=back, witness=SEEN_BY)
    assert cosign(actor=REVIEWER, note=back, witness=SEEN_BY) == given
    assert given.seen_at == AT
    assert signed
    assert str(published(signed)) == back
    assert Entry.objects.filter(action="checkpoint.cosigned").count() == 1


def test_a_cosignature_of_something_else_or_by_nobody_is_refused(signing: Path) -> None:
    write(3)
    sequence()
    signed = Note.parse(sign_newest().note)
    other = Note(Tree(origin(), 3, bytes(32)).text).cosigned(SEEN_BY.name, WITNESS, AT)
    for note in ("nonsense", str(other), str(signed), str(signed.cosigned("stranger.example", WITNESS, AT))):
        with pytest.raises(NotAccepted):
            cosign(actor=REVIEWER, note=note, witness=SEEN_BY)
    assert not Cosignature.objects.exists()
