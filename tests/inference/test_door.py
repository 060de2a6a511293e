import hashlib
import json
import os
import threading
from decimal import Decimal
from uuid import UUID

import pytest
from django.db import connection, transaction
from pydantic import BaseModel
from uuid6 import uuid7

from apps.audit.commitments import SubjectForgotten, commit, destroy_key
from apps.audit.models import Entry
from apps.audit.sealing import SealBroken
from apps.inference.budgets import set_daily_budget, spent_today
from apps.inference.door import ask
from apps.inference.errors import AnswerUnusable, BudgetSpent, ModelRefused, ModelUnavailable
from apps.inference.exchanges import About
from apps.inference.limits import Limits
from apps.inference.models import Exchange
from apps.tenants.actors import SYSTEM
from apps.tenants.schemas import in_schema
from tests.cast import HARBOUR

CASE = UUID("019aa0b4-7d00-7000-8000-00000000c0de")
PERSON = UUID("019aa0b4-7d00-7000-8000-0000000000aa")
NATIVE, BY_TOOL = (
    "anthropic:claude-sonnet-5-5",
    "anthropic:claude-haiku-4-5",
)  # how each is given the form of its answer
AT_ONCE = Limits(shortest_wait=0.0)


class Verdict(BaseModel):
    colour: str
    count: int


def put(text="Which colour?", *, case=CASE, person=PERSON, route=NATIVE, limits=AT_ONCE, **manner):
    return ask(
        route=route,
        purpose="intake",
        about=About(case, person),
        instructions="Decide.",
        text=text,
        output=Verdict,
        limits=limits,
        **manner,
    )


@pytest.mark.parametrize("route", [NATIVE, BY_TOOL])
def test_an_answer_comes_back_typed(northgate, provider, route):
    provider.reply_with({"colour": "green", "count": 3})

    assert put(route=route).output == Verdict(colour="green", count=3)


def test_the_exact_bytes_of_both_directions_are_stored(northgate, provider):
    answer = put()

    kept = Exchange.objects.get(pk=answer.exchange_id)
    assert json.loads(kept.plain("request")) == provider.requests[0]
    assert json.loads(kept.plain("response"))["role"] == "assistant"
    assert kept.request_digest == commit(PERSON, kept.plain("request"))
    assert kept.response_digest == commit(PERSON, kept.plain("response"))
    assert (kept.status, kept.outcome, kept.purpose, kept.case_id) == (200, "answered", "intake", CASE)


