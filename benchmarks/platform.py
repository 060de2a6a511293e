"""How fast is the platform, with its models and without, and beside a durable workflow library on the same PostgreSQL?

    python -m benchmarks.platform [--cases N] [--rounds N]

Everything runs on a throw-away PostgreSQL that waits for the disk. Whoever is not measured is stopped meanwhile.
"""

import argparse
import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from operator import itemgetter
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

import psutil
import psycopg
from rich.console import Console

from benchmarks.figures import Row, machine, publish
from benchmarks.stage import Stage, stage

PEER = "DBOS, four no-op steps"
WORKERS = 2
FILE_BATCH = 100  # cases that a file hands in at a time
DEMO_CASES = 300
QUIET = ("--without-gossip", "--without-mingle", "--loglevel", "WARNING")

if TYPE_CHECKING:  # the product's modules want their settings first
    from apps.cases.submission import Submission

Child = subprocess.Popen[str]
console = Console(stderr=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--cases", type=int, default=1_000, help="per round, without models")
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    on = machine()
    with stage() as made:
        from benchmarks.traffic import seeded

        console.print("Seeding the retailer of the demo")
        with seeded():
            rows = [_with_models(made), *_without_models(made, chosen.cases, chosen.rounds), *_shares(chosen.cases)]
    publish("platform", "make bench", rows, on)


def _with_models(made: Stage) -> Row:
    from benchmarks.traffic import demo_cases, made_cases, northgate

    console.print("Cases with the local models")
    tenant = northgate()
    submissions = demo_cases(tenant, DEMO_CASES)
    with _workers(made, "celery", "-A", "config.celery"):
        _measured(made_cases(0, 20), FILE_BATCH)  # so that every worker has its encoder loaded
        rate = _measured(submissions, FILE_BATCH)
    figure = "Cases through all four layers with the local models, look-ups, effects and audit entries included"
    return Row(figure, rate, "cases/s", len(submissions))


def _without_models(made: Stage, cases: int, rounds: int) -> Iterator[Row]:
    from benchmarks.traffic import made_cases

    console.print("Cases with models that answer at once, and the peer, in turn")
    rates: dict[str, list[float]] = {"file": [], "one": [], "peer": [], "peer alone": []}
    with _workers(made, "benchmarks.worker") as ours:
        _measured(made_cases(1_000, 100), FILE_BATCH)
        with _paused(ours):
            peers = _peers(made)
        for number in range(1, rounds + 1):
            with _paused(peers):
                rates["file"].append(_measured(made_cases(10_000 * number, cases), FILE_BATCH))
                rates["one"].append(_measured(made_cases(10_000 * number + 5_000, cases // 2), 1))
            with _paused(ours):
                rates["peer alone"].append(_peer_rate(peers[:1], cases // 2))
                rates["peer"].append(_peer_rate(peers, cases))
    figure = "Cases through all four layers, models answering at once, admission and audit entries included"
    file, one, peer, alone = (median(each) for each in rates.values())
    n = cases * rounds
    ranges = {name: f"{min(each):.0f} to {max(each):.0f}" for name, each in rates.items()}
    spread = (
        f"Median of {rounds} rounds in turn: {ranges['file']} here in {WORKERS} worker processes, where cases come in "
        f"{FILE_BATCH} at a time as from a file; the peer {ranges['peer alone']} in one process, {ranges['peer']} in "
        f"{WORKERS}."
    )
    started = f"{PEER}, started in the background"
    yield Row(figure, file, "cases/s", n, f"{started}, one process with its thread pool", alone, ">= 2.0", spread)
    yield Row(
        "The same beside as many processes of the peer", file, "cases/s", n, f"{started}, {WORKERS} processes", peer
    )
    yield Row("The same, each case admitted alone by one client", one, "cases/s", cases // 2 * rounds)


def _measured(submissions: "Sequence[Submission]", batch: int) -> float:
    """Cases per second, from the first admission until the last one rests."""
    from benchmarks.traffic import northgate, send_in, wait_until_all_rest

    begin = perf_counter()
    send_in(northgate(), submissions, batch=batch)
    wait_until_all_rest()
    return len(submissions) / (perf_counter() - begin)


def _shares(cases: int) -> Iterator[Row]:
    """Where the time of one worker goes, admission included, alone on the machine with its PostgreSQL."""
    from django.db import connection

    from apps.audit import commitments
    from apps.cases import admission, hints, processing
    from benchmarks.clocks import Clocks
    from benchmarks.stubs import StubPorts
    from benchmarks.traffic import made_cases, northgate, send_in

    console.print("Where the time goes")
    clocks = Clocks()
    places = (
        (processing, "claim", "claiming"),
        (processing, "commit_layer", "commits of layers"),
        (processing, "run_layer", "the layers themselves"),
        (processing, "prepare", "audit entries made ready"),
        (admission, "prepare", "audit entries made ready"),
        (commitments, "subject_keys", "keys of the people"),
        (admission, "execute", "admission statements"),
        (hints, "send", "hints to workers"),
    )
    before, processing.TenantPorts = processing.TenantPorts, StubPorts  # type: ignore[misc, assignment, attr-defined]
    send_in(northgate(), made_cases(900_000, 50), batch=FILE_BATCH)
    processing.work_queue("quick")
    server = psutil.Process(connection.connection.info.backend_pid)
    busy = sum(server.cpu_times()[:2])
    begin = perf_counter()
    with clocks.at(*places):
        send_in(northgate(), made_cases(910_000, cases), batch=FILE_BATCH)
        processing.work_queue("quick")
    total = perf_counter() - begin
    busy = sum(server.cpu_times()[:2]) - busy
    processing.TenantPorts = before  # type: ignore[misc]
    yield Row("Time of one case in one process", total / cases * 1000, "ms", cases)
    yield Row("of which PostgreSQL's own processor time", busy / cases * 1000, "ms", cases)
    parts = [
        *sorted(clocks.seconds.items(), key=itemgetter(1), reverse=True),
        ("everything else in Python", total - sum(clocks.seconds.values())),
    ]
    for part, seconds in parts:
        yield Row(f"Share: {part}", 100 * seconds / total, "%", cases)


@contextmanager
def _workers(made: Stage, *program: str) -> Iterator[list[Child]]:
    """The product's own composition: case workers, the log's worker and beat. `program` is what runs the first."""
    from benchmarks.stage import stop

    celery = ("-m", "celery", "-A", "config.celery")
    schedule = str(made.folder / "beat")
    queues = ("--queues", "quick,model,effects,evaluation", "--pool", "prefork", "--concurrency", str(WORKERS))
    children = [
        made.process("-m", *program, "worker", *queues, "--hostname", "worker@localhost", *QUIET),
        made.process(*celery, "worker", "--queues", "log", "--pool", "solo", "--hostname", "log@localhost", *QUIET),
        made.process(*celery, "beat", "--scheduler", "celery.beat:Scheduler", "--schedule", schedule, *QUIET[2:]),
    ]
    try:
        yield children
    finally:
        for child in children:
            stop(child)


@contextmanager
def _paused(children: Sequence[Child]) -> Iterator[None]:
    for child in children:
        os.killpg(child.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for child in children:
            os.killpg(child.pid, signal.SIGCONT)


def _peers(made: Stage) -> list[Child]:
    with psycopg.connect(made.server.url("postgres", "postgres"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE dbos_peer")
    url = made.server.url("postgres", "dbos_peer")
    peers = []
    for number in range(WORKERS):
        arguments = ("-m", "benchmarks.dbos_peer", url, f"executor-{number}")
        peers.append(made.process(*arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE))
        _expect(peers[-1], "ready")
    return peers


def _peer_rate(peers: Sequence[Child], workflows: int) -> float:
    begin = perf_counter()
    for peer in peers:
        assert peer.stdin
        peer.stdin.write(f"{workflows // len(peers)}\n")
        peer.stdin.flush()
    for peer in peers:
        _expect(peer, "done")
    return workflows // len(peers) * len(peers) / (perf_counter() - begin)


def _expect(peer: Child, word: str) -> None:
    assert peer.stdout
    said = peer.stdout.readline().strip()
    if said != word:
        raise RuntimeError(f"The peer said {said!r} instead of {word!r}.")


if __name__ == "__main__":
    main()
