from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from html import unescape
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.db.models import F
from django.utils import timezone

from apps.audit.models import Entry
from apps.reviews import assignments
from apps.reviews.models import Assignment, Disposition, Notification, Place, Reviewer
from apps.reviews.queue import Selection
from apps.reviews.refusals import AlreadyDecided, CapReached, ConflictOfInterest, Held, Refused
from apps.reviews.services import approve, escalate, reject, undo
from apps.tenants.actors import Actor
from apps.tenants.models import Membership
from apps.tenants.schemas import in_schema
from tests.cast import NORTHGATE
from tests.factories import waiting_case
from tests.reviews.crowd import crowd

CLAIMERS = 64


def person(name="Somebody", role="operator") -> Actor:
    return Actor("person", str(uuid4()), name, role)


def lapse(case) -> None:
    """The time of the lease is over."""
    Assignment.objects.filter(pk=case.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def earlier(case, seconds) -> None:
    Assignment.objects.filter(pk=case.pk).update(beaten_at=F("beaten_at") - timedelta(seconds=seconds))


def membership(who) -> Membership:
    return Membership.objects.select_related("user").get(user=who.user)


# --- holding


def test_who_opens_a_waiting_case_holds_it_and_the_next_one_reads_by_whom(operator, senior_reviewer):
    case = waiting_case()
    operator.get(f"/review/{case.number}/")
    with pytest.raises(Held, match="is open at Olga Brandt since"):
        assignments.take(actor=senior_reviewer.actor, case_id=case.pk)


def test_nobody_decides_what_somebody_else_holds(operator, senior_reviewer):
    case = waiting_case()
    assignments.take(actor=operator.actor, case_id=case.pk)
    with pytest.raises(Held, match="Olga Brandt"):
        approve(actor=senior_reviewer.actor, case_id=case.pk, revision=1)
    with pytest.raises(Held):
        reject(actor=senior_reviewer.actor, case_id=case.pk, revision=1, reason_code="tone")
    with pytest.raises(Held):
        escalate(actor=senior_reviewer.actor, case_id=case.pk, revision=1, to="decision_owner", rationale="Look.")
    assert not Disposition.objects.exists()


def test_a_case_that_nobody_holds_is_decided_without_ado(operator):
    case = waiting_case()
    approve(actor=operator.actor, case_id=case.pk, revision=1)
    assert not Assignment.objects.exists()


def test_a_closed_laptop_frees_its_case(operator, senior_reviewer):
    case = waiting_case()
    assignments.take(actor=operator.actor, case_id=case.pk)
    assert assignments.take_next(actor=senior_reviewer.actor, selection=Selection()) is None
    lapse(case)
    assert assignments.take_next(actor=senior_reviewer.actor, selection=Selection()) == case
    with pytest.raises(Held, match="Samir Haddad"):
        assignments.beat(actor=operator.actor, case_id=case.pk)


def test_a_heartbeat_keeps_the_case_and_takes_it_again_while_it_is_free(operator):
    case = waiting_case()
    first = assignments.take(actor=operator.actor, case_id=case.pk)
    lapse(case)
    again = assignments.beat(actor=operator.actor, case_id=case.pk)
    assert again.lease_until
    assert again.lease_until > timezone.now()
    assert again.turn == first.turn


def test_the_browser_says_that_it_is_still_there_and_hears_who_has_it_instead(operator, senior_reviewer):
    case = waiting_case()
    operator.get(f"/review/{case.number}/")
    assert operator.post(f"/review/{case.number}/hold/").json()["turn"] == 1
    senior_reviewer.post(f"/review/{case.number}/take-over/")
    answer = operator.post(f"/review/{case.number}/hold/")
    assert answer.status_code == 409
    assert "Samir Haddad" in answer.json()["problem"]


def test_leaving_the_page_frees_the_case_at_once(operator, senior_reviewer):
    case = waiting_case()
    operator.get(f"/review/{case.number}/")
    operator.post(f"/review/{case.number}/release/")
    assert assignments.take(actor=senior_reviewer.actor, case_id=case.pk).turn == 2


def test_an_auditor_looks_and_holds_nothing(auditor):
    case = waiting_case()
    auditor.get(f"/review/{case.number}/")
    assert not Assignment.objects.exists()


def test_a_case_that_went_on_is_held_by_nobody(operator):
    case = waiting_case()
    reject(actor=operator.actor, case_id=case.pk, revision=1, reason_code="tone")
    with pytest.raises(AlreadyDecided):
        assignments.take(actor=operator.actor, case_id=case.pk)


def test_undoing_gives_the_case_back_to_who_decided_it(operator, senior_reviewer):
    case = waiting_case()
    disposition = reject(actor=operator.actor, case_id=case.pk, revision=1, reason_code="tone")
    undo(actor=operator.actor, disposition_id=disposition.pk)
    with pytest.raises(Held, match="Olga Brandt"):
        assignments.take(actor=senior_reviewer.actor, case_id=case.pk)


# --- the time that was worked


def test_handling_time_is_the_time_between_beats_without_idle_time(operator):
    case = waiting_case()
    assignments.take(actor=operator.actor, case_id=case.pk)
    earlier(case, 30)
    assignments.beat(actor=operator.actor, case_id=case.pk, idle=timedelta(seconds=12))
    earlier(case, 20)
    assignments.beat(actor=operator.actor, case_id=case.pk)
    assert Assignment.objects.get().active_ms // 1000 == 38
    decided = reject(actor=operator.actor, case_id=case.pk, revision=1, reason_code="tone")
    assert decided.active_ms
    assert 38_000 <= decided.active_ms < 39_000 + assignments.LONGEST_BEAT.total_seconds() * 1000


def test_a_browser_that_slept_for_an_hour_did_not_work_for_an_hour(operator):
    case = waiting_case()
    assignments.take(actor=operator.actor, case_id=case.pk)
    earlier(case, 3600)
    held = assignments.beat(actor=operator.actor, case_id=case.pk)
    assert held.active_ms == assignments.LONGEST_BEAT.total_seconds() * 1000


def test_the_next_holders_time_begins_at_nothing(operator, senior_reviewer):
    case = waiting_case()
    assignments.take(actor=operator.actor, case_id=case.pk)
    earlier(case, 40)
    assignments.beat(actor=operator.actor, case_id=case.pk)
    assert assignments.take_over(actor=senior_reviewer.actor, case_id=case.pk).active_ms == 0


# --- taking over and giving


def test_a_senior_takes_over_and_the_log_says_from_whom(operator, senior_reviewer):
    case = waiting_case()
    assignments.take(actor=operator.actor, case_id=case.pk)
    held = assignments.take_over(actor=senior_reviewer.actor, case_id=case.pk)
    assert (held.source, held.taken_over_from, held.turn) == ("taken_over", "Olga Brandt", 2)
    entry = Entry.objects.get(action="review.taken_over")
    assert operator.actor.id.encode() in bytes(entry.bytes)
    approve(actor=senior_reviewer.actor, case_id=case.pk, revision=1)


def test_an_operator_takes_over_from_nobody(operator, senior_reviewer):
    case = waiting_case()
    assignments.take(actor=senior_reviewer.actor, case_id=case.pk)
    with pytest.raises(Refused, match="Only a senior"):
        assignments.take_over(actor=operator.actor, case_id=case.pk)
    assert operator.post(f"/review/{case.number}/take-over/").status_code == 403


def test_what_is_given_stays_with_the_person_and_comes_first(operator, senior_reviewer):
    waiting_case(waited=timedelta(days=3))
    case = waiting_case()
    assignments.give(actor=senior_reviewer.actor, case_id=case.pk, to=membership(operator))
    with pytest.raises(Held, match="has been given to Olga Brandt"):
        assignments.take(actor=senior_reviewer.actor, case_id=case.pk)
    assert assignments.take_next(actor=operator.actor, selection=Selection()) == case
    assignments.release(actor=operator.actor, case_id=case.pk)
    assert assignments.held_by([case.pk])[case.pk].holder_name == "Olga Brandt"


def test_what_was_given_can_be_given_back(operator, senior_reviewer):
    case = waiting_case()
    assignments.give(actor=senior_reviewer.actor, case_id=case.pk, to=membership(operator))
    assignments.give_back(actor=operator.actor, case_id=case.pk)
    assert assignments.take(actor=senior_reviewer.actor, case_id=case.pk)


def test_nobody_is_given_what_they_may_not_decide(operator, senior_reviewer):
    with pytest.raises(Refused, match="may not decide"):
        assignments.give(actor=senior_reviewer.actor, case_id=waiting_case(reserved=True).pk, to=membership(operator))


def test_an_operator_gives_away_their_own_case_only(operator, senior_reviewer):
    case = waiting_case()
    with pytest.raises(Refused, match="is not with you"):
        assignments.give(actor=operator.actor, case_id=case.pk, to=membership(senior_reviewer))
    assignments.take(actor=operator.actor, case_id=case.pk)
    assignments.give(actor=operator.actor, case_id=case.pk, to=membership(senior_reviewer))
    assert assignments.held_by([case.pk])[case.pk].holder_id == UUID(senior_reviewer.actor.id)


def test_a_case_is_given_to_a_colleague_from_its_page_and_they_hear_of_it(operator, senior_reviewer):
    case = waiting_case()
    page = operator.get(f"/review/{case.number}/").content.decode()
    assert f'<option value="{senior_reviewer.actor.id}">Samir Haddad, senior reviewer</option>' in page
    answer = operator.post(f"/review/{case.number}/give/", {"to": senior_reviewer.actor.id}, follow=True)
    assert f"{case.number} is with Samir Haddad now" in answer.content.decode()
    assert assignments.held_by([case.pk])[case.pk].lease_until is None
    told = Notification.objects.get(person_id=senior_reviewer.actor.id)
    assert (told.kind, told.text) == ("given", f"Olga Brandt gave you {case.number}.")
    assert 'id="give-to"' not in operator.get(f"/review/{case.number}/").content.decode()


@pytest.mark.parametrize("to", ["", "nobody", "6b1f4f0e-0000-4000-8000-000000000000"])
def test_a_case_is_given_to_nobody_who_does_not_work_here(operator, to):
    case = waiting_case()
    operator.get(f"/review/{case.number}/")
    answer = operator.post(f"/review/{case.number}/give/", {"to": to}, follow=True)
    assert "Nothing was changed. Choose who is to have the case." in answer.content.decode()
    assert str(assignments.held_by([case.pk])[case.pk].holder_id) == operator.actor.id


# --- conflicts of interest, skills, caps


def test_the_customer_of_a_conflict_is_never_shown_handed_out_or_opened(operator):
    case, other = waiting_case(customer="C-7", waited=timedelta(days=2)), waiting_case()
    Reviewer.objects.create(person_id=operator.actor.id, conflicts=["C-7"])
    assert assignments.take_next(actor=operator.actor, selection=Selection()) == other
    assert case.number not in operator.get("/review/").content.decode()
    answer = operator.get(f"/review/{case.number}/")
    assert answer.status_code == 403
    assert "you have an interest" in unescape(answer.content.decode())
    assert operator.get(f"/cases/{case.number}/").status_code == 403
    with pytest.raises(ConflictOfInterest):
        approve(actor=operator.actor, case_id=case.pk, revision=1)
    assert Entry.objects.filter(action="review.conflict_refused", case_id=case.pk).count() == 3


def test_a_conflict_is_no_way_to_be_given_the_case_either(operator, senior_reviewer):
    case = waiting_case(customer="C-7")
    Reviewer.objects.create(person_id=operator.actor.id, conflicts=["C-7"])
    with pytest.raises(Refused, match="has an interest in the customer"):
        assignments.give(actor=senior_reviewer.actor, case_id=case.pk, to=membership(operator))


@pytest.mark.parametrize(
    ("skills", "case_type"),
    [({"case_types": ["cancel"]}, "cancel"), ({"languages": ["xx"]}, None), ({"workflows": ["another"]}, None)],
)
def test_a_person_is_handed_only_what_they_know(operator, skills, case_type):
    waiting_case(waited=timedelta(days=1))
    waiting_case(case_type="cancel")
    Reviewer.objects.create(person_id=operator.actor.id, **skills)
    case = assignments.take_next(actor=operator.actor, selection=Selection())
    assert (case and case.case_type) == case_type


def test_who_holds_as_many_as_they_may_gets_no_more_until_one_is_done(operator):
    first, _ = waiting_case(waited=timedelta(days=1)), waiting_case()
    Reviewer.objects.create(person_id=operator.actor.id, most_held=1)
    assert assignments.take_next(actor=operator.actor, selection=Selection()) == first
    with pytest.raises(CapReached, match=first.number):
        assignments.take_next(actor=operator.actor, selection=Selection())
    approve(actor=operator.actor, case_id=first.pk, revision=1)
    assert assignments.take_next(actor=operator.actor, selection=Selection())


def test_a_full_desk_does_not_keep_anybody_from_undoing(operator):
    first, second = waiting_case(), waiting_case()
    Reviewer.objects.create(person_id=operator.actor.id, most_held=1)
    made = approve(actor=operator.actor, case_id=first.pk, revision=1)
    assignments.take(actor=operator.actor, case_id=second.pk)
    assert undo(actor=operator.actor, disposition_id=made.pk) == first


def test_a_day_has_an_end(operator):
    first, second = waiting_case(), waiting_case()
    Reviewer.objects.create(person_id=operator.actor.id, most_a_day=1)
    approve(actor=operator.actor, case_id=first.pk, revision=1)
    with pytest.raises(CapReached, match="your limit for a day"):
        approve(actor=operator.actor, case_id=second.pk, revision=1)


# --- never two people on one case


def test_the_one_that_another_looks_at_is_passed_over(operator, senior_reviewer):
    first, second = waiting_case(waited=timedelta(days=1)), waiting_case()
    assert assignments.take_next(actor=operator.actor, selection=Selection()) == first
    assert assignments.take_next(actor=senior_reviewer.actor, selection=Selection()) == second
    assert assignments.take_next(actor=operator.actor, selection=Selection()) is None


@pytest.mark.django_db(transaction=True)
def test_64_claimers_on_1000_cases_are_handed_each_case_exactly_once(northgate):
    cases = {case.pk for case in crowd(1_000)}

    def claim_until_none(number: int) -> list[UUID]:
        claimer, mine = person(f"Claimer {number}"), []
        with in_schema(NORTHGATE):
            while case := assignments.take_next(actor=claimer, selection=Selection()):
                mine.append(case.pk)
        connection.close()
        return mine

    with ThreadPoolExecutor(CLAIMERS) as pool:
        handed = [case for mine in pool.map(claim_until_none, range(CLAIMERS)) for case in mine]
    assert len(handed) == len(set(handed))
    assert set(handed) == cases
    assert Assignment.objects.count() == Place.objects.count() == 1_000
