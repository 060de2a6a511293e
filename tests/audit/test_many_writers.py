"""Many writers at once, some of which roll back or are killed: what is committed is sequenced once, without a gap."""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from signal import SIGKILL
from threading import Barrier
from uuid import UUID

import pytest
from django.db import connection, transaction

from apps.audit.models import Entry, Leaf, Pending
from apps.audit.sequencer import lock_key, sequence
from apps.audit.verification import verify
from apps.tenants.backend.owner import as_owner
from apps.tenants.schemas import in_schema
from tests.audit.conftest import execute, write
from tests.cast import NORTHGATE

# They really commit, so each test has the database to itself and it is made anew afterwards.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("northgate")]

WRITERS, ENTRIES = 64, 20


def child(work: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "tests.audit.writer", work],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@pytest.fixture
def herd() -> "Iterator[subprocess.Popen[str]]":
    """64 writers and their parent; none outlives the test."""
    parent = child("herd")
    yield parent
    with suppress(ProcessLookupError):
        os.killpg(parent.pid, SIGKILL)
    parent.communicate()


def committed_and_placed() -> tuple[set[UUID], list[UUID]]:
    places = list(Leaf.objects.order_by("seq").values_list("seq", "entry_id"))
    assert [seq for seq, _ in places] == list(range(len(places)))
    return set(Entry.objects.values_list("id", flat=True)), [entry for _, entry in places]


def test_what_64_writers_commit_is_sequenced_once_and_without_a_gap() -> None:
    everyone_is_connected = Barrier(WRITERS + 2)

    def work(number: int) -> int:
        kept = 0
        with in_schema(NORTHGATE):
            connection.ensure_connection()
            everyone_is_connected.wait()
            for turn in range(ENTRIES):
                try:
                    with transaction.atomic():
                        write(1)
                        if (number + turn) % 3 == 0:
                            raise ZeroDivisionError
                    kept += 1
                except ZeroDivisionError:
                    continue
        connection.close()
        return kept

    def sequencer(_: int) -> int:
        placed = 0
        with in_schema(NORTHGATE):
            everyone_is_connected.wait()
            for _ in range(ENTRIES):
                placed += sequence(batch=50)
        connection.close()
        return placed

    with ThreadPoolExecutor(WRITERS + 2) as pool:
        sequencers = [pool.submit(sequencer, number) for number in range(2)]
        kept = sum(pool.map(work, range(WRITERS)))
        placed = sum(future.result() for future in sequencers)
    placed += sequence()
    committed, in_sequence = committed_and_placed()
    assert (len(committed), placed) == (kept, kept)
    assert set(in_sequence) == committed
    report = verify()
    assert (report.ok, report.entries, report.waiting) == (True, kept, 0), report.findings


def test_writers_that_are_killed_leave_only_whole_entries() -> None:
    writers = [child("write") for _ in range(3)]
    said: set[UUID] = set()
    for writer in writers:
        assert writer.stdout
        said |= {UUID(writer.stdout.readline().strip()) for _ in range(5)}
        writer.kill()
        said |= {UUID(line.strip()) for line in writer.stdout if len(line) == len(f"{UUID(int=0)}\n")}
        writer.communicate()
    sequence()
    committed, in_sequence = committed_and_placed()
    assert set(in_sequence) == committed
    assert said <= committed
    assert verify().ok


def test_of_64_writers_that_roll_back_and_are_killed_one_by_one_every_committed_entry_is_sequenced(
    herd: "subprocess.Popen[str]",
) -> None:
    said: dict[int, set[UUID]] = {}
    killed: set[int] = set()
    assert herd.stdout
    for number, line in enumerate(herd.stdout):
        writer, entry = line.split()
        said.setdefault(int(writer), set()).add(UUID(entry))
        if len(said[int(writer)]) >= ENTRIES // 4 and int(writer) not in killed:
            os.kill(int(writer), SIGKILL)  # wherever it is in its next transaction
            killed.add(int(writer))
        if number % 20 == 0:
            sequence(batch=50)
    with as_owner(), in_schema(NORTHGATE), transaction.atomic():
        execute("LOCK TABLE audit_entry IN SHARE MODE")  # until the server has ended what they left open
    sequence()
    committed, in_sequence = committed_and_placed()
    assert len(killed) == WRITERS
    assert set(in_sequence) == committed
    assert set[UUID]().union(*said.values()) <= committed
    assert len(committed) <= sum(map(len, said.values())) + WRITERS, "one each that was committed and not told of"
    report = verify()
    assert (report.ok, report.entries, report.waiting) == (True, len(committed), 0), report.findings


def test_a_sequencer_that_is_killed_half_way_is_taken_over_from() -> None:
    entries = write(100)
    killed = child("sequence")
    assert killed.stdout
    assert killed.stdout.readline() == "placed\n"
    assert sequence() == 0, "another one is at work"
    killed.kill()
    killed.communicate()
    with transaction.atomic():  # until the server has noticed
        execute("SELECT pg_advisory_xact_lock(%s)", lock_key(NORTHGATE))
    assert sequence() == 100
    assert committed_and_placed()[1] == [entry.id for entry in entries]
    assert not Pending.objects.exists()
    assert verify().ok


def test_an_entry_that_commits_late_is_found_behind_those_that_overtook_it() -> None:
    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        (slow,) = write(1)

        def overtake() -> list[UUID]:
            with in_schema(NORTHGATE):
                quick = write(2)
                assert sequence() == 2
            connection.close()
            return [entry.id for entry in quick]

        quick = pool.submit(overtake).result()
    assert sequence() == 1
    assert committed_and_placed()[1] == [*quick, slow.id]
