"""A consultant sees the engagements of all tenants where they are one, each read under its role; nobody else does."""

from datetime import timedelta

import pytest

from apps.engagements.engagements import start_engagement
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
