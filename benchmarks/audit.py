"""What does the audit log cost the writers, and how fast does it prove? python -m benchmarks.audit [--entries N] ...

Writing is measured as ratios in one run, in turn: the log, a plain INSERT of the same row, and a chain of hashes whose
head every writer locks. Proving is measured on a log of N entries, loaded by COPY and put in sequence by the product.
"""

import argparse
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from statistics import median, quantiles
from time import perf_counter

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from rich.console import Console

from benchmarks.figures import ROOT, Row, machine, publish
from benchmarks.stage import Stage, stage

PROOFS = 500
LOAD = "COPY audit_entry (id, at, action, object, actor, case_id, bytes, leaf) FROM STDIN"
DELAY = """
SELECT extract(epoch FROM (
    SELECT seen.at FROM audit_checkpoint AS seen WHERE seen.tree_size > place.seq ORDER BY seen.tree_size LIMIT 1
) - entry.at)::float
FROM audit_leaf AS place JOIN audit_entry AS entry ON entry.id = place.entry_id
"""
console = Console(stderr=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench-audit")
    parser.add_argument("--entries", type=int, default=1_000_000, help="of the log that is proved from")
    parser.add_argument("--seconds", type=float, default=10.0, help="of writing, per way and round")
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    on = machine()
    with stage() as made:
        from apps.tenants.provisioning import create_tenant
        from apps.tenants.schemas import in_schema
        from benchmarks.audit_writers import BENCH, make_tables

        create_tenant(schema=BENCH, slug="bench", name="Bench", region="EU", domain="bench.localhost")
        make_tables()
        rows = list(_appending(chosen.seconds, chosen.rounds))
        with in_schema(BENCH):
            rows += [_merge_delay(), *_proving(made, chosen.entries)]
    sizes = f"--entries {chosen.entries} --seconds {chosen.seconds:g} --rounds {chosen.rounds}"
    publish("audit", f'make bench-audit ARGS="{sizes}"', rows, on)


def _appending(seconds: float, rounds: int) -> Iterator[Row]:
    from benchmarks.audit_writers import WRITERS, chained, ours, plain, rate

    console.print(f"{WRITERS} writers on one tenant, three ways in turn")
    for way in (ours, plain, chained):
        rate(way, 1.0)
    rates = [(rate(ours, seconds), rate(plain, seconds), rate(chained, seconds)) for _ in range(rounds)]
    log, insert, chain = (median(each) for each in zip(*rates, strict=True))
    count = round(seconds * sum(each[0] for each in rates))
    figure = f"Transactions with 20 ms of work and one entry, {WRITERS} writers on one tenant"
    note = "the same row prepared alike, in a table without hash, place, proof or guard; medians of all rounds"
    yield Row(figure, log, "/s", count, "plain INSERT", insert, ">= 0.85", note)
    note = "each row holds the hash of the one before, and its writer locks the head as its last deed before COMMIT"
    yield Row(figure, log, "/s", count, "inline locked chain", chain, note=note)


def _merge_delay() -> Row:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(DELAY)
        delays = [delay for (delay,) in cursor.fetchall()]
    note = (
        "from the entry's making to the beginning of the transaction that places it, once a second, under those writers"
    )
    return Row("Merge delay, p99", _percentile(delays, 99), "s", len(delays), bar="<= 2", note=note)


def _proving(made: Stage, entries: int) -> Iterator[Row]:
    from apps.audit.models import Leaf
    from apps.audit.proofs import inclusion

    size = _loaded(entries)
    chance, times = Random(20261122), []
    for place in chance.sample(range(size), min(PROOFS, size)):
        entry = Leaf.objects.get(seq=place).entry_id
        begin = perf_counter()
        inclusion(entry)
        times.append(1000 * (perf_counter() - begin))
    figure = f"Proof that an entry is in a log of {size:,}"
    yield Row(f"{figure}, median", median(times), "ms", len(times), bar="<= 10")
    yield Row(f"{figure}, p99", _percentile(times, 99), "ms", len(times))
    yield from _verifying(made.folder / "bundle", size)


def _loaded(entries: int) -> int:
    from django.db import connection, transaction

    from apps.audit.proofs import newest_checkpoint
    from apps.audit.sequencer import sequence
    from benchmarks.audit_writers import rows

    console.print(f"Loading {entries:,} entries")
    with transaction.atomic(), connection.cursor() as cursor, cursor.copy(LOAD) as copy:
        for row in rows(0, entries):
            copy.write_row(row)
    sequence()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE audit_entry, audit_leaf, audit_checkpoint")
    return newest_checkpoint().tree_size


def _verifying(folder: Path, size: int) -> Iterator[Row]:
    from apps.audit.bundles import seal, write_entries
    from apps.audit.notes import Key, Note, Tree
    from apps.audit.proofs import newest_checkpoint

    console.print("Exporting the whole log, and verifying it")
    folder.mkdir()
    private = Ed25519PrivateKey.generate()
    key = Key("bench.example", private.public_key().public_bytes_raw())
    begin = perf_counter()
    count = write_entries(folder, range(size), size)
    checkpoint = Note(Tree("bench.example/t_bench", size, bytes(newest_checkpoint().root)).text)
    seal(
        folder,
        checkpoint=checkpoint.signed(key.name, private),
        earlier=[],
        keys=[key],
        scope={"kind": "everything"},
        entries=count,
        sign=lambda text: Note(text).signed(key.name, private),
    )
    yield Row("Export of the whole log as a bundle", count / (perf_counter() - begin), "entries/s", count)
    begin = perf_counter()
    subprocess.run(
        [sys.executable, ROOT / "verifier" / "verifier.py", folder, "--key", key.encoded],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    rate, note = count / (perf_counter() - begin), "1,000,000 entries in 60 s are 16,667 a second"
    yield Row("verifier.py on that bundle", rate, "entries/s", count, bar=">= 16667", note=note)


def _percentile(values: list[float], percent: int) -> float:
    return quantiles(values, n=100)[percent - 1]


if __name__ == "__main__":
    main()
