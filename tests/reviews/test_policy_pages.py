"""The pages of the policy: calendar, review policy, notifications, and what a case's page offers by them."""

from datetime import timedelta
from html import unescape

import pytest
from django.core import mail
from django.utils import timezone

from apps.connectors.models import Effect, System
from apps.reviews import calendars, policies, snoozing
from apps.reviews.models import Absence, Notification, Pause
from apps.reviews.tasks import send_digest_mails
from apps.tenants.capabilities import Capability
from tests.cases.test_api import Program
from tests.cast import NORTHGATE
from tests.factories import customer_service, waiting_case

WEEK = {f"day-{number}": "08:00-18:00" if number < 6 else "" for number in range(7)}
CALENDAR = {
    "zone": "Europe/Amsterdam",
    "special": "2026-12-25, Christmas Day",
    "paste": "",
    "note": "More.",
    **WEEK,
}


def text_of(response) -> str:
    return unescape(response.content.decode())


def test_the_calendar_is_put_into_force_on_its_page(consultant):
    customer_service()
    assert consultant.post("/calendar/", CALENDAR).status_code == 302
    version, content = calendars.in_force()
    assert (version, content.zone, content.week[5], content.special[0].name) == (
        1, "Europe/Amsterdam", "08:00-18:00", "Christmas Day",
    )  # fmt: skip


def test_a_preview_says_when_a_case_is_due_and_changes_nothing(operator):
    customer_service()
    page = text_of(operator.post("/calendar/", CALENDAR | {"preview": "1"}))
    assert "with what you typed, which is not in force" in page
    assert "Customer service · any type · high urgency" in page
    assert calendars.in_force()[0] == 0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"day-0": "late"}, "Monday: “late” is not understood"),
        ({"zone": "Mars/Base"}, "There is no time zone “Mars/Base”"),
        ({"special": "Christmas"}, "“Christmas” is not a date"),
        ({"note": ""}, "Say what has changed"),
    ],
)
def test_what_is_wrong_with_the_calendar_is_said_and_what_was_typed_is_kept(consultant, changes, said):
    response = consultant.post("/calendar/", CALENDAR | changes)
    assert response.status_code == 422
    assert said in text_of(response)
    assert "Christmas" in text_of(response)


def test_who_may_not_change_the_configuration_is_told_who_does(operator):
    customer_service()
    assert "Your role reads this page" in text_of(operator.post("/calendar/", CALENDAR))
    assert "Your role reads this page" in text_of(operator.post("/review-policy/customer-service/", {"note": "x"}))


def test_the_policy_is_put_into_force_on_its_page(consultant):
    customer_service()
    form = {
        "impact": ["high", "medium"], "two_types": "complaint", "warn_at": "80", "note": "Agreed.",
        "level-case_type": ["", ""], "level-urgency": ["high", ""], "level-hours": ["2", "8,5"],
        "rule-case_type": [""], "rule-urgency": [""], "rule-reason": [""], "rule-when": ["waits"],
        "rule-hours": ["4"], "rule-to": ["senior_reviewer"], "rule-otherwise": ["decision_owner"],
    }  # fmt: skip
    assert consultant.post("/review-policy/customer-service/", form).status_code == 302
    content = policies.in_force(customer_service().pk)[1]
    assert content.two_people.impacts == ("high", "medium")
    assert [level.hours for level in content.service_levels] == ["2", "8.5"]
    assert content.escalations[0].when == "waits"
    assert "senior_reviewer" in text_of(consultant.get("/review-policy/"))


def test_a_case_is_snoozed_and_brought_back(operator):
    case = waiting_case()
    operator.post(f"/review/{case.number}/snooze/", {"for": "24", "note": "The courier calls back."})
    assert "The courier calls back." in text_of(operator.get(f"/review/{case.number}/"))
    operator.post(f"/review/{case.number}/fetch/")
    assert Pause.objects.get().end == "fetched"