def dumped(table):
    """All that the database holds of a table's rows, as text; bytes are decoded where they can be."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table}")
        rows = cursor.fetchall()
    return " ".join(
        bytes(value).decode(errors="replace") if isinstance(value, memoryview) else str(value)
        for row in rows
        for value in row
    )


def test_the_row_holds_no_word_in_clear_and_none_at_all_without_the_key(northgate, provider):
    provider.reply_with({"colour": "chartreuse", "count": 3})
    kept = Exchange.objects.get(pk=put("Ana Lopez asks for vermilion").exchange_id)
    assert "vermilion" in kept.plain("request").decode()

    destroy_key(actor=SYSTEM, subject=PERSON, reason="She asked for it.")

    for table in ("inference_exchange", "audit_entry"):
        assert not any(word in dumped(table) for word in ("Lopez", "vermilion", "chartreuse"))
    for part in ("request", "response", "problem"):
        with pytest.raises(SubjectForgotten):
            kept.plain(part)


def test_the_log_names_each_round_trip_by_digests_and_by_hashes_of_what_is_sealed(northgate, provider):
    provider.fail_with(529)
    answer = put()

    failed, answered = Exchange.objects.all()
    facts = [json.loads(bytes(entry.bytes)) for entry in Entry.objects.filter(action="model.asked").order_by("at")]
    assert [entry["fingerprints"] for entry in facts] == [[failed.fingerprints()], [answered.fingerprints()]]
    assert [entry["result"] for entry in facts] == ["failed", "answered"]
    assert {entry["case"] for entry in facts} == {str(CASE)}
    assert answered.fingerprints()["sealed_request"] == hashlib.sha256(bytes(answered.request)).hexdigest()
    assert answer.exchanges == (failed, answered)


def test_nothing_is_sent_about_somebody_who_was_forgotten(northgate, provider):
    put()
    destroy_key(actor=SYSTEM, subject=PERSON, reason="She asked for it.")

    with pytest.raises(ModelRefused, match="may be sent"):
        put("Another colour?")
    assert len(provider.requests) == 1


def test_asked_afresh_a_model_answers_again_and_its_first_answer_stays_the_one_that_counts(northgate, provider):
    provider.reply_with({"colour": "green", "count": 3})
    provider.reply_with({"colour": "blue", "count": 3})
    first = put()

    assert put(afresh=True).output.colour == "blue"
    assert put().exchange_id == first.exchange_id
    assert sorted(Exchange.objects.values_list("outcome", flat=True)) == ["answered", "rerun"]


def test_sealed_bytes_are_good_in_their_own_place_only(northgate, provider):
    ours, theirs = (Exchange.objects.get(pk=put(text).exchange_id) for text in ("One?", "Two?"))
    Exchange.objects.filter(pk=ours.pk).update(request=theirs.request)
    ours.refresh_from_db()

    with pytest.raises(SealBroken):
        ours.plain("request")


def test_the_key_is_stored_nowhere(northgate, provider, settings):
    settings.ANTHROPIC_API_KEY = "sk-very-secret"

    kept = Exchange.objects.get(pk=put().exchange_id)

    assert b"sk-very-secret" not in kept.plain("request") + kept.plain("response")


def test_the_same_request_gets_the_stored_answer(northgate, provider):
    provider.reply_with({"colour": "green", "count": 3})
    first = put()

    again = put()

    assert (again.output, again.exchange_id, again.replayed) == (first.output, first.exchange_id, True)
    assert len(provider.requests) == Exchange.objects.count() == 1


def test_another_case_is_another_question(northgate, provider):
    put()
    put(case=uuid7())

    assert len(provider.requests) == 2


def test_a_stored_answer_needs_neither_key_nor_budget(northgate, provider, settings, tenant_admin):
    first = put()
    set_daily_budget(actor=tenant_admin.actor, per_day=Decimal(0), reason="The month is over.")
    settings.ANTHROPIC_API_KEY = ""

    assert put().exchange_id == first.exchange_id


def test_another_tenant_has_other_exchanges(northgate, provider):
    put()

    with in_schema(HARBOUR):
        assert not Exchange.objects.exists()


def test_an_answer_has_a_price(northgate, provider):
    answer = put()

    kept = Exchange.objects.get(pk=answer.exchange_id)
    assert answer.cost == kept.cost > 0
    assert (answer.input_tokens, answer.output_tokens) == (kept.input_tokens, kept.output_tokens)
    assert not kept.cost_estimated
    assert spent_today() == kept.cost


def test_a_model_without_a_known_price_is_counted_at_a_high_one(northgate, provider):
    answer = put(route="anthropic:claude-of-tomorrow")

    assert Exchange.objects.get(pk=answer.exchange_id).cost_estimated
    assert answer.cost > 0


def test_a_spent_budget_is_refused_before_anything_is_sent(northgate, provider, tenant_admin):
    set_daily_budget(actor=tenant_admin.actor, per_day=Decimal(0), reason="Stop for today.")

    with pytest.raises(BudgetSpent, match=r"0\.00 of 0\.00 USD.*00:00 UTC"):
        put()
    assert provider.requests == []


def test_a_changed_budget_is_in_the_log(northgate, tenant_admin):
    set_daily_budget(actor=tenant_admin.actor, per_day=Decimal("40.00"), reason="More cases in December.")

    entry = Entry.objects.get(action="inference.budget_set")
    assert json.loads(bytes(entry.bytes))["after"] == {"per_day": "40.00"}


def test_without_a_key_the_door_says_which_variable_is_missing(northgate, provider, settings):
    settings.ANTHROPIC_API_KEY = ""

    with pytest.raises(ModelRefused, match="ANTHROPIC_API_KEY"):
        put()


def test_a_route_to_nowhere_is_refused(northgate, provider):
    with pytest.raises(ModelRefused, match="somewhere:else"):
        put(route="somewhere:else")


@pytest.mark.parametrize("status", [429, 500, 529])
def test_a_passing_failure_is_tried_again_and_each_attempt_written_down(northgate, provider, status):
    provider.fail_with(status=status, times=2, retry_after=0)

    put()

    assert list(Exchange.objects.values_list("status", "outcome")) == [
        (status, "failed"),
        (status, "failed"),
        (200, "answered"),
    ]


def test_a_lasting_failure_ends_after_three_attempts(northgate, provider):
    provider.fail_with(status=529, times=9, retry_after=0)

    with pytest.raises(ModelUnavailable):
        put()
    assert Exchange.objects.filter(outcome="failed", status=529).count() == 3


def test_a_long_wait_is_handed_to_the_caller(northgate, provider):
    provider.fail_with(status=429, retry_after=90)

    with pytest.raises(ModelUnavailable) as raised:
        put()
    assert raised.value.retry_after == 90
    assert Exchange.objects.count() == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_refusal_is_not_tried_again(northgate, provider, status):
    provider.fail_with(status=status, times=9)

    with pytest.raises(ModelRefused):
        put()
    assert Exchange.objects.count() == 1


def test_a_lost_connection_is_tried_again(northgate, provider):
    provider.drop()

    put()

    assert list(Exchange.objects.values_list("status", "outcome")) == [(0, "failed"), (200, "answered")]


def test_a_provider_that_says_nothing_is_given_up(northgate, provider):
    provider.hang()

    with pytest.raises(ModelUnavailable, match="timed out"):
        put(limits=Limits(attempts=1, seconds=0.2))
    assert Exchange.objects.get().status == 0


@pytest.mark.parametrize("body", ["not json", "{}", '{"content": 7}'])
def test_a_body_that_is_no_message_is_tried_again(northgate, provider, body):
    provider.reply_raw(body)

    put()

    assert list(Exchange.objects.values_list("outcome", flat=True)) == ["failed", "answered"]


@pytest.mark.parametrize("route", [NATIVE, BY_TOOL])
def test_an_answer_in_the_wrong_form_is_sent_back_once_with_what_is_wrong(northgate, provider, route):
    provider.reply_with({"colour": "green", "count": "many"})
    provider.reply_with({"colour": "green", "count": 3})

    assert put(route=route).output.count == 3

    assert list(Exchange.objects.values_list("outcome", flat=True)) == ["unusable", "answered"]
    assert "valid integer" in json.dumps(provider.requests[1])


def test_an_answer_that_stays_in_the_wrong_form_is_unusable_also_when_asked_later(northgate, provider):
    provider.reply_text("I would rather not.")
    provider.reply_text("Still not.")

    for _ in range(2):
        with pytest.raises(AnswerUnusable):
            put()
    assert len(provider.requests) == Exchange.objects.filter(outcome="unusable").count() == 2


def test_an_unusable_answer_was_paid_for(northgate, provider):
    provider.reply_text("I would rather not.")

    put()

    assert all(cost > 0 for cost in Exchange.objects.values_list("cost", flat=True))


@pytest.mark.django_db(transaction=True)
def test_no_transaction_may_be_held_across_a_call(northgate, provider):
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        put()
    assert provider.requests == []


@pytest.mark.django_db(transaction=True)
def test_threads_ask_side_by_side(northgate, provider):
    answers = []

    def work():
        with in_schema(northgate.schema_name):
            answers.append(put(case=uuid7()))
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len({answer.exchange_id for answer in answers}) == 4


@pytest.mark.django_db(transaction=True)
def test_two_workers_with_one_question_use_one_answer(northgate, provider):
    together = threading.Barrier(2, timeout=20)
    provider.before_answering = together.wait
    answers = []

    def work():
        with in_schema(northgate.schema_name):
            answers.append(put())
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers[0].exchange_id == answers[1].exchange_id
    assert sorted(Exchange.objects.values_list("outcome", flat=True)) == ["answered", "surplus"]


@pytest.mark.django_db(transaction=True)
def test_a_forked_worker_asks_over_a_line_of_its_own(northgate, provider):
    put(case=uuid7())
    case = uuid7()
    connection.close()

    child = os.fork()
    if child == 0:
        try:
            put(case=case)
            os._exit(0)
        finally:
            os._exit(1)

    assert os.waitpid(child, 0)[1] == 0
    assert Exchange.objects.filter(case_id=case, outcome="answered").exists()
    put(case=uuid7())
