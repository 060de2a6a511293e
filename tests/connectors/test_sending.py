from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import transaction

from apps.connectors import wire
from apps.connectors.ledger import claim, key_of, move
from apps.connectors.models import Effect
from apps.connectors.sending import run_due, settle_by_hand
from tests.cast import NORTHGATE
from tests.connectors.conftest import CASE, let_time_pass
from tests.connectors.ordering import CANCEL, FILE, LETTER, REFUND, place, states


@pytest.fixture
def executions(systems):
    """How often each key was carried out, by the system of record's own ledger."""
    return lambda: sorted(systems.books(NORTHGATE).count_by_key().values())


def run_until_settled():
    for _ in range(12):
        outcome = run_due(CASE)
        if outcome.status != "waiting":
            return outcome
        let_time_pass()
    raise AssertionError(f"Still waiting: {states()}")


def test_orders_run_in_order_and_are_confirmed(systems, executions):
    place(CANCEL, REFUND)

    assert run_due(CASE).status == "done"

    assert states() == ["confirmed", "confirmed"]
    assert [done["operation"] for done in systems.books(NORTHGATE).executions()] == ["shop.cancel", "shop.refund"]
    assert Effect.objects.get(operation="refund").answer == {"order": "88-20417", "refunded": "129.00"}


def test_running_again_does_nothing(systems, executions):
    place(REFUND)
    run_due(CASE)
    run_due(CASE)

    assert executions() == [1]
    assert Effect.objects.get().attempts == 1


@pytest.mark.parametrize("order", [REFUND, FILE], ids=["by key", "by look-up"])
def test_when_the_answer_is_lost_the_system_is_asked(systems, executions, order):
    systems.trouble("drop")
    place(order)

    assert run_until_settled().status == "done"

    assert states() == ["reconciled"]
    assert executions() == [1]


@pytest.mark.parametrize("order", [REFUND, FILE], ids=["by key", "by look-up"])
def test_when_it_was_not_done_it_is_sent_again(systems, executions, order):
    systems.trouble("refuse_connection")
    place(order)

    assert run_until_settled().status == "done"

    assert states() == ["confirmed"]
    assert executions() == [1]


def test_a_look_up_is_not_believed_while_the_order_may_be_under_way(systems, executions):
    systems.trouble("refuse_connection")
    place(FILE)

    run_due(CASE)

    assert states() == ["unknown"]
    assert executions() == []


def test_an_error_of_the_system_is_not_taken_for_a_no(systems, executions):
    systems.trouble("fail", status=500, times=3)
    place(REFUND)

    assert run_until_settled().status == "done"
    assert executions() == [1]


def test_a_no_is_final_and_named(systems, executions):
    wrong = replace(REFUND, object="order:88-1", params={"order": "88-1", "amount": "5"}, summary="Refund order 88-1")
    place(wrong, CANCEL)

    outcome = run_due(CASE)

    assert outcome.status == "person"
    assert "Refund order 88-1: 422 There is no order '88-1'." in outcome.problems[0]
    assert states() == ["failed", "planned"]
    assert executions() == []


def test_where_nobody_can_be_asked_a_person_decides(systems, executions):
    systems.trouble("drop")
    place(LETTER)

    outcome = run_due(CASE)

    assert outcome.status == "person"
    assert "not sent again" in outcome.problems[0]
    for _ in range(3):
        let_time_pass()
        run_due(CASE)
    assert states() == ["unknown"]
    assert executions() == [1]


@pytest.mark.parametrize(
    ("finding", "state", "times"),
    [("done", "reconciled", [1]), ("not_done", "cancelled", [1]), ("send_again", "confirmed", [2])],
)
def test_a_person_settles_what_is_unknown(systems, executions, operator, finding, state, times):
    systems.trouble("drop")
    [effect] = place(LETTER)
    run_due(CASE)

    settle_by_hand(actor=operator.actor, effect_id=effect.pk, finding=finding, reason="Asked the print shop.")

    assert run_due(CASE).status == "done"
    assert states() == [state]
    assert list(systems.books(NORTHGATE).count_by_key().values()) == times


def test_a_person_cannot_settle_what_runs_by_itself(systems, operator):
    [effect] = place(REFUND)

    with pytest.raises(ValueError, match="does not wait"):
        settle_by_hand(actor=operator.actor, effect_id=effect.pk, finding="done", reason="I think so.")


def test_a_system_that_is_down_gets_nothing_twice_and_is_given_up_in_the_end(systems, settings):
    settings.SYSTEM_OF_RECORD_URL = "http://127.0.0.1:9"
    place(REFUND)

    assert run_until_settled().status == "person"
    assert states() == ["failed"]


def test_a_system_that_comes_back_gets_its_order(systems, executions, settings):
    address, settings.SYSTEM_OF_RECORD_URL = settings.SYSTEM_OF_RECORD_URL, "http://127.0.0.1:9"
    place(REFUND)
    assert run_due(CASE).status == "waiting"

    settings.SYSTEM_OF_RECORD_URL = address
    assert run_until_settled().status == "done"
    assert executions() == [1]


def test_a_system_that_loses_orders_for_a_while_is_given_time(systems, executions):
    """It answers questions and drops orders: without waits, all attempts would be gone within a second."""
    systems.trouble("refuse_connection", times=2)
    place(REFUND)
    assert run_due(CASE).status == "waiting"
    let_time_pass()
    assert run_due(CASE).status == "done"
    assert executions() == [1]


def test_a_worker_whose_lease_was_taken_over_may_not_write(systems, executions):
    """The first worker hears the answer only after another one has found the order abandoned."""
    [late] = place(REFUND)
    assert claim(late, Effect.State.SENT, timedelta(seconds=10))
    let_time_pass()
    assert run_due(CASE).status == "done"

    answer = wire.order(late.system, late.operation, late.params, key_of(late))

    assert isinstance(answer, wire.Done)
    assert not move(late, Effect.State.CONFIRMED, answer=answer.answer)
    assert executions() == [1]


@pytest.mark.django_db(transaction=True)
def test_no_transaction_may_be_held_while_a_system_is_asked(systems):
    place(REFUND)

    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        run_due(CASE)
    assert states() == ["planned"]
