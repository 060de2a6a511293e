"""The cadence of Run: what is due when, how it is held and signed, and what it leaves behind."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta
from functools import partial
from unittest.mock import patch

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from apps.audit.models import Entry
from apps.compliance.framework_models import Signature
from apps.compliance.signatures import verified
from apps.engagements.cadence.audit_sample import allotted, draw_sample, sample_of
from apps.engagements.cadence.cadence_begin import BeginRefused, keep_from
from apps.engagements.cadence.calendar_of_run import Occurrence, occurrence, occurrences, waiting
from apps.engagements.cadence.ritual_signing import ready, skip
from apps.engagements.cadence.rituals import RitualRefused, figures_of, take_figures
from apps.engagements.cadence_models import FollowUp, Ritual, RitualDraft, RitualRecord
from apps.engagements.engagement_models import Engagement
from apps.engagements.engagements import begin_phase, start_engagement
from apps.reviews.blind_models import BlindReview
from apps.reviews.calendars import CalendarContent, SpecialDay, change_calendar
from apps.reviews.terms import Notification
from tests.cast import PASSWORD, Member
from tests.factories import customer_service
from tests.insights.closed import Closed, write

MONDAY = date(2026, 11, 16)
RUN_ON = date(2026, 8, 3)


@pytest.fixture(autouse=True)
def _wednesday_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 11, 18, 12, tzinfo=UTC))


@pytest.fixture
def engagement(consultant: Member) -> Engagement:
    made = start_engagement(
        actor=consultant.actor, workflow=customer_service(), discovery_on=date(2026, 6, 1), answers={}
    )
    for phase, on in (("build", date(2026, 6, 15)), ("run", RUN_ON)):
        made = begin_phase(actor=consultant.actor, engagement=made, phase=phase, on=on, reason="Agreed.")
    return made


def told(found: Sequence[Occurrence]) -> list[tuple[str, str, str]]:
    return [(each.ritual.value, str(each.due_on), each.state) for each in found]


def test_a_week_has_three_rituals_and_what_is_not_held_is_overdue_until_the_next(engagement: Engagement) -> None:
    week = occurrences(engagement, MONDAY, MONDAY + timedelta(days=6))
    assert told(week) == [
        ("metrics", "2026-11-16", "overdue"),
        ("refresh", "2026-11-18", "due"),
        ("calibration", "2026-11-20", "ahead"),
    ]
    before = occurrence(engagement, Ritual.METRICS, MONDAY - timedelta(days=7))
    assert before is not None
    assert before.state == "missed"


def test_the_first_retrospective_comes_a_quarter_after_run_began(engagement: Engagement) -> None:
    quarter = [each for each in occurrences(engagement, RUN_ON, MONDAY) if each.ritual == Ritual.RETROSPECTIVE]
    assert [each.day for each in quarter] == [date(2026, 11, 5)]
    assert quarter[0] in waiting(engagement)


def test_a_holiday_moves_a_ritual_and_a_week_off_lets_it_fall_away(engagement: Engagement, consultant: Member) -> None:
    off = tuple(SpecialDay(day=MONDAY + timedelta(days=days), name="Closed") for days in (0, 1, *range(7, 14)))
    change_calendar(actor=consultant.actor, content=CalendarContent(special=off), note="Closed days.")
    moved = occurrence(engagement, Ritual.METRICS, MONDAY)
    assert moved is not None
    assert (moved.due_on, moved.moved, moved.state) == (date(2026, 11, 18), True, "due")
    assert occurrence(engagement, Ritual.METRICS, MONDAY + timedelta(days=7)) is None


def test_what_was_due_before_the_cadence_was_kept_here_is_not_asked_for(
    engagement: Engagement, consultant: Member
) -> None:
    unsaid = consultant.post("/engagement/cadence/begin/", {"on": "2026-11-16", "reason": " "})
    assert unsaid.status_code == 400
    assert 'value="2026-11-16"' in unsaid.content.decode()
    keep_from(actor=consultant.actor, engagement=engagement, on="2026-11-16", reason="Minutes, in the wiki.")
    assert [each.day for each in waiting(engagement)] == [MONDAY, date(2026, 11, 18)]
    with pytest.raises(BeginRefused, match="already"):
        keep_from(actor=consultant.actor, engagement=engagement, on="2026-11-17", reason="Again.")


def test_the_sample_is_drawn_in_proportion_and_the_same_ones_again(engagement: Engagement, consultant: Member) -> None:
    last_week = datetime(2026, 11, 10, 9, tzinfo=UTC)
    kinds = ["return"] * 30 + ["refund"] * 10 + ["rare"] * 2
    write([Closed(outcome="automatic", closed=last_week, case_type=kind) for kind in kinds])
    write([Closed(outcome="automatic", closed=last_week - timedelta(days=7)), Closed(closed=last_week)])
    sample = sample_of(engagement.workflow, MONDAY)
    assert {each.case_type: (each.cleared, len(each.cases)) for each in sample.strata} == {
        "return": (30, 17),
        "refund": (10, 6),
        "rare": (2, 1),
    }
    assert draw_sample(actor=consultant.actor, workflow=engagement.workflow, monday=MONDAY) == 24
    assert draw_sample(actor=consultant.actor, workflow=engagement.workflow, monday=MONDAY) == 0
    drawn = set(BlindReview.objects.values_list("case", flat=True))
    assert drawn == {each.case for each in sample_of(engagement.workflow, MONDAY).cases}


def test_places_go_by_largest_remainder_and_nobody_gets_more_than_they_have() -> None:
    assert allotted({"a": 5, "b": 3}, 24) == {"a": 5, "b": 3}
    assert allotted({"a": 50, "b": 30, "c": 20}, 7) == {"a": 4, "b": 2, "c": 1}
    assert allotted({}, 24) == {}


ADDRESS = "/engagement/cadence/refresh/2026-11-18/"
STEPS = ("sources", "passages", "labels", "candidates")


def typed(owner: Member, **more: str) -> dict[str, str]:
    notes = {f"note-{step}": f"Nothing stood out in {step}." for step in STEPS}
    decision = {"what-0": "Renew the returns policy", "owner-0": str(owner.user.pk), "due-0": "2026-11-25"}
    return {**notes, **decision, **more}


def test_a_ritual_is_begun_saved_signed_and_its_decision_followed_up(
    engagement: Engagement, decision_owner: Member, operator: Member, senior_reviewer: Member
) -> None:
    decision_owner.post(f"{ADDRESS}write/", {"do": "begin"})
    draft = RitualDraft.objects.get()
    signing = {"do": "sign", "taken_at": draft.taken_at.isoformat(), "password": PASSWORD}
    signing["email"] = decision_owner.user.email
    missing = decision_owner.post(f"{ADDRESS}write/", {**typed(operator), **signing, "note-labels": ""})
    assert missing.status_code == 400
    assert "Write a note for “Labels”" in missing.content.decode()
    assert RitualDraft.objects.get().notes["sources"] == "Nothing stood out in sources."
    decision_owner.post(f"{ADDRESS}write/", {**typed(operator), **signing})
    made = RitualRecord.objects.select_related("signature").get()
    assert (made.held, made.late, made.by_role, made.signature and verified(made.signature)) == (
        True,
        False,
        "decision_owner",
        True,
    )
    assert "Renew the returns policy" in made.signature.content
    assert not RitualDraft.objects.exists()
    decision_owner.post(f"{ADDRESS}write/", {**typed(operator), "do": "save"})
    told = decision_owner.get(f"/engagement/cadence/records/{made.pk}/").content.decode()
    assert ("Nothing was written" in told, "What you wrote is kept" in told) == (True, False)
    follow_up = FollowUp.objects.get()
    assert (follow_up.owner_name, str(follow_up.due_on)) == (operator.user.name, "2026-11-25")
    assert "Renew the returns policy" in Notification.objects.get(person_id=operator.user.pk).text
    address = f"/engagement/cadence/follow-ups/{follow_up.pk}/"
    senior_reviewer.post(address, {"outcome": "Somebody else's."})
    assert FollowUp.objects.get().done_at is None
    operator.post(address, {"outcome": "Version 4 is published."})
    assert FollowUp.objects.get().done_name == operator.user.name
    actions = set(Entry.objects.values_list("action", flat=True))
    assert {"ritual.begun", "ritual.saved", "ritual.held", "follow_up.done", "signature.given"} <= actions
    with pytest.raises(DatabaseError), transaction.atomic():
        RitualRecord.objects.update(reason="Something else")


def test_a_wrong_password_signs_nothing_and_loses_nothing(engagement: Engagement, decision_owner: Member) -> None:
    decision_owner.post(f"{ADDRESS}write/", {"do": "begin"})
    taken_at = RitualDraft.objects.get().taken_at.isoformat()
    wrong = typed(decision_owner, do="sign", taken_at=taken_at, password="wrong", email=decision_owner.user.email)
    answer = decision_owner.post(f"{ADDRESS}write/", wrong)
    assert (answer.status_code, RitualRecord.objects.count(), Signature.objects.count()) == (400, 0, 0)
    assert "Renew the returns policy" in answer.content.decode()


def test_beginning_twice_or_saving_over_somebody_loses_nothing(
    engagement: Engagement, decision_owner: Member, consultant: Member
) -> None:
    decision_owner.post(f"{ADDRESS}write/", {"do": "begin"})
    read_at = RitualDraft.objects.get().saved_at.isoformat()
    with patched_now(datetime(2026, 11, 18, 13, tzinfo=UTC)):
        decision_owner.post(f"{ADDRESS}write/", {**typed(decision_owner), "do": "save", "saved_at": read_at})
    taken_at = RitualDraft.objects.get().taken_at
    consultant.post(f"{ADDRESS}write/", {"do": "begin"})
    answer = consultant.post(f"{ADDRESS}write/", {"do": "save", "saved_at": read_at, "note-sources": "Mine."})
    assert answer.status_code == 400
    page = answer.content.decode()
    assert f"{decision_owner.user.name} has saved it while you wrote" in page
    assert "Mine." in page
    assert "What you wrote is kept" not in page
    draft = RitualDraft.objects.get()
    assert (draft.notes["sources"], draft.taken_at) == ("Nothing stood out in sources.", taken_at)
    again = {"do": "save", "saved_at": draft.saved_at.isoformat(), "note-sources": "Mine."}
    assert consultant.post(f"{ADDRESS}write/", again).status_code == 302
    assert RitualDraft.objects.get().notes == {"sources": "Mine."}


def patched_now(moment: datetime) -> AbstractContextManager[object]:
    return patch.object(timezone, "now", lambda: moment)


def test_figures_of_a_day_that_had_not_come_are_not_signed(engagement: Engagement, decision_owner: Member) -> None:
    friday = MONDAY + timedelta(days=4)
    draft = take_figures(actor=decision_owner.actor, engagement=engagement, ritual=Ritual.CALIBRATION, day=friday)
    draft.notes = {step["slug"]: "Nothing stood out." for step in draft.figures}
    with patched_now(datetime(2026, 11, 20, 9, tzinfo=UTC)):
        with pytest.raises(RitualRefused, match="taken on Wednesday 18 November, before the day"):
            ready(draft)
        draft.taken_at = timezone.now()
        assert ready(draft) == []


def test_an_address_of_a_day_that_no_calendar_has_is_not_found(engagement: Engagement, consultant: Member) -> None:
    for day in ("9999-12-31", "2028-11-20", "0001-01-01"):
        assert consultant.get(f"/engagement/cadence/calibration/{day}/").status_code == 404


def test_figures_that_were_taken_anew_are_not_signed_unseen(engagement: Engagement, decision_owner: Member) -> None:
    decision_owner.post(f"{ADDRESS}write/", {"do": "begin"})
    stale = typed(decision_owner, do="sign", taken_at="2026-11-18T08:00:00+00:00", password=PASSWORD)
    answer = decision_owner.post(f"{ADDRESS}write/", {**stale, "email": decision_owner.user.email})
    assert "taken anew while you read" in answer.content.decode()


def test_one_that_is_left_out_needs_its_reason(engagement: Engagement, consultant: Member) -> None:
    first = occurrence(engagement, Ritual.METRICS, MONDAY - timedelta(days=14))
    leave_out = partial(skip, actor=consultant.actor, engagement=engagement, ritual=Ritual.METRICS)
    with pytest.raises(RitualRefused, match="Say why"):
        leave_out(day=MONDAY, reason=" ")
    made = leave_out(day=MONDAY - timedelta(days=14), reason="Stocktaking week.")
    assert (made.outcome, made.signature) == ("skipped", None)
    seen_by_both = patch("apps.engagements.cadence.ritual_signing.to_hold", lambda *_: first)
    with seen_by_both, pytest.raises(RitualRefused, match="in the meantime"):
        leave_out(day=MONDAY - timedelta(days=14), reason="At the same moment.")
    with pytest.raises(RitualRefused, match="skipped already"):
        leave_out(day=MONDAY - timedelta(days=14), reason="Again.")
    with pytest.raises(RitualRefused, match="due on Monday 23 November"):
        leave_out(day=MONDAY + timedelta(days=7), reason="Too early.")


@pytest.mark.parametrize("ritual", list(Ritual))
def test_each_ritual_has_its_figures_ready(engagement: Engagement, consultant: Member, ritual: Ritual) -> None:
    write(
        [Closed(outcome=outcome, closed=datetime(2026, 11, 10, 9, tzinfo=UTC)) for outcome in ("automatic", "edited")]
    )
    day = date(2026, 11, 5) if ritual == Ritual.RETROSPECTIVE else MONDAY
    day += {Ritual.REFRESH: timedelta(days=2), Ritual.CALIBRATION: timedelta(days=4)}.get(ritual, timedelta())
    draft = take_figures(actor=consultant.actor, engagement=engagement, ritual=ritual, day=day)
    assert len(draft.figures) >= 3
    page = consultant.get(f"/engagement/cadence/{ritual.value}/{day}/")
    assert page.status_code == 200
    assert all(step["title"] in page.content.decode() for step in draft.figures)


def test_the_thirds_of_a_quarter_are_its_own_days_and_hold_each_of_its_cases(engagement: Engagement) -> None:
    days = (date(2026, 8, 5), date(2026, 8, 6), date(2026, 9, 20), date(2026, 11, 4), date(2026, 11, 5))
    write([Closed(outcome="automatic", closed=datetime(day.year, day.month, day.day, 9, tzinfo=UTC)) for day in days])
    steps = figures_of(engagement, Ritual.RETROSPECTIVE, date(2026, 11, 5))
    (table,) = (each for step in steps for each in step["tables"] if each["title"] == "By thirds of the quarter")
    told = [(row[0], row[1]) for row in table["rows"]]
    assert told == [("06 Aug to 06 Sep", "1"), ("07 Sep to 04 Oct", "1"), ("05 Oct to 04 Nov", "1")]


def test_records_are_searched_and_printed_by_everybody_who_reads(engagement: Engagement, auditor: Member) -> None:
    actor = auditor.actor
    made = skip(actor=actor, engagement=engagement, ritual=Ritual.METRICS, day=MONDAY, reason="Stocktaking week.")
    found = auditor.get("/engagement/cadence/records/?q=stocktaking").content.decode()
    assert "Stocktaking week." in found
    assert "No record fits" in auditor.get("/engagement/cadence/records/?q=elsewhere").content.decode()
    assert auditor.get(f"/engagement/cadence/records/{made.pk}/").status_code == 200
    assert auditor.post(f"{ADDRESS}write/", {"do": "begin"}).status_code == 403


def test_before_run_the_page_says_what_is_to_come(consultant: Member) -> None:
    assert "No engagement is begun" in consultant.get("/engagement/cadence/").content.decode()
    start_engagement(actor=consultant.actor, workflow=customer_service(), discovery_on=MONDAY, answers={})
    assert "The cadence begins with Run" in consultant.get("/engagement/cadence/").content.decode()
