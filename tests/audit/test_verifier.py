"""The one-file verifier, run as a stranger runs it: on a bundle, with the key that the log's owner published."""

import importlib.util
import json
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from apps.audit.bundles import seal, write_entries
from apps.audit.models import Checkpoint
from apps.audit.notes import COSIGNATURE, Key, Note, Tree
from apps.audit.sequencer import sequence
from tests.audit.conftest import write
from tests.audit.test_notes import AT

VERIFIER = Path(__file__).parents[2] / "verifier" / "verifier.py"
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
WITNESS = Ed25519PrivateKey.from_private_bytes(bytes(32))
LOG = Key("thinslice.example", PRIVATE.public_key().public_bytes_raw())
SEEN_BY = Key("witness.example", WITNESS.public_key().public_bytes_raw(), COSIGNATURE)
ORIGIN = "thinslice.example/t_northgate"
SIZE = 40

Change = Callable[[Path], None]


def loaded() -> Any:
    spec = importlib.util.spec_from_file_location("verifier", VERIFIER)
    assert spec
    module = importlib.util.module_from_spec(spec)
    sys.modules["verifier"] = module
    spec.loader.exec_module(module)
    return module


verifier = loaded()


def signed(size: int) -> Note:
    stored = Checkpoint.objects.get(tree_size=size)
    return Note(Tree(ORIGIN, size, bytes(stored.root)).text).signed(LOG.name, PRIVATE)


def export(folder: Path, places: list[int], **changes: Any) -> Path:
    folder.mkdir()
    count = write_entries(folder, places, SIZE)
    facts: dict[str, Any] = {
        "checkpoint": signed(SIZE).cosigned(SEEN_BY.name, WITNESS, AT),
        "earlier": [signed(10), signed(30)],
        "keys": [LOG],
        "scope": {"kind": "places"},
        "entries": count,
        "sign": lambda text: Note(text).signed(LOG.name, PRIVATE),
    }
    seal(folder, **(facts | changes))
    return folder


@pytest.fixture
def log(northgate: Any) -> None:
    for _ in range(4):
        write(10, case=UUID(int=7), text="Sie sagten: „Zwölf“ \U0001f4e6")
        sequence()


@pytest.fixture
def bundle(log: None, tmp_path: Path) -> Path:
    return export(tmp_path / "bundle", [3, 4, 17, 31, 39])


