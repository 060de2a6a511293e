"""The ten days: always ten, always ending in a decision, and fuller for who has systems and regulators."""

import pytest

from apps.planning.assumptions import INDUSTRIES
from apps.planning.sprint import Idea, content, plan

CLAIMS = Idea("insurance", "claims", "cycle", 2_400, ("Claims system",), ("gdpr", "hipaa"))


@pytest.mark.parametrize("use_case", content().use_cases)
@pytest.mark.parametrize("industry", INDUSTRIES)
def test_every_choice_gives_ten_days_that_end_in_a_decision(industry, use_case):
    made = plan(Idea(industry, use_case, "cost", 1_000))
    assert [day.number for day in made.days] == list(range(1, 11))
    assert made.days[-1].output == "A signed decision, either way"
    assert made.shadow
    assert made.risks


def test_each_system_is_scoped_on_the_day_of_integrations():
    assert any(work.startswith("Claims system:") for work in plan(CLAIMS).days[5].work)


def test_each_regulation_brings_work_and_whoever_answers_for_it():
    days = plan(CLAIMS).days
    assert any(work.startswith("HIPAA:") for work in days[5].work)
    assert "privacy officer" in days[5].roles
    assert any(work.startswith("GDPR:") for work in days[6].work)


def test_too_few_cases_get_no_sprint_and_few_get_a_warning():
    assert "do not begin" in plan(Idea("retail", "service", "cost", 99)).refusal
    few = plan(Idea("retail", "service", "cost", 300))
    assert not few.refusal
    assert any("slowly" in risk for risk in few.risks)


def test_what_was_not_named_is_a_risk():
    assert sum("named" in risk for risk in plan(Idea("retail", "service", "cost", 1_000)).risks) == 2
