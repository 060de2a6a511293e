"""Clocks run in working time, stand still while the sender is asked, warn, breach, and hand on by rule."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from apps.audit.models import Entry
from apps.cases.models import Case
from apps.connectors.models import Effect
from apps.reviews import calendars, clocks, policies, services, snoozing
from apps.reviews.absences import enter_absence
from apps.reviews.calendars import CalendarContent
from apps.reviews.models import Assignment, Clock, Disposition, Notification, Pause, Place
from apps.reviews.policies import Escalation, PolicyContent, ServiceLevel
from apps.reviews.refusals import AlreadyDecided, Refused
from apps.reviews.tasks import watch_clocks
from apps.reviews.working_time import due
from apps.tenants.models import Membership
from tests.cast import NORTHGATE
from tests.factories import customer_service, waiting_case

ALWAYS = CalendarContent(week=("00:00-24:00",) * 7)
HOUR = timedelta(hours=1)


@pytest.fixture
def around_the_clock(consultant):
    """So that an hour is an hour, whenever the test runs."""
    calendars.change_calendar(actor=consultant.actor, content=ALWAYS, note="Somebody is always there.")


def policy(consultant, *escalations: Escalation, **changes: object) -> None:
    levels = (ServiceLevel(hours="8"), ServiceLevel(urgency="high", hours="1"))
    content = PolicyContent(service_levels=levels, escalations=escalations, **changes)
    policies.change_policy(actor=consultant.actor, workflow=customer_service(), content=content, note="Agreed.")


def received(case: Case, ago: timedelta) -> Case:
    Case.objects.filter(pk=case.pk).update(received_at=timezone.now() - ago)
    case.refresh_from_db()
    return case


def membership(person) -> Membership:
    return Membership.objects.select_related("user").get(user=person.user)


def due_at(case: Case) -> datetime:
    found = Clock.objects.get(pk=case.pk).due_at
    assert found is not None
    return found


def events(case: Case) -> list[str]:
    return [entry.action for entry in Entry.objects.filter(case_id=case.pk).order_by("id")]


# --- reckoning


def test_a_case_is_due_after_the_hours_of_its_service_level(around_the_clock, consultant):
    policy(consultant)
    case = received(waiting_case(), 2 * HOUR)
    reading = clocks.of(case)
    assert reading is not None
    assert reading.due_at == case.received_at + 8 * HOUR
    assert timedelta() < 6 * HOUR - reading.working_left < timedelta(minutes=1)


def test_the_level_that_names_most_counts(around_the_clock, consultant):
    policy(consultant)
    assert clocks.of(waiting_case(urgency="high")).allowed == HOUR
    assert clocks.of(waiting_case(urgency="low")).allowed == 8 * HOUR


def test_a_type_without_a_service_level_has_no_clock(consultant):
    content = PolicyContent(service_levels=(ServiceLevel(case_type="complaint", hours="2"),))
    policies.change_policy(actor=consultant.actor, workflow=customer_service(), content=content, note="Few.")
    assert clocks.of(waiting_case()) is None


def test_a_new_calendar_moves_what_waits(around_the_clock, consultant):
    case = received(waiting_case(), HOUR)
    watch_clocks(NORTHGATE)
    before = due_at(case)
    closed = CalendarContent(week=("00:00-24:00",) * 7, special=({"day": calendars.today() + timedelta(days=1)},))
    calendars.change_calendar(actor=consultant.actor, content=closed, note="A holiday.")
    watch_clocks(NORTHGATE)
    later = due_at(case)
    assert later - before in (timedelta(), timedelta(days=1))


def test_a_change_of_the_calendar_is_audited_before_and_after(consultant):
    calendars.change_calendar(actor=consultant.actor, content=ALWAYS, note="Always there.")
    entry = json.loads(bytes(Entry.objects.get(action="calendar.changed").bytes))
    assert entry["before"]["week"][0] == "09:00-17:00"
    assert entry["after"]["week"][6] == "00:00-24:00"
    assert entry["reason"] == "Always there."


@pytest.mark.parametrize("note", ["", "  "])
def test_a_change_takes_a_note(consultant, note):
    with pytest.raises(ValueError, match="Say what has changed"):
        calendars.change_calendar(actor=consultant.actor, content=ALWAYS, note=note)


# --- warning and breach


def test_a_case_is_pressed_as_its_time_runs_out(around_the_clock, consultant):
    policy(consultant)
    fine, soon, late = (received(waiting_case(), ago * HOUR) for ago in (1, 7, 9))
    watch_clocks(NORTHGATE)
    pressure = dict(Place.objects.values_list("case_id", "pressure"))
    assert [pressure[case.pk] for case in (fine, soon, late)] == [1, 2, 4]
    assert "clock.warned" in events(soon)
    assert "clock.breached" in events(late)
    assert not any(event.startswith("clock.") for event in events(fine))


def test_it_is_said_once_and_to_who_has_the_case(around_the_clock, consultant, operator):
    policy(consultant)
    case = received(waiting_case(), 7 * HOUR)
    Assignment.objects.create(
        case=case, holder_id=operator.user.pk, holder_name="Olga", source="opened", since=timezone.now(),
        lease_until=timezone.now() + HOUR, beaten_at=timezone.now(),
    )  # fmt: skip
    watch_clocks(NORTHGATE)
    watch_clocks(NORTHGATE)
    assert [told.text for told in Notification.objects.filter(person_id=operator.user.pk)] == [
        f"{case.number} is due soon."
    ]
    assert events(case).count("clock.warned") == 1


def test_more_time_takes_the_pressure_away(around_the_clock, consultant):
    policy(consultant)
    case = received(waiting_case(), 9 * HOUR)
    watch_clocks(NORTHGATE)
    more = PolicyContent(service_levels=(ServiceLevel(hours="40"),))
    policies.change_policy(actor=consultant.actor, workflow=customer_service(), content=more, note="More time.")
    watch_clocks(NORTHGATE)
    assert Place.objects.get(pk=case.pk).pressure == 1
    assert Clock.objects.get(pk=case.pk).breached_at is None


# --- asking the sender


def test_the_clock_stands_still_while_the_sender_is_asked(around_the_clock, consultant, operator):
    policy(consultant)
    case = received(waiting_case(), 2 * HOUR)
    pause = snoozing.send_back(actor=operator.actor, case_id=case.pk, question="Which colour?")
    reading = clocks.of(case)
    assert reading is not None
    assert reading.paused
    assert timedelta() < 6 * HOUR - reading.working_left < timedelta(minutes=1)
    Pause.objects.filter(pk=pause.pk).update(since=timezone.now() - HOUR)  # an hour goes by
    snoozing.answer(actor=consultant.actor, case_id=case.pk, text="Blue.")
    assert abs(due_at(case) - case.received_at - 9 * HOUR) < timedelta(minutes=1)


def test_a_question_takes_the_case_out_of_the_queue_and_the_answer_brings_it_back(operator, consultant):
    case = waiting_case()
    snoozing.send_back(actor=operator.actor, case_id=case.pk, question="Which colour?")
    assert Place.objects.get(pk=case.pk).away == "sent_back"
    snoozing.answer(actor=consultant.actor, case_id=case.pk, text="Blue.")
    assert Place.objects.get(pk=case.pk).away == ""
    assert Notification.objects.get(person_id=operator.user.pk).kind == "answered"
    assert [event for event in events(case) if event.startswith("review.")] == [
        "review.sent_back",
        "review.brought_back",
    ]


def test_the_same_answer_again_changes_nothing(operator, consultant):
    case = waiting_case()
    snoozing.send_back(actor=operator.actor, case_id=case.pk, question="Which colour?")
    for _ in range(2):
        snoozing.answer(actor=consultant.actor, case_id=case.pk, text="Blue.")
    with pytest.raises(AlreadyDecided, match="waits for no answer"):
        snoozing.answer(actor=consultant.actor, case_id=case.pk, text="Green.")


def test_the_question_is_ordered_as_a_reply_is_and_recalled_when_the_case_is_fetched(operator):
    case = waiting_case()
    snoozing.send_back(actor=operator.actor, case_id=case.pk, question="Which colour?")
    effect = Effect.objects.get(case_id=case.pk)
    assert (effect.step, effect.state, effect.params["text"]) == ("question", "planned", "Which colour?")
    snoozing.fetch(actor=operator.actor, case_id=case.pk)
    effect.refresh_from_db()
    assert effect.state == "cancelled"


def test_a_question_that_was_sent_does_not_keep_an_approval_from_being_undone(operator):
    case = waiting_case(ungrounded=False)
    snoozing.send_back(actor=operator.actor, case_id=case.pk, question="Which colour?")
    Effect.objects.filter(case_id=case.pk).update(state="confirmed", due_at=timezone.now() - HOUR)
    snoozing.fetch(actor=operator.actor, case_id=case.pk)
    made = services.approve(actor=operator.actor, case_id=case.pk, revision=case.revision)
    services.undo(actor=operator.actor, disposition_id=made.pk)
    case.refresh_from_db()
    assert case.state == "review"


def test_nobody_decides_what_waits_for_an_answer(operator):
    case = waiting_case(ungrounded=False)
    snoozing.send_back(actor=operator.actor, case_id=case.pk, question="Which colour?")
    with pytest.raises(Refused, match="Bring it back first"):
        services.approve(actor=operator.actor, case_id=case.pk, revision=case.revision)


# --- snoozing


def test_a_snoozed_case_comes_back_when_its_time_is_over(operator):
    case = waiting_case()
    snoozing.snooze(actor=operator.actor, case_id=case.pk, until=timezone.now() + HOUR, note="The courier calls back.")
    watch_clocks(NORTHGATE)
    assert Place.objects.get(pk=case.pk).away == "snoozed"
    Pause.objects.update(until=timezone.now() - HOUR)
    watch_clocks(NORTHGATE)
    assert Place.objects.get(pk=case.pk).away == ""
    assert Notification.objects.get(person_id=operator.user.pk).kind == "returned"


def test_a_snooze_does_not_stop_the_clock(around_the_clock, operator):
    case = waiting_case()
    before = clocks.of(case).due_at
    snoozing.snooze(actor=operator.actor, case_id=case.pk, until=timezone.now() + HOUR, note="Later.")
    assert clocks.of(case).due_at == before


@pytest.mark.parametrize("ahead", [timedelta(minutes=-1), timedelta(days=61)])
def test_a_snooze_ends_in_time(operator, ahead):
    with pytest.raises(Refused, match="at most 60 days ahead"):
        snoozing.snooze(actor=operator.actor, case_id=waiting_case().pk, until=timezone.now() + ahead, note="Later.")


# --- handing on


def test_an_overdue_case_is_handed_on_by_rule_once(around_the_clock, consultant, senior_reviewer):
    policy(consultant, Escalation(when="overdue", to="senior_reviewer"))
    late, fine = received(waiting_case(), 9 * HOUR), waiting_case()
    for _ in range(2):
        watch_clocks(NORTHGATE)
    late.refresh_from_db()
    fine.refresh_from_db()
    assert (late.escalated_to, fine.escalated_to) == ("senior_reviewer", "")
    made = Disposition.objects.get(case=late)
    assert (made.reviewer_name, made.kind) == ("Thinslice", "escalate")
    assert made.rationale == "It is overdue, so the review policy hands it on."
    assert Notification.objects.filter(person_id=senior_reviewer.user.pk, kind="escalated").count() == 1


def test_a_rule_looks_at_working_time_with_a_person(around_the_clock, consultant):
    policy(consultant, Escalation(when="waits", hours="2", to="decision_owner"))
    long, short = waiting_case(waited=3 * HOUR), waiting_case(waited=HOUR)
    watch_clocks(NORTHGATE)
    long.refresh_from_db()
    short.refresh_from_db()
    assert (long.escalated_to, short.escalated_to) == ("decision_owner", "")


def test_who_is_at_a_case_is_left_in_peace(around_the_clock, consultant, operator):
    policy(consultant, Escalation(when="arrives", case_type="return", to="senior_reviewer"))
    case = waiting_case()
    Assignment.objects.create(
        case=case, holder_id=operator.user.pk, holder_name="Olga", source="opened", since=timezone.now(),
        lease_until=timezone.now() + HOUR, beaten_at=timezone.now(),
    )  # fmt: skip
    watch_clocks(NORTHGATE)
    assert not Disposition.objects.exists()
    Assignment.objects.all().delete()
    watch_clocks(NORTHGATE)
    assert Disposition.objects.get().escalated_to == "senior_reviewer"


def test_what_is_meant_for_somebody_who_is_away_goes_to_the_stand_in(operator, senior_reviewer, decision_owner):
    day = calendars.today()
    enter_absence(
        actor=senior_reviewer.actor, person=membership(senior_reviewer), first=day, last=day,
        stand_in=membership(decision_owner),
    )  # fmt: skip
    case = waiting_case()
    to = str(senior_reviewer.user.pk)
    made = services.escalate(actor=operator.actor, case_id=case.pk, revision=1, to=to, rationale="Look.")
    held = Assignment.objects.get(case=case)
    assert (held.holder_id, held.lease_until, made.escalated_to) == (decision_owner.user.pk, None, "decision_owner")
    assert made.rationale.startswith("Look. (Samir Haddad is away until")
    assert Notification.objects.get(person_id=decision_owner.user.pk).kind == "given"


def test_a_role_of_which_all_are_away_falls_back(operator, senior_reviewer):
    day = calendars.today()
    enter_absence(actor=senior_reviewer.actor, person=membership(senior_reviewer), first=day, last=day, stand_in=None)
    made = services.escalate(
        actor=operator.actor, case_id=waiting_case().pk, revision=1, to="senior_reviewer", rationale="Look."
    )
    assert made.escalated_to == "decision_owner"


def test_nobody_enters_the_absence_of_somebody_else(operator, senior_reviewer):
    with pytest.raises(Refused, match="senior"):
        enter_absence(
            actor=operator.actor, person=membership(senior_reviewer), first=date(2030, 1, 1), last=date(2030, 1, 2),
            stand_in=None,
        )  # fmt: skip


def test_a_policy_names_only_people_who_decide(consultant):
    content = PolicyContent(escalations=(Escalation(when="overdue", to="operator@cast.example"),))
    with pytest.raises(ValueError, match="no role that decides"):
        policies.change_policy(actor=consultant.actor, workflow=customer_service(), content=content, note="x")


# --- calendars as people write them


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("", ()), ("9:00-17:30", ((540, 1050),)), ("08.00 – 12.00, 13:00-24:00", ((480, 720), (780, 1440)))],
)
def test_hours_are_read_as_people_write_them(text, minutes):
    assert calendars.stretches(text) == minutes


@pytest.mark.parametrize(
    "text", ["nine to five", "17:00-09:00", "09:00-12:00, 11:00-13:00", "09:61-10:00", "20:00-25:00"]
)
def test_hours_that_make_no_sense_are_refused(text):
    with pytest.raises(ValueError, match="“"):
        calendars.stretches(text)


def test_days_are_read_from_lines_and_written_back():
    text = "2026-12-25, Christmas Day\n2026-12-24, 09:00-12:00, Christmas Eve"
    days = calendars.read_days(f"date,name\n{text}", year=2026)
    assert [(each.day.day, each.hours, each.name) for each in days] == [
        (25, "", "Christmas Day"),
        (24, "09:00-12:00", "Christmas Eve"),
    ]
    assert calendars.as_lines(days) == text


def test_days_are_read_from_a_calendar_file():
    text = (
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20260403\r\nDTEND;VALUE=DATE:20260405\r\n"
        "SUMMARY:Good Friday\\, and\r\n  after\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20200101\r\n"
        "RRULE:FREQ=YEARLY\r\nSUMMARY:New Year\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    days = calendars.read_days(text, year=2026)
    assert [(f"{each.day}", each.name) for each in days] == [
        ("2026-01-01", "New Year"),
        ("2026-04-03", "Good Friday, and after"),
        ("2026-04-04", "Good Friday, and after"),
        ("2027-01-01", "New Year"),
        ("2028-01-01", "New Year"),
    ]


def test_a_line_that_is_no_day_is_named():
    with pytest.raises(ValueError, match="Line 2: “Christmas” is not a date"):
        calendars.read_days("2026-12-24\nChristmas", year=2026)


def test_the_shipped_calendar_has_office_hours():
    hours = CalendarContent().hours()
    assert hours.week[0] == ((540, 1020),)
    assert due(hours, datetime(2026, 11, 20, 16, tzinfo=UTC), 4 * HOUR, []) == datetime(2026, 11, 23, 12, tzinfo=UTC)
