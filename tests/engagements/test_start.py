"""From a public tool to an engagement: the answers come along in the address and nowhere else."""

from datetime import date
from urllib.parse import urlencode

import pytest
from django.test import Client

from apps.engagements.engagements import current, start_engagement
from apps.workflows.models import Workflow
from tests.cast import Member, Visitor
from tests.factories import customer_service

ROI = {"tool": "roi", "volume": "6200", "minutes": "7.4", "industry": "retail", "geography": "eu"}
ALONG = urlencode(ROI)


@pytest.fixture
def anybody(db: None) -> Client:
    return Client(SERVER_NAME="localhost")


def test_the_public_page_says_what_comes_along(anybody: Client) -> None:
    page = anybody.get(f"/start/?{ALONG}")
    assert "Retail and commerce" in page.content.decode()
    assert not page.cookies


def test_it_leads_to_the_workspace_that_is_named_without_looking_it_up(
    anybody: Client, django_assert_num_queries
) -> None:
    with django_assert_num_queries(0):
        page = anybody.get(f"/start/?{ALONG}&workspace=Nobody-Has-This.localhost:8000")
    assert page["Location"] == f"http://nobody-has-this.localhost:8000/engagement/new/?{ALONG}"


@pytest.mark.parametrize("typed", ["evil.example", "a b", "-x", "", "..", "x@y"])
def test_it_leads_nowhere_else(anybody: Client, typed: str) -> None:
    page = anybody.get(f"/start/?{ALONG}&{urlencode({'workspace': typed})}")
    assert page.status_code == 400
    assert "short name" in page.content.decode()


@pytest.mark.parametrize("tool", ["roi", "sprint", "build-or-buy", "readiness"])
def test_each_tool_ends_in_the_link(anybody: Client, tool: str) -> None:
    answered = "?volume=4"
    if tool == "readiness":
        first = anybody.get("/readiness/").context["questions"][0][0].id
        answered = f"?{first}=yes"
    page = anybody.get(f"/{tool}/{answered}").content.decode()
    assert f"/start/?tool={tool.replace('-', '_')}&" in page


def test_after_signing_in_the_answers_are_still_there(visitor: Visitor) -> None:
    turned = visitor.get(f"/engagement/new/?{ALONG}")
    assert turned.status_code == 302
    assert "volume%3D6200" in turned["Location"]


def test_a_new_workflow_starts_with_its_ten_days(consultant: Member, decision_owner: Member) -> None:
    page = consultant.post(
        f"/engagement/new/?{ALONG}",
        {"workflow": "", "title": "Parcel claims", "owner": decision_owner.user.email, "volume": "6200",
         "discovery_on": "2026-11-30"},
    )  # fmt: skip
    assert page["Location"] == "/engagement/"
    made = current()
    assert made is not None
    assert (made.workflow.slug, made.workflow.monthly_volume) == ("parcel-claims", 6200)
    assert made.answers["roi"]["minutes"] == "7.4"
    assert made.tasks.filter(day=10).exists()


def test_a_workflow_needs_its_decision_owner_and_a_refusal_keeps_what_was_typed(consultant: Member) -> None:
    page = consultant.post(
        f"/engagement/new/?{ALONG}", {"workflow": "", "title": "Parcel claims", "discovery_on": "2026-11-30"}
    )
    assert page.status_code == 400
    assert "needs a decision owner" in page.content.decode()
    assert "Parcel claims" in page.content.decode()
    assert not Workflow.objects.filter(slug="parcel-claims").exists()


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
def test_discovery_begins_on_a_day_that_somebody_means(consultant: Member, decision_owner: Member, day: str) -> None:
    new = {"workflow": "", "title": "Parcel claims", "owner": decision_owner.user.email, "discovery_on": day}
    page = consultant.post(f"/engagement/new/?{ALONG}", new)
    assert page.status_code == 400
    assert "within two years of today" in page.content.decode()


def test_a_second_tool_adds_its_answers(consultant: Member) -> None:
    start_engagement(
        actor=consultant.actor, workflow=customer_service(), discovery_on=date(2026, 11, 16), answers={"sprint": {}}
    )
    assert "Add these answers" in consultant.get(f"/engagement/new/?{ALONG}").content.decode()
    consultant.post(f"/engagement/new/answers/?{ALONG}")
    kept = current()
    assert kept is not None
    assert set(kept.answers) == {"sprint", "roi"}


def test_answers_that_cannot_be_read_are_not_added(consultant: Member) -> None:
    start_engagement(actor=consultant.actor, workflow=customer_service(), discovery_on=date(2026, 11, 16), answers={})
    consultant.post("/engagement/new/answers/?tool=roi&volume=many")
    kept = current()
    assert kept is not None
    assert kept.answers == {}


def test_only_who_may_edit_the_configuration_starts_one(operator: Member) -> None:
    assert operator.get("/engagement/new/").status_code == 403
