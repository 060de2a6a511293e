"""A worker is killed with SIGKILL between sending an order and hearing the answer."""

import os
import signal

import pytest
from django.db import connection

from apps.connectors.models import Effect
from apps.connectors.sending import run_due
from tests.cast import NORTHGATE
from tests.connectors.conftest import CASE, let_time_pass
from tests.connectors.ordering import FILE, LETTER, REFUND, place, states

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def kill_in_the_middle(systems):
    """Sends what is due in a process of its own, and kills it once the system of record has done it."""

    def kill():
        systems.trouble("hold")
        systems.executed.clear()
        connection.close()
        worker = os.fork()
        if worker == 0:
            try:
                run_due(CASE)
            finally:
                os._exit(1)
        assert systems.executed.wait(20)
        os.kill(worker, signal.SIGKILL)
        assert os.waitpid(worker, 0)[1] == signal.SIGKILL
        systems.released.set()

    return kill


@pytest.mark.parametrize("order", [REFUND, FILE], ids=["by key", "by look-up"])
def test_the_next_worker_finds_out_and_does_it_exactly_once(systems, kill_in_the_middle, order):
    place(order)
    kill_in_the_middle()
    assert states() == ["sent"]

    assert run_due(CASE).status == "waiting"
    let_time_pass()
    assert run_due(CASE).status == "done"

    assert states() == ["reconciled"]
    assert list(systems.books(NORTHGATE).count_by_key().values()) == [1]


def test_where_nobody_can_be_asked_it_is_not_sent_again(systems, kill_in_the_middle):
    place(LETTER)
    kill_in_the_middle()
    let_time_pass()

    assert run_due(CASE).status == "person"

    assert Effect.objects.get().needs_person
    assert list(systems.books(NORTHGATE).count_by_key().values()) == [1]
