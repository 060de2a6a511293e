"""What does the audit log cost the writers, and how fast does it prove? python -m benchmarks.audit [--entries N] ...

Writing is measured as ratios in one run, in turn: the log, a plain INSERT of the same row, and a chain of hashes whose
head every writer locks. Proving is measured on a log of N entries, loaded by COPY and put in sequence by the product.
"""

import argparse
import json
import subprocess
from collections.abc import Iterator, Sequence
from random import Random
from statistics import median, quantiles
from time import perf_counter

import psycopg
from rich.console import Console

from benchmarks.figures import Row, machine, publish
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
    parser.add_argument("--peer-rounds", type=int, default=3, help="beside django-auditlog and django-pghistory")
    chosen = parser.parse_args()
    on = machine()
    with stage() as made:
        from apps.tenants.provisioning import create_tenant
        from apps.tenants.schemas import in_schema
        from benchmarks.audit_writers import BENCH, make_tables

        create_tenant(schema=BENCH, slug="bench", name="Bench", region="EU", domain="bench.localhost")
        make_tables()
        rows = list(_appending(chosen.seconds, chosen.rounds))
        rows += _beside_peers(made, chosen.seconds, chosen.peer_rounds)
        with in_schema(BENCH):
            rows.append(_merge_delay())
        rows += _reading(made, chosen.entries)
    sizes = f"--entries {chosen.entries} --seconds {chosen.seconds:g} --rounds {chosen.rounds}"
    sizes += f" --peer-rounds {chosen.peer_rounds}"
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


def _beside_peers(made: Stage, seconds: float, rounds: int) -> Iterator[Row]:
    """Each as a share of its own writes without a history: the peers write through Django's models, and we do not."""
    from benchmarks.audit_writers import WRITERS, bare, logged, rate

    console.print(f"{WRITERS} writers of rows, with and without a history: ours, django-auditlog, django-pghistory")
    with psycopg.connect(made.server.url("postgres", "postgres"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE history_peer")
    for way in (bare, logged):
        rate(way, 1.0)
    kept, alone = zip(*[(rate(logged, seconds), rate(bare, seconds)) for _ in range(rounds)], strict=True)
    url = made.server.url("postgres", "history_peer")
    arguments = ("-m", "benchmarks.history_peer", url, str(seconds), str(rounds))
    peers = json.loads(made.process(*arguments, stdout=subprocess.PIPE).communicate()[0])
    figure = f"Share of rows written with a history, of those without, {WRITERS} writers, 20 ms of work"
    for package in ("auditlog", "pghistory"):
        note = f"here {_range(kept)} of {_range(alone)} rows/s, the peer {_range(peers[package])} of "
        note += f"{_range(peers['plain'])}; the peer keeps neither order nor hash nor proof"
        peer = _share(peers[package], peers["plain"])
        yield Row(figure, _share(kept, alone), "", round(seconds * sum(kept)), f"django-{package}", peer, note=note)


def _share(kept: Sequence[float], alone: Sequence[float]) -> float:
    return median(some / every for some, every in zip(kept, alone, strict=True))


def _range(rates: Sequence[float]) -> str:
    return f"{min(rates):,.0f} to {max(rates):,.0f}"


def _merge_delay() -> Row:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(DELAY)
        delays = [delay for (delay,) in cursor.fetchall()]
    note = (
        "from the entry's making to the beginning of the transaction that places it, once a second, under those writers"
    )
    return Row("Merge delay, p99", _percentile(delays, 99), "s", len(delays), bar="<= 2", note=note)


def _reading(made: Stage, entries: int) -> Iterator[Row]:
    """On one log, in which the demo's cases of a retailer were worked before the rest came."""
    from apps.cases.models import Case
    from apps.cases.processing import work_queue
    from benchmarks.audit_readers import DEMO_CASES, dossiers, searches
    from benchmarks.traffic import demo_cases, seeded, send_in

    console.print("Seeding the retailer of the demo, and working some of its cases")
    with seeded() as tenant:
        send_in(tenant, demo_cases(tenant, DEMO_CASES), batch=100)
        work_queue(Case.Queue.QUICK)
        work_queue(Case.Queue.EFFECTS)
        yield from _proving(made, entries)
        yield from dossiers()
        yield from searches()


def _proving(made: Stage, entries: int) -> Iterator[Row]:
    from apps.audit.models import Leaf
    from apps.audit.proofs import inclusion
    from benchmarks.audit_export import exporting

    size = _loaded(made, entries)
    chance, times = Random(20261122), []
    for place in chance.sample(range(size), min(PROOFS, size)):
        entry = Leaf.objects.get(seq=place).entry_id
        begin = perf_counter()
        inclusion(entry)
        times.append(1000 * (perf_counter() - begin))
    figure = f"Proof that an entry is in a log of {size:,}"
    yield Row(f"{figure}, median", median(times), "ms", len(times), bar="<= 10")
    yield Row(f"{figure}, p99", _percentile(times, 99), "ms", len(times))
    yield from exporting(made, size)


def _loaded(made: Stage, entries: int) -> int:
    import psycopg
    from django.db import connection, transaction

    from apps.audit.proofs import newest_checkpoint
    from apps.audit.sequencer import sequence
    from benchmarks.audit_writers import rows

    console.print(f"Loading {entries:,} entries")
    with transaction.atomic(), connection.cursor() as cursor, cursor.copy(LOAD) as copy:
        for row in rows(0, entries):
            copy.write_row(row)
    sequence()
    with psycopg.connect(made.server.url("postgres"), autocommit=True) as administrator:
        administrator.execute("VACUUM ANALYZE")
    return newest_checkpoint().tree_size


def _percentile(values: list[float], percent: int) -> float:
    return quantiles(values, n=100)[percent - 1]


if __name__ == "__main__":
    main()
