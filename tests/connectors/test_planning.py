import json
from dataclasses import replace
from datetime import timedelta

import pytest

from apps.audit.models import Entry
from apps.connectors.models import Effect
from apps.connectors.planning import AlreadyOrdered, NotGranted, TooLate, cancel_planned
from apps.connectors.selectors import cases_due
from apps.connectors.sending import run_due
from tests.cast import NORTHGATE
from tests.connectors.conftest import CASE, let_time_pass
from tests.connectors.ordering import CANCEL, LETTER, REFUND, place, states

HOUR = timedelta(hours=1)


def test_nothing_leaves_within_the_undo_window(systems):
    place(REFUND, undo_for=HOUR)

    outcome = run_due(CASE)

    assert (outcome.status, states()) == ("waiting", ["planned"])
    assert outcome.next_at == Effect.objects.get().due_at
    assert systems.books(NORTHGATE).executions() == []


def test_within_the_window_everything_can_be_withdrawn(systems, operator):
    place(REFUND, CANCEL, undo_for=HOUR)

    assert cancel_planned(actor=operator.actor, case_id=CASE, step="effects", reason="Wrong order.") == 2

    let_time_pass()
    assert run_due(CASE).status == "done"
    assert states() == ["cancelled", "cancelled"]
    assert systems.books(NORTHGATE).executions() == []


def test_after_the_window_nothing_can_be_withdrawn(systems, operator):
    place(REFUND, undo_for=HOUR)
    let_time_pass(7200)

    with pytest.raises(TooLate):
        cancel_planned(actor=operator.actor, case_id=CASE, step="effects")
    assert states() == ["planned"]


def test_once_one_has_left_the_others_cannot_be_withdrawn(systems, operator):
    place(REFUND)
    run_due(CASE)
    place(CANCEL, undo_for=HOUR)

    with pytest.raises(TooLate):
        cancel_planned(actor=operator.actor, case_id=CASE, step="effects")
    assert states() == ["confirmed", "planned"]


def test_what_the_release_does_not_grant_is_not_planned(systems):
    with pytest.raises(NotGranted, match=r"shop\.refund"):
        place(CANCEL, REFUND, grants=frozenset({"shop.cancel"}))
    assert states() == []


@pytest.mark.parametrize("operation", ["order", "wipe_disk"])
def test_what_the_system_does_not_offer_is_not_planned_even_when_granted(systems, operation):
    with pytest.raises(NotGranted):
        place(replace(REFUND, operation=operation), grants=frozenset({f"shop.{operation}"}))


def test_planning_twice_orders_once(systems):
    place(REFUND)
    run_due(CASE)

    place(REFUND)
    run_due(CASE)

    assert states() == ["confirmed"]
    assert list(systems.books(NORTHGATE).count_by_key().values()) == [1]


def test_the_same_order_with_another_amount_is_refused(systems):
    place(REFUND)

    with pytest.raises(AlreadyOrdered):
        place(replace(REFUND, params={**REFUND.params, "amount": "1.00"}))


def test_what_was_withdrawn_can_be_planned_again_otherwise(systems, operator):
    place(REFUND, undo_for=HOUR)
    cancel_planned(actor=operator.actor, case_id=CASE, step="effects")

    place(replace(REFUND, params={**REFUND.params, "amount": "20.00"}))
    run_due(CASE)

    [execution] = systems.books(NORTHGATE).executions()
    assert execution["params"]["amount"] == "20.00"


def test_the_way_back_is_written_down_before_anything_leaves(systems):
    [effect] = place(REFUND, undo_for=HOUR)

    assert effect.compensation == "reverse_refund"


def test_every_change_is_in_the_log_without_the_parameters_in_clear(systems):
    place(replace(REFUND, params={**REFUND.params, "iban": "NL91ABNA0417164300"}))
    run_due(CASE)

    entries = list(Entry.objects.filter(action__startswith="effect.").order_by("at"))
    assert [entry.action for entry in entries] == ["effect.planned", "effect.sent", "effect.confirmed"]
    assert not any(b"NL91" in bytes(entry.bytes) for entry in entries)
    last = json.loads(bytes(entries[-1].bytes))
    assert last["tool"] == "shop.refund"
    assert last["params"].startswith("hmac-sha256:")
    assert last["result"].startswith("hmac-sha256:")
    assert last["idempotency_key"] == f"{CASE}/effects/shop.refund/order:88-20417"


def test_cases_with_something_to_do_are_found(systems):
    place(REFUND, undo_for=HOUR)
    assert cases_due(10) == []

    let_time_pass(7200)
    assert cases_due(10) == [CASE]

    run_due(CASE)
    assert cases_due(10) == []


def test_a_case_that_waits_for_a_person_is_not_due(systems):
    systems.trouble("drop")
    place(LETTER, REFUND)
    run_due(CASE)

    assert cases_due(10) == []
