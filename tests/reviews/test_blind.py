"""Finished cases are looked at once more, blind. Whose look it is and how it is drawn, nobody chooses."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.audit.models import Entry
from apps.cases.models import Case
from apps.connectors.models import Effect
from apps.reviews import blind, policies, services
from apps.reviews.models import BlindReview, Disposition, Place, Reviewer
from apps.reviews.refusals import AlreadyDecided, ConflictOfInterest, Held, Refused
from apps.tenants.actors import SYSTEM
from tests.factories import customer_service, waiting_case

Kind = BlindReview.Kind
EVERYTHING = policies.PolicyContent(blind=policies.Blind(sample=100, second=100))


def everything_is_drawn() -> None:
    policies.change_policy(actor=SYSTEM, workflow=customer_service(), content=EVERYTHING, note="All of it.")


def cleared(**changes) -> Case:
    case = waiting_case(ungrounded=False, **changes)
    Case.objects.filter(pk=case.pk).update(state="closed", layer="done", outcome="automatic", closed_at=timezone.now())
    case.refresh_from_db()
    return case


def decided(person, **changes) -> Case:
    """Rejected by the person, long enough ago that it cannot be taken back."""
    case = waiting_case(**changes)
    made = services.reject(actor=person.actor, case_id=case.pk, revision=1, reason_code="tone")
    Disposition.objects.filter(pk=made.pk).update(created_at=timezone.now() - timedelta(minutes=1))
    return case


def drawn_cleared(**changes) -> BlindReview:
    everything_is_drawn()
    case = cleared(**changes)
    blind.draw(customer_service())
    return BlindReview.objects.get(case=case)


def test_all_that_cleared_is_drawn_at_a_rate_of_a_hundred_and_only_once(northgate):
    review = drawn_cleared()
    assert (review.kind, review.verdict) == (Kind.SAMPLE, "")
    assert blind.draw(customer_service()) == 0


def test_nothing_is_drawn_at_a_rate_of_nought(northgate):
    nothing = policies.PolicyContent(blind=policies.Blind(sample=0, second=0))
    policies.change_policy(actor=SYSTEM, workflow=customer_service(), content=nothing, note="None.")
    cleared()
    assert blind.draw(customer_service()) == 0


def test_the_database_draws_what_the_stated_hash_says(northgate):
    half = policies.PolicyContent(blind=policies.Blind(sample=50))
    policies.change_policy(actor=SYSTEM, workflow=customer_service(), content=half, note="Half.")
    cases = [cleared() for _ in range(8)]
    blind.draw(customer_service())
    drawn = set(BlindReview.objects.values_list("case", flat=True))
    assert drawn == {case.pk for case in cases if blind.lucky("sample", case.pk, 50)}


def test_what_waits_for_a_person_or_is_still_going_out_is_not_drawn(northgate):
    everything_is_drawn()
    waiting_case()
    assert blind.draw(customer_service()) == 0


def test_what_is_drawn_is_in_the_log_with_its_rate(northgate):
    review = drawn_cleared()
    entry = Entry.objects.get(action="blind_review.drawn")
    assert str(review.case_id).encode() in bytes(entry.bytes)
    assert b'"percent":100' in bytes(entry.bytes)


def test_a_look_changes_nothing_about_the_case_and_sends_nothing(operator):
    review = drawn_cleared()
    before = Case.objects.values().get(pk=review.case_id)
    taken = blind.take_next(actor=operator.actor)
    blind.decide(actor=operator.actor, review_id=taken.pk, verdict="reject", reason_code="wrong_decision")
    review.refresh_from_db()
    assert (review.verdict, review.reviewer_name) == ("reject", operator.actor.name)
    assert Case.objects.values().get(pk=review.case_id) == before
    assert not Effect.objects.exists()
    assert not Place.objects.filter(case=review.case_id).exists()
    assert not Disposition.objects.exists()
    assert Entry.objects.filter(action="blind_review.decided", case_id=review.case_id).count() == 1


def test_who_decided_first_is_not_given_it_and_refused(operator, senior_reviewer):
    everything_is_drawn()
    case = decided(operator)
    blind.draw(customer_service())
    review = BlindReview.objects.get(case=case)
    assert (review.kind, review.not_by) == (Kind.SECOND, operator.user.pk)
    assert blind.take_next(actor=operator.actor) is None
    with pytest.raises(Refused, match="You decided this case yourself"):
        blind.decide(actor=operator.actor, review_id=review.pk, verdict="approve")
    assert blind.take_next(actor=senior_reviewer.actor) == review


def test_the_database_refuses_the_same_person_too(operator):
    everything_is_drawn()
    decided(operator)
    blind.draw(customer_service())
    own = {"verdict": "approve", "reviewer_id": operator.user.pk, "decided_at": timezone.now()}
    with pytest.raises(IntegrityError, match="second_opinion_of_somebody_else"), transaction.atomic():
        BlindReview.objects.update(**own)


def test_what_can_still_be_taken_back_is_not_drawn(operator):
    everything_is_drawn()
    case = waiting_case()
    services.reject(actor=operator.actor, case_id=case.pk, revision=1, reason_code="tone")
    assert blind.draw(customer_service()) == 0


def test_two_people_never_get_the_same_one(operator, senior_reviewer):
    drawn_cleared()
    taken = blind.take_next(actor=operator.actor)
    assert blind.take_next(actor=operator.actor) == taken
    assert blind.take_next(actor=senior_reviewer.actor) is None
    with pytest.raises(Held, match="open at"):
        blind.decide(actor=senior_reviewer.actor, review_id=taken.pk, verdict="approve")


def test_a_lease_that_is_over_frees_it(operator, senior_reviewer):
    drawn_cleared()
    taken = blind.take_next(actor=operator.actor)
    BlindReview.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert blind.take_next(actor=senior_reviewer.actor) == taken


def test_it_is_decided_once(operator):
    drawn_cleared()
    taken = blind.take_next(actor=operator.actor)
    blind.decide(actor=operator.actor, review_id=taken.pk, verdict="approve")
    with pytest.raises(AlreadyDecided):
        blind.decide(actor=operator.actor, review_id=taken.pk, verdict="approve")


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ({"verdict": "shred"}, "Choose what you would do"),
        ({"verdict": "reject"}, "Choose a reason"),
        ({"verdict": "edit", "reason_code": "other"}, "Write a note"),
    ],
)
def test_who_would_not_send_it_says_why(operator, typed, asked):
    drawn_cleared()
    taken = blind.take_next(actor=operator.actor)
    with pytest.raises(Refused, match=asked):
        blind.decide(actor=operator.actor, review_id=taken.pk, **typed)


def test_a_case_that_is_reserved_is_looked_at_by_a_senior(operator, senior_reviewer):
    drawn_cleared(reserved=True)
    assert (blind.waiting_for(operator.actor), blind.waiting_for(senior_reviewer.actor)) == (0, 1)
    assert blind.take_next(actor=operator.actor) is None


def test_what_a_person_forgotten_has_left_is_given_to_nobody(operator):
    review = drawn_cleared()
    Case.objects.filter(pk=review.case_id).update(text="")
    assert blind.take_next(actor=operator.actor) is None


def test_nobody_looks_at_a_case_of_somebody_in_whom_they_have_an_interest(operator):
    review = drawn_cleared()
    Reviewer.objects.create(person_id=operator.user.pk, conflicts=["C-1001"])
    assert blind.take_next(actor=operator.actor) is None
    with pytest.raises(ConflictOfInterest):
        blind.decide(actor=operator.actor, review_id=review.pk, verdict="approve")


def test_the_page_tells_nothing_of_what_became_of_it(operator, senior_reviewer):
    everything_is_drawn()
    case = decided(operator)
    blind.draw(customer_service())
    page = senior_reviewer.post("/blind/next/", follow=True)
    shown = page.content.decode()
    assert case.title in shown
    assert operator.user.name not in shown
    assert case.number not in shown
    assert "Rejected" not in shown


def test_afterwards_the_page_tells_both(operator, senior_reviewer):
    everything_is_drawn()
    decided(operator)
    blind.draw(customer_service())
    address = senior_reviewer.post("/blind/next/").url
    page = senior_reviewer.post(f"{address}decide/", {"verdict": "approve"}, follow=True)
    assert "It differs." in page.content.decode()
    assert f"{operator.user.name} rejected it." in page.content.decode()


def test_what_is_missing_is_said_and_what_was_typed_is_kept(operator):
    drawn_cleared()
    address = operator.post("/blind/next/").url
    page = operator.post(f"{address}decide/", {"verdict": "edit", "rationale": "Too long."})
    assert page.status_code == 422
    assert "Choose a reason" in page.content.decode()
    assert "Too long." in page.content.decode()


def test_somebody_elses_is_not_shown(operator, senior_reviewer):
    drawn_cleared()
    address = operator.post("/blind/next/").url
    assert senior_reviewer.get(address).url == "/blind/"
