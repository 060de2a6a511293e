"""Workers die at every layer's boundary and the broker forgets everything: no case is lost, nothing is done twice."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from django.conf import settings as product
from django.db.models import Count

from apps.audit.models import Entry
from apps.audit.sequencer import sequence
from apps.audit.verification import verify
from apps.cases.admission import admit_batch
from apps.cases.models import Case, Step
from apps.connectors.fake.client import executions_by_key
from apps.connectors.models import Effect
from apps.tenants.actors import SYSTEM
from embedded import broker
from tests.cases.world import shop_system, submission, workflow
from tests.cast import NORTHGATE

__all__ = ["shop_system", "workflow"]

pytestmark = pytest.mark.django_db(transaction=True)

CASES = 200
POINTS = [
    f"{layer}.{when}" for layer in ("intake", "context", "action", "review", "effects") for when in ("before", "after")
]
DEADLINE = 240  # seconds; only a defect comes near it
TEXTS = (
    "Where is my refund for order 88-10001?",  # automatic, with a refund and a reply
    "May I send back my boots?",  # drafted with review
    "I complain about everything.",  # reserved
)


@pytest.fixture
def surroundings(shop_system, settings, tmp_path) -> dict[str, str]:
    """What the workers' processes are told: short leases, so that a dead worker's cases are soon due again."""
    return {
        **os.environ,
        "SYSTEM_OF_RECORD_URL": shop_system.url,
        "MODEL_DIR": str(settings.MODEL_DIR),
        "CASE_LEASE_SECONDS": "2",
        "CASE_ATTEMPTS": "50",
        "BROKER_URL": broker.url(tmp_path / "broker"),
        "LOG_LEVEL": "WARNING",
    }


@pytest.fixture
def running_broker(tmp_path: Path) -> Iterator[broker.Broker]:
    running = broker.start(tmp_path / "broker")
    yield running
    running.stop()


@pytest.fixture
def celery(surroundings, running_broker, tmp_path) -> Iterator[Callable[[], "subprocess.Popen[bytes]"]]:
    """Starts real Celery workers, in process groups of their own, and leaves none behind."""
    started: list[subprocess.Popen[bytes]] = []

    def start() -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "celery", "-A", "config.celery", "worker", "-Q", "quick,effects", "-c", "2"]
        with (tmp_path / f"worker-{len(started)}.log").open("wb") as log:
            process = subprocess.Popen(
                [*command, "--without-gossip", "--without-mingle"],
                cwd=product.BASE_DIR, env=surroundings, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        started.append(process)
        return process

    yield start
    for process in started:
        kill(process)


def kill(process: "subprocess.Popen[bytes]") -> None:
    """SIGKILL to the worker and its children at once, as a machine that loses its power."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    process.wait()


def resting() -> int:
    return Case.objects.filter(state__in=Case.RESTING).count()


def hint(surroundings: dict[str, str]) -> None:
    """What beat's sweeper does every two seconds."""
    from config.celery import app

    with app.connection_for_write(surroundings["BROKER_URL"]) as to_broker:
        app.send_task("cases.sweep", (NORTHGATE,), queue="quick", connection=to_broker)


def wait_until(reached: Callable[[], bool], surroundings: dict[str, str]) -> None:
    """Sweep until it is so."""
    deadline = time.monotonic() + DEADLINE
    while not reached():
        assert time.monotonic() < deadline, Counter(Case.objects.values_list("state", "layer"))
        hint(surroundings)
        time.sleep(0.5)


def test_every_case_comes_to_rest_and_nothing_happens_twice(
    workflow, shop_system, surroundings, running_broker, celery
):
    submissions = [submission(number, text=f"{TEXTS[number % 3]} ({number})") for number in range(CASES)]
    admit_batch(actor=SYSTEM, workflow=workflow, submissions=submissions, region="EU")

    # One worker after the other dies at one chosen point, each leaving its claims behind.
    for point in [*POINTS, "effects.sending"]:
        command = [sys.executable, "-m", "tests.chaos.doomed_worker", NORTHGATE, point]
        died = subprocess.run(command, cwd=product.BASE_DIR, env=surroundings, capture_output=True, timeout=DEADLINE)
        assert died.returncode == -signal.SIGKILL, died.stderr.decode()

    # Real workers take over; one dies in the middle of its work, and the broker forgets every message.
    first = celery()
    wait_until(lambda: resting() > CASES // 4, surroundings)
    kill(first)
    redis.Redis(unix_socket_path=str(running_broker.socket)).flushall()
    celery()
    wait_until(lambda: resting() == CASES, surroundings)

    assert Case.objects.filter(outcome="automatic", state="closed").count() == len(range(0, CASES, 3))
    assert not Step.objects.values("case", "layer", "revision").annotate(n=Count("id")).filter(n__gt=1)
    entries = Counter(Entry.objects.filter(action__startswith="case.").values_list("case_id", "action"))
    assert set(entries.values()) == {1}
    assert {action for _, action in entries} == {
        "case.admitted", "case.intake", "case.context", "case.action", "case.review", "case.closed",
    }  # fmt: skip
    executed = executions_by_key(shop_system.url, NORTHGATE)
    assert len(executed) == Effect.objects.count() == 2 * len(range(0, CASES, 3))
    assert set(executed.values()) == {1}
    while sequence():
        pass
    assert verify().ok