def test_the_sender_is_asked_and_a_program_brings_the_answer(operator):
    case = waiting_case()
    operator.post(f"/review/{case.number}/ask/", {"question": "Which colour?"})
    program = Program(Capability.CASES_ADMIT, Capability.CASES_VIEW)
    assert program.get(f"/api/v1/cases/{case.number}/answer").json()["waiting"] is True
    answer = program.post(f"/api/v1/cases/{case.number}/answer", '{"text": "Blue."}', content_type="application/json")
    assert (answer.status_code, answer.json()["waiting"]) == (200, False)
    page = text_of(operator.get(f"/review/{case.number}/"))
    assert "mailbox answered" in page
    assert "“Blue.”" in page


def test_an_answer_that_nobody_asked_for_is_refused(northgate):
    case = waiting_case()
    program = Program(Capability.CASES_ADMIT)
    answer = program.post(f"/api/v1/cases/{case.number}/answer", '{"text": "Blue."}', content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (409, "no_question")


def in_doubt(case) -> Effect:
    return Effect.objects.create(
        case_id=case.pk, subject_id=case.subject_id, step="effects", position=1, system=System.objects.get(slug="shop"),
        operation="refund", object="order:88-20417", params={}, params_digest="x", summary="Refund EUR 129.00",
        state="unknown", needs_person=True, due_at=timezone.now(), problem="No answer.",
    )  # fmt: skip


def test_a_senior_settles_an_effect_in_doubt(senior_reviewer, operator):
    case = waiting_case()
    effect = in_doubt(case)
    address = f"/review/{case.number}/settle/{effect.pk}/"
    assert "Settle by hand: Refund EUR 129.00" in text_of(senior_reviewer.get(f"/review/{case.number}/"))
    assert operator.post(address, {"finding": "done", "reason": "Asked."}).status_code == 403
    page = senior_reviewer.post(address, {"finding": "done", "reason": ""}, follow=True)
    assert "Say how it was found out." in text_of(page)
    senior_reviewer.post(address, {"finding": "done", "reason": "Asked the shop."})
    effect.refresh_from_db()
    assert (effect.state, effect.needs_person) == ("reconciled", False)


def test_news_are_opened_once_and_lead_to_the_case(operator, consultant):
    case = waiting_case()
    snoozing.send_back(actor=operator.actor, case_id=case.pk, question="Which colour?")
    snoozing.answer(actor=consultant.actor, case_id=case.pk, text="Blue.")
    assert "Notifications: 1 new" in text_of(operator.get("/notifications/bell/"))
    told = Notification.objects.get()
    assert consultant.post(f"/notifications/{told.pk}/").status_code == 404
    assert operator.post(f"/notifications/{told.pk}/").headers["Location"] == f"/review/{case.number}/"
    assert "Notifications: 0 new" in text_of(operator.get("/notifications/bell/"))


def test_the_mail_holds_numbers_and_a_link_and_nothing_else(operator, consultant):
    case = waiting_case()
    snoozing.send_back(actor=operator.actor, case_id=case.pk, question="Which colour?")
    snoozing.answer(actor=consultant.actor, case_id=case.pk, text="Blue.")
    for _ in range(2):
        send_digest_mails(NORTHGATE)
    (sent,) = mail.outbox
    assert sent.to == [operator.user.email]
    assert "1 × My question was answered" in sent.body
    assert "http://northgate.localhost:8000/notifications/" in sent.body
    for secret in (case.number, case.customer, "Blue", "colour"):
        assert secret not in f"{sent.body}{sent.subject}"


def test_what_a_person_turned_off_they_do_not_hear_of(operator, consultant):
    operator.post("/notifications/choices/", {"in_app": ["given"], "by_mail": []})
    case = waiting_case()
    snoozing.send_back(actor=operator.actor, case_id=case.pk, question="Which colour?")
    snoozing.answer(actor=consultant.actor, case_id=case.pk, text="Blue.")
    assert not Notification.objects.exists()


def test_one_enters_ones_own_absence(operator):
    own = operator.get("/notifications/").context["people"].get()
    day = calendars.today() + timedelta(days=1)
    operator.post("/absences/", {"person": own.pk, "first": f"{day}", "last": f"{day}", "stand_in": ""})
    absence = Absence.objects.get()
    assert absence.person_id == operator.user.pk
    operator.post(f"/absences/{absence.pk}/remove/")
    assert not Absence.objects.exists()
