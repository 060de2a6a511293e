"""What the case's page asks for while one works: the next case set aside, the verdict on a sentence, the last ten."""

from datetime import timedelta
from html import unescape

from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.reviews.assignments import held_by
from apps.reviews.models import Disposition
from apps.reviews.services import reject
from tests.factories import PASSAGES, waiting_case

HTMX = {"HX-Request": "true"}
NEIGHBOURS = 2  # queries for the cases beside it in the queue

OPENING = 31  # queries, savepoints and the entry of the look among them


def text_of(response) -> str:
    return unescape(response.content.decode())


def set_aside(browser, *have):
    return browser.post("/review/ahead/", {"have": [case.number for case in have]}, headers=HTMX)


def check(browser, case, position, text):
    return text_of(
        browser.post(f"/review/{case.number}/sentence/{position}/", {f"claim-{position}": text}, headers=HTMX)
    )


def test_the_next_case_comes_as_the_part_of_the_page_that_shows_it(operator):
    first, second = waiting_case(waited=timedelta(days=2)), waiting_case(waited=timedelta(days=1))
    operator.get(f"/review/{first.number}/")
    page = text_of(set_aside(operator, first))
    assert f'data-number="{second.number}"' in page
    assert "<html" not in page


def test_what_is_set_aside_is_given_to_nobody_else(operator, senior_reviewer):
    first, second = waiting_case(waited=timedelta(days=2)), waiting_case(waited=timedelta(days=1))
    operator.get(f"/review/{first.number}/")
    set_aside(operator, first)
    assert str(held_by([second.pk])[second.pk].holder_id) == operator.actor.id
    assert set_aside(senior_reviewer).status_code == 204
    assert "theirs to decide" in text_of(senior_reviewer.get(f"/review/{second.number}/"))


def test_what_the_page_has_already_is_not_handed_out_again(operator):
    first, second, third = (waiting_case(waited=timedelta(days=3 - n)) for n in range(3))
    operator.get(f"/review/{first.number}/")
    set_aside(operator, first)
    assert f'data-number="{third.number}"' in text_of(set_aside(operator, first, second))


def test_nothing_more_is_said_in_few_words(operator):
    only = waiting_case()
    operator.get(f"/review/{only.number}/")
    assert set_aside(operator, only).status_code == 204


def test_what_was_set_aside_for_a_page_that_was_left_is_not_lost_to_the_person(operator):
    first, second = waiting_case(waited=timedelta(days=2)), waiting_case(waited=timedelta(days=1))
    operator.get(f"/review/{first.number}/")
    set_aside(operator, first)
    response = operator.post(f"/review/{first.number}/approve/", {"revision": 1})
    assert response.headers["Location"] == f"/review/{second.number}/"


def test_a_decision_sent_from_a_page_that_went_on_is_answered_with_the_chance_to_undo_it(operator):
    case = waiting_case()
    response = operator.post(f"/review/{case.number}/approve/", {"revision": 1}, headers=HTMX)
    assert response.status_code == 200
    assert f"/review/undo/{Disposition.objects.get().pk}/" in text_of(response)
    assert "<html" not in text_of(response)


def test_a_refusal_brings_the_case_back_with_every_word(operator):
    case = waiting_case()
    response = operator.post(f"/review/{case.number}/reject/", {"revision": 1, "rationale": "Worn out."}, headers=HTMX)
    assert response.status_code == 422
    assert "Worn out." in text_of(response)
    assert "Choose a reason for the rejection." in text_of(response)
    assert "<html" not in text_of(response)


def test_a_sentence_is_judged_as_it_is_typed(operator):
    case = waiting_case()
    assert "not covered" in check(operator, case, 2, "Everything is refunded twice.")
    assert "grounded" in check(operator, case, 3, PASSAGES[2].text)
    assert "left out" in check(operator, case, 3, "")
    assert "<ins>" in check(operator, case, 0, "Thank you for writing to us about your boots.")


def test_a_sentence_that_there_is_not_has_no_verdict(operator):
    assert check(operator, waiting_case(), 99, "Anything.") == ""


def test_the_last_decisions_lead_back_to_each_case_and_offer_what_can_still_be_done(operator, settings):
    settings.UNDO_SECONDS = 0
    case = waiting_case()
    decision = reject(actor=operator.actor, case_id=case.pk, revision=1, reason_code="tone")
    assert f"/review/decisions/{decision.pk}/reopen/" in text_of(operator.get("/review/decisions/"))
    response = operator.post(f"/review/decisions/{decision.pk}/reopen/", follow=True)
    assert f"{case.number} is open again" in text_of(response)
    assert f"/review/{case.number}/approve/" in text_of(response)


def test_what_an_edit_changed_is_shown_afterwards(operator):
    case = waiting_case()
    operator.post(f"/review/{case.number}/approve/", {"revision": 1, "claim-3": "", "reason_code": "wrong_source"})
    page = text_of(operator.get(f"/review/{case.number}/"))
    assert "What Olga Brandt changed before it went out" in page
    assert "<del>You will also receive a voucher for the trouble.</del>" in page


def test_the_case_tells_what_else_the_person_sent(operator):
    waiting_case()
    gone = waiting_case()
    reject(actor=operator.actor, case_id=gone.pk, revision=1, reason_code="tone")
    assert "2 other cases, 1 rejected, 1 still open" in text_of(operator.get(f"/review/{waiting_case().number}/"))


def test_the_reasoning_is_told_as_it_was_stated(operator):
    page = text_of(operator.get(f"/review/{waiting_case().number}/"))
    assert "The reply quotes Returns policy § Free label for Silver members." in page


def test_the_strip_says_who_has_the_case(operator, senior_reviewer):
    case = waiting_case()
    assert "you · since" in text_of(operator.get(f"/review/{case.number}/"))
    assert "Olga Brandt · since" in text_of(senior_reviewer.get(f"/review/{case.number}/"))


def test_a_case_takes_as_many_queries_among_many_as_among_few(operator):
    case = waiting_case()
    operator.get(f"/review/{case.number}/")
    with CaptureQueriesContext(connection) as few:
        operator.get(f"/review/{case.number}/")
    for _ in range(6):
        waiting_case()
    with CaptureQueriesContext(connection) as many:
        operator.get(f"/review/{case.number}/")
    assert len(many) <= len(few) + NEIGHBOURS
    assert len(many) <= OPENING
