from datetime import timedelta

from apps.connectors import wire
from apps.connectors.ledger import claim, key_of
from apps.connectors.models import Effect
from apps.connectors.rollback import compensate
from apps.connectors.sending import run_due
from tests.cast import NORTHGATE
from tests.connectors.conftest import CASE, let_time_pass
from tests.connectors.ordering import CANCEL, FILE, INVOICE, LABEL, REFUND, place, states


def operations(systems):
    return [done["operation"] for done in systems.books(NORTHGATE).executions()]


def test_what_was_done_is_taken_back_the_last_first(systems, operator):
    place(CANCEL, REFUND, LABEL)
    run_due(CASE)

    assert compensate(actor=operator.actor, case_id=CASE, reason="Wrong customer.").status == "done"

    assert operations(systems)[3:] == ["shop.void_label", "shop.reverse_refund", "shop.reopen"]
    assert states() == ["compensated"] * 3 + ["confirmed"] * 3
    assert systems.books(NORTHGATE).find("orders", "88-20500")["status"] == "processing"


def test_what_was_only_planned_never_leaves(systems, operator):
    place(CANCEL)
    run_due(CASE)
    place(REFUND, undo_for=timedelta(hours=1))

    compensate(actor=operator.actor, case_id=CASE, reason="Wrong customer.")
    let_time_pass(7200)
    run_due(CASE)

    assert operations(systems) == ["shop.cancel", "shop.reopen"]


def test_rolling_back_twice_takes_back_once(systems, operator):
    place(REFUND)
    run_due(CASE)

    for _ in range(2):
        assert compensate(actor=operator.actor, case_id=CASE, reason="Wrong customer.").status == "done"

    assert operations(systems) == ["shop.refund", "shop.reverse_refund"]


def test_what_is_unknown_is_asked_for_before_it_is_taken_back(systems, operator):
    place(REFUND)
    [effect] = Effect.objects.filter(case_id=CASE)
    claim(effect, Effect.State.SENT, timedelta(seconds=10))
    wire.order(effect.system, effect.operation, effect.params, key_of(effect))
    let_time_pass()

    compensate(actor=operator.actor, case_id=CASE, reason="Wrong customer.")

    assert operations(systems) == ["shop.refund", "shop.reverse_refund"]


def test_what_was_never_done_is_not_taken_back(systems, operator):
    systems.trouble("refuse_connection")
    place(FILE)
    run_due(CASE)
    assert states() == ["unknown"]
    let_time_pass()

    assert compensate(actor=operator.actor, case_id=CASE, reason="Wrong claim.").status == "done"

    assert states() == ["cancelled"]
    assert operations(systems) == []


def test_while_it_is_unknown_the_rollback_waits(systems, operator):
    systems.trouble("refuse_connection")
    place(FILE)
    run_due(CASE)

    assert compensate(actor=operator.actor, case_id=CASE, reason="Wrong claim.").status == "waiting"
    assert operations(systems) == []


def test_a_lost_answer_to_a_compensation_is_found_too(systems, operator):
    place(FILE)
    run_due(CASE)
    systems.trouble("drop")

    compensate(actor=operator.actor, case_id=CASE, reason="Wrong claim.")
    let_time_pass()
    assert run_due(CASE).status == "done"

    assert operations(systems) == ["documents.store_document", "documents.remove_document"]
    assert states() == ["compensated", "reconciled"]


def test_what_nothing_takes_back_is_named(systems, operator):
    place(REFUND, INVOICE)
    run_due(CASE)

    outcome = compensate(actor=operator.actor, case_id=CASE, reason="Wrong customer.")

    assert outcome.status == "person"
    assert outcome.problems == ("Send the invoice: nothing takes it back.",)
    assert operations(systems)[-1] == "shop.reverse_refund"