def checked(bundle: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    result = subprocess.run(
        [sys.executable, str(VERIFIER), str(bundle), "--json", *arguments], capture_output=True, text=True, check=False
    )
    assert not result.stderr
    return result.returncode, json.loads(result.stdout)


def test_an_untouched_selection_verifies_with_the_published_key_and_the_witness(bundle: Path) -> None:
    status, said = checked(bundle, "--key", LOG.encoded, "--witness", SEEN_BY.encoded)
    assert (status, said["findings"]) == (0, [])
    assert {name: said["facts"][name] for name in ("entries", "of", "earlier checkpoints", "keys", "witnessed")} == {
        "entries": 5,
        "of": SIZE,
        "earlier checkpoints": 2,
        "keys": "given by you",
        "witnessed": {"witness.example": "2026-11-20T12:00:00Z"},
    }


def test_the_whole_log_and_an_empty_selection_verify_too(log: None, tmp_path: Path) -> None:
    for name, places in (("whole", list(range(SIZE))), ("empty", [])):
        status, said = checked(export(tmp_path / name, places), "--key", LOG.encoded)
        assert (status, said["facts"]["entries"]) == (0, len(places))


def test_a_zip_file_verifies_as_its_folder_does(bundle: Path, tmp_path: Path) -> None:
    packed = shutil.make_archive(str(tmp_path / "packed"), "zip", bundle)
    assert checked(Path(packed), "--key", LOG.encoded)[0] == 0


def test_without_a_key_from_elsewhere_it_says_that_the_key_came_with_the_bundle(bundle: Path) -> None:
    status, said = checked(bundle)
    assert status == 0
    assert "from the bundle itself" in said["facts"]["keys"]


def test_a_forger_with_another_key_is_found_by_the_published_one(log: None, tmp_path: Path) -> None:
    forged = export(tmp_path / "forged", [1], keys=[LOG], sign=lambda text: Note(text).signed(LOG.name, WITNESS))
    status, said = checked(forged, "--key", LOG.encoded)
    assert (status, [each["check"] for each in said["findings"]]) == (1, ["manifest"])


def test_a_text_that_an_entry_committed_to_is_opened(log: None, tmp_path: Path) -> None:
    # the opening is checked against the entry: a text that nobody committed to is named
    folder = tmp_path / "opened"
    folder.mkdir()
    (folder / "openings.jsonl").write_text(json.dumps({"place": 1, "field": "text", "key": "00", "text": "x"}) + "\n")
    write_entries(folder, [1], SIZE)
    seal(
        folder,
        checkpoint=signed(SIZE),
        earlier=[],
        keys=[LOG],
        scope={},
        entries=1,
        sign=lambda text: Note(text).signed(LOG.name, PRIVATE),
    )
    status, said = checked(folder)
    assert (status, said["findings"][0]["check"], said["findings"][0]["sequence"]) == (1, "openings", 1)


def replace(name: str, old: str, new: str) -> Change:
    def change(bundle: Path) -> None:
        text = (bundle / name).read_text()
        assert old in text
        (bundle / name).write_text(text.replace(old, new, 1))

    return change


def reorder(bundle: Path) -> None:
    for name in ("entries.jsonl", "places.jsonl"):
        lines = (bundle / name).read_bytes().splitlines(keepends=True)
        (bundle / name).write_bytes(b"".join([lines[1], lines[0], *lines[2:]]))


def truncate(bundle: Path) -> None:
    for name in ("entries.jsonl", "places.jsonl"):
        lines = (bundle / name).read_bytes().splitlines(keepends=True)
        (bundle / name).write_bytes(b"".join(lines[:-1]))


@pytest.mark.parametrize(
    ("change", "check", "words"),
    [
        (replace("entries.jsonl", "case.approved", "case.rejected"), "entries", "at place 3 was changed"),
        (replace("places.jsonl", '"place":17', '"place":18'), "tree", "order of places is broken"),
        (replace("siblings.jsonl", '"root":"', '"root":"00'), "unreadable", "siblings.jsonl, line 1"),
        (replace("manifest.json", '"entries": 5', '"entries": 6'), "manifest", "was changed"),
        (replace("checkpoint", "\n40\n", "\n41\n"), "signatures", "no valid signature"),
        (reorder, "tree", "order of places is broken"),
        (truncate, "tree", "accounts for 39 places"),
        (lambda bundle: (bundle / "extra").write_text("x"), "files", "extra is in the bundle"),
        (lambda bundle: (bundle / "places.jsonl").unlink(), "unreadable", "no file places.jsonl"),
    ],
)
def test_what_was_changed_is_named(bundle: Path, change: Change, check: str, words: str) -> None:
    change(bundle)
    status, said = checked(bundle, "--key", LOG.encoded)
    if check == "unreadable":
        assert (status, words in said["unreadable"]) == (2, True)
    else:
        assert status == 1
        assert any(each["check"] == check and words in each["detail"] for each in said["findings"])


def test_any_single_byte_that_changes_anywhere_is_found(bundle: Path) -> None:
    """1,500 seeded changes of one bit over all files of the bundle."""
    chance = random.Random(20261122)
    files = [(path, path.read_bytes()) for path in sorted(bundle.iterdir())]
    keys = [verifier.Key.parse(LOG.encoded)]
    for _ in range(1500):
        path, exact = chance.choice(files)
        at, bit = chance.randrange(len(exact)), 1 << chance.randrange(8)
        path.write_bytes(exact[:at] + bytes([exact[at] ^ bit]) + exact[at + 1 :])
        try:
            run = verifier.Verification(verifier.Bundle(str(bundle)), keys, [])
            run.run()
            assert run.findings.count, (path.name, at, bit)
        except (verifier.Unreadable, ValueError):
            pass
        path.write_bytes(exact)
    assert verifier.main([str(bundle), "--key", LOG.encoded]) == 0
