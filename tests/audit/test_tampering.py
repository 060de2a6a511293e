"""Whatever is done to a bundle or to the log's rows is found, and two verifiers that share no code agree on it.

2,200 seeded changes here; `make tamper` runs as many as MUTATIONS says.
"""

import os
import re
from collections import Counter
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from random import Random
from typing import IO, Any

import pytest
from django.db import transaction

from apps.audit import verification
from apps.audit.bundles import seal, write_entries
from apps.audit.models import Checkpoint
from apps.audit.notes import Note, Tree
from apps.audit.sequencer import sequence
from apps.audit.verification import verify
from apps.tenants.schemas import current_schema, in_schema
from tests.audit import second_verifier
from tests.audit.conftest import execute, write
from tests.audit.tampering import Files, Material, change_rows, seal_anew, tamper
from tests.audit.test_notes import AT
from tests.audit.test_verifier import LOG, PRIVATE, SEEN_BY, WITNESS, verifier
from tests.cast import HARBOUR

pytestmark = pytest.mark.usefixtures("insider")

MUTATIONS = int(os.environ.get("MUTATIONS", "2200"))
ROWS = MUTATIONS // 11  # a change of rows costs ten times as much as one of a bundle
SEED, SIZE, BATCH = 20261122, 40, 10
SELECTIONS = ([3, 4, 17, 31, 39], list(range(SIZE)), [0, 1, 2, 8, 9, 10, 11, 12], [39, 38][::-1])
KEYS, WITNESSES = [verifier.Key.parse(LOG.encoded)], [verifier.Key.parse(SEEN_BY.encoded)]
# A signature that claims to be the log's and is not.
CLAIMED = str(Note("another text\n").signed(LOG.name, PRIVATE)).encode().partition(b"\xe2\x80\x94 ")[2]


class InMemory:
    """What the verifier asks of a folder or a zip file."""

    def __init__(self, files: Files) -> None:
        self.files, self.names = files, set(files)

    def open(self, name: str) -> IO[bytes]:
        return BytesIO(self.read(name))

    def read(self, name: str) -> bytes:
        if name not in self.files:
            raise verifier.Unreadable(name)
        return self.files[name]


def found_by_ours(files: Files) -> bool:
    try:
        run = verifier.Verification(InMemory(files), KEYS, WITNESSES)
        run.run()
    except (verifier.Unreadable, ValueError, RecursionError):  # as its main() has it
        return True
    return bool(run.findings.count)


def found_by_the_other(files: Files) -> bool:
    return bool(second_verifier.problems(files, [LOG.encoded], [SEEN_BY.encoded]))


def grow() -> None:
    for _ in range(SIZE // BATCH):
        write(BATCH, text="Sie sagten: „Zwölf“ \U0001f4e6")
        assert sequence() == BATCH


def published(size: int) -> Note:
    origin = f"thinslice.example/{current_schema()}"
    root = bytes(Checkpoint.objects.get(tree_size=size).root)
    return Note(Tree(origin, size, root).text).signed(LOG.name, PRIVATE)


def exported(folder: Path, places: list[int], earlier: list[Note]) -> Files:
    folder.mkdir()
    (folder / "entries.csv").write_text("place,action\n")
    count = write_entries(folder, places, SIZE)
    seal(
        folder,
        checkpoint=published(SIZE).cosigned(SEEN_BY.name, WITNESS, AT),
        earlier=earlier,
        keys=[LOG],
        scope={"places": places},
        entries=count,
        sign=lambda text: Note(text).signed(LOG.name, PRIVATE),
    )
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.fixture
def material(insider: None, tmp_path: Path) -> Material:
    with transaction.atomic():
        grow()
        earlier = [published(10), published(30)]
        intact = [exported(tmp_path / f"{number}", places, earlier) for number, places in enumerate(SELECTIONS)]
        transaction.set_rollback(True)
    with transaction.atomic():
        grow()
        fork = exported(tmp_path / "fork", SELECTIONS[0], earlier)
        transaction.set_rollback(True)
    with in_schema(HARBOUR), transaction.atomic():
        grow()
        stranger = exported(tmp_path / "stranger", SELECTIONS[0], [published(10), published(30)])
        transaction.set_rollback(True)
    return Material(intact, fork, stranger)


def test_both_verifiers_find_every_change_of_a_bundle_and_nothing_in_an_untouched_one(material: Material) -> None:
    chance, count, missed, split = Random(SEED), Counter[str](), Counter[str](), Counter[str]()
    for files in (*material.intact, material.stranger):
        assert not second_verifier.problems(files, [LOG.encoded])
    alarms = sum(found_by_ours(files) + found_by_the_other(files) for files in (*material.intact, material.stranger))
    for _ in range(MUTATIONS - ROWS):
        name, files = tamper(chance, material)
        count[name] += 1
        first, second = found_by_ours(files), found_by_the_other(files)
        missed[name] += not first
        split[name] += first != second
    told("Bundles", count, missed, alarms, f", {split.total()} on which the two verifiers differ")
    assert (+missed, +split, alarms) == (Counter(), Counter(), 0)


@pytest.mark.parametrize(
    ("name", "pattern", "other"),
    [
        ("places.jsonl", rb'(?<="leaf":")\w+', lambda found: found[0].upper()),
        ("siblings.jsonl", rb'(?<="root":")\w+', lambda found: found[0].upper()),
        ("places.jsonl", rb'(?<="place":)0', lambda _: b"false"),
        ("entries.jsonl", rb"\n\Z", lambda _: b""),
        ("siblings.jsonl", rb"\n\Z", lambda _: b""),
        ("checkpoint", rb"\n\Z", lambda _: b" and more\n"),
        ("checkpoint", rb"\n\n", lambda _: b"\nan extension\n\n"),
        ("checkpoint", rb"\n\Z", lambda _: b"\n\xe2\x80\x94 " + CLAIMED),
    ],
)
def test_both_refuse_what_is_written_in_another_way(
    material: Material, name: str, pattern: bytes, other: Callable[[re.Match[bytes]], bytes]
) -> None:
    files = dict(material.intact[2])
    files[name], changes = re.subn(pattern, other, files[name], count=1)
    assert changes
    seal_anew(files, PRIVATE)
    assert found_by_ours(files)
    assert found_by_the_other(files)


def test_both_refuse_words_behind_a_signature(material: Material) -> None:
    files = dict(material.intact[0])
    files["manifest.note"] = files["manifest.note"][:-1] + b" and more\n"
    assert found_by_ours(files)
    assert found_by_the_other(files)


def test_verification_finds_every_change_of_rows_and_nothing_in_untouched_ones(monkeypatch: Any) -> None:
    monkeypatch.setattr(verification, "SEARCHED", 0)  # which byte it was is told by tests of its own
    execute("ALTER TABLE audit_entry DROP CONSTRAINT audit_entry_leaf_is_hash")
    grow()
    chance, count, missed, alarms = Random(SEED), Counter[str](), Counter[str](), 0
    for number in range(ROWS):
        with transaction.atomic():
            name = change_rows(chance, SIZE)
            count[name] += 1
            missed[name] += verify().ok
            transaction.set_rollback(True)
        alarms += number % 20 == 0 and not verify().ok
    told("Rows", count, missed, alarms)
    assert (+missed, alarms) == (Counter(), 0)


def told(what: str, count: Counter[str], missed: Counter[str], alarms: int, more: str = "") -> None:
    print(f"\n{what}: {count.total():,} changes, {count.total() - missed.total():,} found, {alarms} false alarms{more}")
    for name, number in sorted(count.items()):
        print(f"  {number:>7,}  {name}")
