from datetime import timedelta

from django.utils import timezone

from apps.cases.models import CaseVector
from apps.reviews.comparable import nearest
from apps.reviews.services import approve, reject, undo
from tests.factories import waiting_case


def meaning(case, *numbers, encoder="e1"):
    """Give the case a vector whose first numbers are these."""
    CaseVector.objects.create(
        case=case, encoder=encoder, case_type=case.case_type, embedding=[*numbers, *[0.0] * (384 - len(numbers))]
    )
    return case


def decided(operator, *numbers, **changes):
    case = meaning(waiting_case(**changes), *numbers)
    approve(actor=operator.actor, case_id=case.pk, revision=1)
    return case


def found(case):
    return [each.case.number for each in nearest(case).nearest]


def test_the_nearest_by_meaning_come_first(operator):
    far, near = decided(operator, 0.0, 1.0), decided(operator, 0.9, 0.1)
    assert found(meaning(waiting_case(), 1.0)) == [near.number, far.number]


def test_cases_of_another_type_or_still_waiting_are_not_compared(operator):
    decided(operator, 1.0, case_type="cancel")
    meaning(waiting_case(), 1.0)
    assert found(meaning(waiting_case(), 1.0)) == []


def test_vectors_of_another_encoder_are_not_compared(operator):
    decided(operator, 1.0)
    assert found(meaning(waiting_case(), 1.0, encoder="e2")) == []


def test_what_was_changed_is_said(operator):
    left_out, reworded = meaning(waiting_case(), 1.0), meaning(waiting_case(), 0.9, 0.1)
    approve(actor=operator.actor, case_id=left_out.pk, revision=1, edits={3: ""}, reason_code="wrong_source")
    approve(actor=operator.actor, case_id=reworded.pk, revision=1, edits={0: "Hello Dana,"}, reason_code="tone")
    first, second = nearest(meaning(waiting_case(), 1.0)).nearest
    assert first.changed == "left out: “You will also receive a voucher for the trouble.”"
    assert first.verdict == ("warn", "fixed: wrong or missing source")
    assert second.changed == "reworded: “Hello Dana,”"


def test_a_rejection_says_why(operator):
    case = meaning(waiting_case(), 1.0)
    reject(actor=operator.actor, case_id=case.pk, revision=1, reason_code="wrong_decision")
    assert nearest(meaning(waiting_case(), 1.0)).nearest[0].verdict == ("bad", "rejected: wrong decision")


def test_a_decision_that_was_taken_back_is_no_example(operator):
    case = meaning(waiting_case(), 1.0)
    decision = approve(actor=operator.actor, case_id=case.pk, revision=1)
    undo(actor=operator.actor, disposition_id=decision.pk)
    assert found(meaning(waiting_case(), 1.0)) == []


def test_only_the_last_sixty_days_are_counted(operator):
    decided(operator, 1.0)
    old = decided(operator, 1.0)
    CaseVector.objects.filter(pk=old.pk).update(decided_at=timezone.now() - timedelta(days=61))
    assert nearest(meaning(waiting_case(), 1.0)).recent == 1


def test_more_examples_take_no_more_queries(operator, django_assert_num_queries):
    asked = meaning(waiting_case(), 1.0)
    for edits in ({}, {0: "Hello Dana,"}, {3: ""}, {0: "Hi,"}):
        case = meaning(waiting_case(), 1.0)
        approve(actor=operator.actor, case_id=case.pk, revision=1, edits=edits, reason_code="tone")
    with django_assert_num_queries(2):
        assert len(nearest(asked).nearest) == 4


def test_a_case_that_was_never_read_has_nothing_to_compare(operator):
    decided(operator, 1.0)
    assert found(waiting_case()) == []
