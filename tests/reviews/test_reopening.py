import pytest
from django.utils import timezone

from apps.audit.models import Entry
from apps.connectors.models import Effect
from apps.reviews.models import Disposition
from apps.reviews.reopening import last_decisions, reopen
from apps.reviews.services import Refused, approve, escalate, reject
from tests.factories import waiting_case


def approved(who, **fields):
    case = waiting_case()
    return case, approve(actor=who.actor, case_id=case.pk, revision=1, **fields)


def rejected(who):
    case = waiting_case()
    return case, reject(actor=who.actor, case_id=case.pk, revision=1, reason_code="tone")


def test_a_rejected_case_is_taken_up_again_long_after_the_time_to_undo(operator, settings):
    settings.UNDO_SECONDS = 0
    case, decision = rejected(operator)
    assert reopen(actor=operator.actor, disposition_id=decision.pk).state == "review"
    assert reject(actor=operator.actor, case_id=case.pk, revision=1, reason_code="other", rationale="Worn.").turn == 1
    assert Entry.objects.filter(action="review.reopened", case_id=case.pk).count() == 1


def test_an_approved_case_whose_orders_wait_is_taken_up_again(operator):
    case, decision = approved(operator)
    reopen(actor=operator.actor, disposition_id=decision.pk)
    case.refresh_from_db()
    assert (case.state, case.outcome) == ("review", "")
    assert set(Effect.objects.values_list("state", flat=True)) == {"cancelled"}


def test_what_has_left_keeps_a_case_closed_and_the_refusal_names_it(operator):
    case, decision = approved(operator)
    Effect.objects.filter(case_id=case.pk, operation="create_label").update(state="confirmed")
    with pytest.raises(Refused, match="Send a free return label for order 88-20417” has left already"):
        reopen(actor=operator.actor, disposition_id=decision.pk)
    assert Disposition.objects.get().undone_at is None


def test_what_is_due_to_leave_keeps_a_case_closed(operator):
    case, decision = approved(operator)
    Effect.objects.filter(case_id=case.pk).update(due_at=timezone.now())
    with pytest.raises(Refused, match="going out right now"):
        reopen(actor=operator.actor, disposition_id=decision.pk)


def test_an_escalated_case_is_for_the_other_to_decide(operator):
    case = waiting_case()
    decision = escalate(
        actor=operator.actor, case_id=case.pk, revision=1, to="senior_reviewer", rationale="Is it wear?"
    )
    with pytest.raises(Refused, match="with somebody else now"):
        reopen(actor=operator.actor, disposition_id=decision.pk)


def test_nobody_takes_up_what_another_decided(operator, senior_reviewer):
    _, decision = rejected(operator)
    with pytest.raises(Refused, match="no such decision of yours"):
        reopen(actor=senior_reviewer.actor, disposition_id=decision.pk)


def test_a_decision_is_taken_up_once(operator):
    _, decision = rejected(operator)
    reopen(actor=operator.actor, disposition_id=decision.pk)
    with pytest.raises(Refused):
        reopen(actor=operator.actor, disposition_id=decision.pk)


def test_the_last_ten_are_told_newest_first_with_what_can_still_be_done(operator, django_assert_num_queries):
    for _ in range(9):
        rejected(operator)
    gone, _ = approved(operator)
    Effect.objects.filter(case_id=gone.pk).update(state="confirmed")
    newest, _ = rejected(operator)
    with django_assert_num_queries(2):
        past = last_decisions(operator.actor)
    assert len(past) == 10
    assert [each.disposition.case.number for each in past[:2]] == [newest.number, gone.number]
    assert past[0].closed_because == ""
    assert "has left already" in past[1].closed_because
