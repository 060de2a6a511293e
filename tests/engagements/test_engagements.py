"""One engagement for a workflow, which goes from phase to phase and never back."""

from datetime import date

import pytest

from apps.engagements.engagement_models import Engagement
from apps.engagements.engagements import EngagementRefused, begin_phase, current, start_engagement, working_day
from apps.workflows.services import create_workflow
from tests.cast import Member
from tests.factories import customer_service

MONDAY = date(2026, 11, 16)


def test_what_was_answered_in_the_public_tools_comes_along(consultant: Member) -> None:
    made = start_engagement(
        actor=consultant.actor, workflow=customer_service(), discovery_on=MONDAY, answers={"roi": {"volume": "6200"}}
    )
    assert current() == made
    assert made.answers == {"roi": {"volume": "6200"}}
    assert made.phase_on == MONDAY


def test_a_workflow_has_one_engagement(consultant: Member) -> None:
    workflow = customer_service()
    start_engagement(actor=consultant.actor, workflow=workflow, discovery_on=MONDAY, answers={})
    with pytest.raises(EngagementRefused, match="already"):
        start_engagement(actor=consultant.actor, workflow=workflow, discovery_on=MONDAY, answers={})


def test_another_starts_only_where_the_last_one_ended_before_its_routine(consultant: Member) -> None:
    first = start_engagement(actor=consultant.actor, workflow=customer_service(), discovery_on=MONDAY, answers={})
    returns = create_workflow(
        actor=consultant.actor, slug="returns", title="Returns", owner="o@cast.example", case_prefix="T"
    )
    with pytest.raises(EngagementRefused, match="no second one beside it"):
        start_engagement(actor=consultant.actor, workflow=returns, discovery_on=MONDAY, answers={})
    begin_phase(actor=consultant.actor, engagement=first, phase="ended", on=MONDAY, reason="Walked away on day 10.")
    assert current() == first
    assert "Start another" in consultant.get("/engagement/").content.decode()
    assert "Start the engagement" in consultant.get("/engagement/new/").content.decode()
    second = start_engagement(actor=consultant.actor, workflow=returns, discovery_on=MONDAY, answers={})
    assert current() == second


def test_phases_follow_each_other_and_each_needs_its_reason(consultant: Member) -> None:
    made = start_engagement(actor=consultant.actor, workflow=customer_service(), discovery_on=MONDAY, answers={})
    with pytest.raises(EngagementRefused, match="does not follow"):
        begin_phase(actor=consultant.actor, engagement=made, phase="run", on=MONDAY, reason="At once.")
    with pytest.raises(EngagementRefused, match="Say why"):
        begin_phase(actor=consultant.actor, engagement=made, phase="build", on=MONDAY, reason=" ")
    made = begin_phase(actor=consultant.actor, engagement=made, phase="build", on=MONDAY, reason="Signed on day 10.")
    assert (made.phase, made.phase_on) == (Engagement.Phase.BUILD, MONDAY)


def test_working_days_leave_weekends_out(consultant: Member) -> None:
    assert working_day(MONDAY, 1) == MONDAY
    assert working_day(MONDAY, 5) == date(2026, 11, 20)
    assert working_day(MONDAY, 6) == date(2026, 11, 23)
    assert working_day(date(2026, 11, 21), 1) == date(2026, 11, 23)
