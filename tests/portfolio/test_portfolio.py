"""A consultant sees the engagements of all tenants where they are one, each read under its role; nobody else does."""

import json
from datetime import timedelta

import pytest

from apps.audit.models import Entry
from apps.engagements.allocation import phase_on
from apps.engagements.allocation_models import Allocation
from apps.engagements.engagement_models import Engagement
from apps.engagements.engagements import begin_phase, start_engagement, working_day
from apps.portfolio.capacity import weeks
from apps.portfolio.reading import portfolio
from apps.reviews import calendars
from apps.tenants.actors import SYSTEM
from apps.tenants.models import Membership, User
from apps.tenants.schemas import current_schema, in_public, in_schema
from apps.workflows.moves import stop
from apps.workflows.services import create_workflow
from tests.cast import HARBOUR, NORTHGATE
from tests.factories import customer_service

pytestmark = pytest.mark.django_db


@pytest.fixture
def two_engagements(northgate, harbour):
    begin = calendars.today() - timedelta(days=2)
    start_engagement(actor=SYSTEM, workflow=customer_service(), discovery_on=begin, answers={})
    with in_schema(HARBOUR):
        claims = create_workflow(actor=SYSTEM, slug="claims", title="Claims", owner="e@cast.example", case_prefix="C")
        start_engagement(actor=SYSTEM, workflow=claims, discovery_on=begin, answers={})


def test_a_consultant_of_both_sees_both_with_links_into_each(two_engagements, consultant):
    page = consultant.get("/portfolio/").content.decode()
    for words in ("Northgate", "Harbour", "Customer service", "Claims", "://harbour.localhost", "Discovery", "of 10"):
        assert words in page
    assert current_schema() == NORTHGATE


def test_a_consultant_of_one_does_not_see_the_other(two_engagements, consultant):
    with in_public():
        Membership.objects.filter(user=consultant.user, tenant=HARBOUR).update(role="auditor")
    page = consultant.get("/portfolio/").content.decode()
    assert "Customer service" in page
    assert "Claims" not in page
    with in_public():
        Membership.objects.filter(user=consultant.user, tenant=HARBOUR).update(role="consultant", active=False)
    assert [each.tenant for each in portfolio(consultant.user.pk)] == ["Northgate"]


def test_other_roles_do_not_reach_it(two_engagements, decision_owner, tenant_admin, auditor, stranger):
    for somebody in (decision_owner, tenant_admin, auditor):
        assert somebody.get("/portfolio/").status_code == 403
        assert "Portfolio" not in somebody.get("/").content.decode()
    assert portfolio(stranger.user.pk) == []


def test_what_is_stopped_comes_first_and_says_why(two_engagements, consultant):
    assert [each.health for each in portfolio(consultant.user.pk)] == ["on course", "on course"]
    stop(actor=consultant.actor, workflow=customer_service(), reason="Replies quote the old terms.")
    first, second = portfolio(consultant.user.pk)
    assert (first.tenant, first.health, second.health) == ("Northgate", "at risk", "on course")
    assert "stopped" in first.concerns[0].text


def test_whoever_is_a_consultant_nowhere_has_an_empty_portfolio(two_engagements):
    with in_public():
        nobody = User.objects.create_user(email="n@cast.example", name="Nora")
    assert portfolio(nobody.pk) == []


def test_capacity_adds_up_the_hours_of_all_engagements_by_phase(two_engagements, consultant):
    page = consultant.get("/portfolio/").content.decode()
    assert "48 h" in page, "two Discoveries of 24 hours, as assumed"
    assert "8 h too many" in page
    assert consultant.post("/engagement/hours/", {"discovery": "10", "build": "8", "run": "0"}).status_code == 302
    said = json.loads(bytes(Entry.objects.get(action="engagement.hours_said").bytes))["after"]
    assert said == {"discovery": 10, "build": 8, "run": 0}
    first, *_, last = weeks([(each.tenant, each.site, each.plan) for each in portfolio(consultant.user.pk)], 40)
    assert (first.hours, first.free, first.over) == (34, 6, 0)
    assert sorted((each.phase_title, each.planned.hours) for each in last.parts) == [("Build", 8), ("Build", 16)]
    assert "4 h too many" in consultant.get("/portfolio/?week=30").content.decode()


def test_build_lasts_as_long_as_agreed_on_and_ten_weeks_otherwise(two_engagements):
    engagement = Engagement.objects.get()
    begins = working_day(engagement.discovery_on, 10) + timedelta(days=1)
    monday = begins - timedelta(days=begins.weekday())
    days = [engagement.discovery_on, begins, monday + timedelta(weeks=10, days=-1), monday + timedelta(weeks=10)]
    assert [phase_on(engagement, day) for day in days] == ["discovery", "build", "build", "run"]


@pytest.mark.parametrize("hours", ["-1", "169", "", "many"])
def test_hours_that_no_week_has_are_refused_and_nothing_is_lost(two_engagements, consultant, hours):
    answer = consultant.post("/engagement/hours/", {"discovery": hours, "build": "7", "run": "3"})
    assert answer.status_code == 400
    assert 'value="7"' in answer.content.decode()
    assert not Allocation.objects.exists()


def test_a_week_of_nonsense_is_told_and_forty_hours_are_shown(two_engagements, consultant):
    for week in ("-4", "1e3", "169", "²"):
        answer = consultant.get("/portfolio/", {"week": week})
        assert answer.status_code == 400
        assert "is no number of hours" in answer.content.decode()


def test_what_is_late_in_build_is_said_with_what_comes_next(two_engagements, consultant):
    begin_phase(
        actor=SYSTEM, engagement=Engagement.objects.get(), phase="build",
        on=calendars.today() - timedelta(weeks=4), reason="Committed.",
    )  # fmt: skip
    first = portfolio(consultant.user.pk)[0]
    assert (first.tenant, first.health, first.place) == ("Northgate", "at risk", "week 5")
    assert "behind" in first.concerns[0].text
    assert first.next_title
    assert first.next_on
