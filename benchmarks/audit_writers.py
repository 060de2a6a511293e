"""Sixteen processes that write to one tenant, each transaction with 20 ms of business work, in three ways."""

import hashlib
import os
from collections.abc import Callable, Iterator
from multiprocessing import get_context
from time import monotonic, sleep
from typing import Any
from uuid import UUID

from django.db import connection, connections, transaction

from apps.audit.entries import INSERT, prepare, record
from apps.audit.sequencer import sequence
from apps.tenants.actors import Actor
from apps.tenants.backend.owner import as_owner
from apps.tenants.schemas import in_schema

WRITERS, WORK_SECONDS, TICK_SECONDS = 16, 0.02, 1.0  # the product's own sequencer looks once a second
BENCH = "t_bench"
ACTOR = Actor("person", "019aa0b4-7d00-7000-8000-000000000001", "A reviewer", "reviewer")
TABLES = f"""
CREATE TABLE bench_plain (LIKE audit_entry);
CREATE TABLE bench_chain (LIKE audit_entry);
CREATE TABLE bench_head (hash bytea);
CREATE TABLE bench_case (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number bigint, action text, lane text, release text, confidence text, reason text
);
INSERT INTO bench_head VALUES ('');
GRANT ALL ON bench_plain, bench_chain, bench_head, bench_case TO {BENCH};
"""
CASE = "INSERT INTO bench_case (number, action, lane, release, confidence, reason) VALUES (%s, %s, %s, %s, %s, %s)"


def facts(number: int) -> dict[str, Any]:
    return {
        "action": "case.approved",
        "object": f"case:{number}",
        "lane": "reviewed",
        "release": "returns@12",
        "confidence": "0.9731",
        "reason": "The parcel came back within the time that the shop promises.",
    }


def ours(number: int) -> None:
    record(actor=ACTOR, **facts(number))


def plain(number: int) -> None:
    """The same row without anything that makes it evidence."""
    row = prepare(actor=ACTOR, **facts(number))
    with connection.cursor() as cursor:
        cursor.execute(INSERT.replace("audit_entry", "bench_plain"), row[:8])


def chained(number: int) -> None:
    """Each row holds the hash of the one before; the head is locked last of all, so as briefly as it can be."""
    row = prepare(actor=ACTOR, **facts(number))
    with connection.cursor() as cursor:
        cursor.execute("SELECT hash FROM bench_head FOR UPDATE")
        linked = hashlib.sha256(bytes(cursor.fetchone()[0]) + row.bytes).digest()
        cursor.execute(INSERT.replace("audit_entry", "bench_chain"), (*row[:7], linked))
        cursor.execute("UPDATE bench_head SET hash = %s", [linked])


def bare(number: int) -> None:
    """A row of business, of which nothing else is kept."""
    row = facts(number)
    with connection.cursor() as cursor:
        cursor.execute(CASE, [number, *(row[name] for name in ("action", "lane", "release", "confidence", "reason"))])


def logged(number: int) -> None:
    """The same row with its entry."""
    bare(number)
    record(actor=ACTOR, **facts(number))


LOGGING = (ours, logged)


def make_tables() -> None:
    with as_owner(), in_schema(BENCH), connection.cursor() as cursor:
        cursor.execute(TABLES)


def rate(way: Callable[[int], None], seconds: float) -> float:
    """Committed transactions a second of all writers. While ours run, so does the sequencer, as often as it does."""
    connections.close_all()
    context = get_context("fork")
    together, counts = context.Barrier(WRITERS + 1), context.SimpleQueue()
    writers = [context.Process(target=_write, args=(way, seconds, together, counts)) for _ in range(WRITERS)]
    for writer in writers:
        writer.start()
    together.wait()
    ends = monotonic() + seconds
    while way in LOGGING and monotonic() < ends:
        sleep(TICK_SECONDS)
        with in_schema(BENCH):
            sequence()
    total: int = sum(counts.get() for _ in writers)
    for writer in writers:
        writer.join()
    if way in LOGGING:
        with in_schema(BENCH):
            sequence()
    return total / seconds


def _write(way: Callable[[int], None], seconds: float, together: Any, counts: Any) -> None:
    with in_schema(BENCH):
        connection.ensure_connection()
        together.wait()
        ends, done = monotonic() + seconds, 0
        while monotonic() < ends:
            with transaction.atomic():
                sleep(WORK_SECONDS)
                way(os.getpid() * 1_000_000 + done)
            done += 1
    connections.close_all()
    counts.put(done)


def rows(first: int, count: int) -> Iterator[tuple[object, ...]]:
    """Entries for COPY, as many as a year's log holds, ten for each case."""
    return (
        prepare(actor=ACTOR, case=UUID(int=number // 10 + 1), **facts(number))[:8]
        for number in range(first, first + count)
    )
