from datetime import date, timedelta
from html import unescape

import pytest

from apps.cases.models import Case
from apps.engagements.engagements import start_engagement
from apps.reviews.services import approve
from tests.cast import PASSWORD, email_of
from tests.factories import customer_service, waiting_case


def text_of(response) -> str:
    return unescape(response.content.decode())


@pytest.fixture
def public(visitor):
    visitor.defaults["SERVER_NAME"] = "localhost"
    return visitor


def test_home_puts_the_most_urgent_first_and_counts_what_waits(operator):
    waiting_case(waited=timedelta(days=1))
    urgent = waiting_case(urgency="high")
    waiting_case(reserved=True)
    response = operator.get("/")
    assert response.context["rows"][0].of.case.number == urgent.number
    counts = response.context["counts"]
    assert (counts.waiting, counts.mine, counts.urgent) == (3, 2, 1)


def test_home_says_which_share_was_cleared_automatically(operator):
    for outcome in ("automatic", "automatic", "approved", "rejected"):
        case = waiting_case()
        Case.objects.filter(pk=case.pk).update(state="closed", outcome=outcome)
    page = text_of(operator.get("/"))
    assert "50 % of 4 at rest" in page
    assert "1 of 4 closed" in page


def test_home_of_an_empty_tenant_says_what_will_be_here(operator):
    assert "No case has come in yet" in text_of(operator.get("/"))


def test_home_before_the_first_case_leads_to_what_discovery_has_to_bring(operator, consultant):
    start_engagement(actor=consultant.actor, workflow=customer_service(), discovery_on=date(2026, 11, 16), answers={})
    page = text_of(operator.get("/"))
    assert "Discovery is under way" in page
    assert "Labelled test set" in page
    waiting_case()
    assert "Discovery is under way" not in text_of(operator.get("/"))


def test_home_of_an_administrator_shows_no_case(tenant_admin):
    case = waiting_case()
    page = text_of(tenant_admin.get("/"))
    assert case.number not in page
    assert "Welcome, Tilda Moreau" in page


def test_the_navigation_offers_only_what_the_role_may_open(operator, tenant_admin):
    assert 'href="/review/"' in text_of(operator.get("/"))
    assert 'href="/review/"' not in text_of(tenant_admin.get("/"))


def test_the_navigation_counts_what_the_person_may_decide(operator):
    waiting_case()
    waiting_case(reserved=True)
    pages = operator.get("/").context["shell"].groups[0]["pages"]
    assert {page["title"]: page["count"] for page in pages}["Review"] == 1


# --- the list of cases


def test_all_cases_are_listed_newest_first_and_lead_to_their_timeline(operator):
    old, new = waiting_case(waited=timedelta(days=2)), waiting_case()
    response = operator.get("/cases/")
    assert [row.case.number for row in response.context["rows"]] == [new.number, old.number]
    assert f'href="/cases/{new.number}/"' in text_of(response)


@pytest.mark.parametrize("query", ["state=closed", "outcome=approved", "since=2020-01-01&outcome=approved"])
def test_the_list_is_filtered_by_what_became_of_the_case(operator, senior_reviewer, query):
    waiting_case()
    done = waiting_case()
    approve(actor=senior_reviewer.actor, case_id=done.pk, revision=1)
    Case.objects.filter(pk=done.pk).update(state="closed")
    response = operator.get(f"/cases/?{query}")
    assert [row.case.number for row in response.context["rows"]] == [done.number]


@pytest.mark.parametrize("query", ["until=2020-01-01", "since=2199-01-01"])
def test_the_list_is_filtered_by_the_day_of_arrival(operator, query):
    waiting_case()
    assert "No case matches" in text_of(operator.get(f"/cases/?{query}"))


@pytest.mark.parametrize(
    "query", ["since=yesterday", "until=9999-99-99", "since=9999-12-31", "q=%00", "page=999", "state=x"]
)
def test_an_address_typed_by_hand_breaks_nothing(operator, query):
    waiting_case()
    assert operator.get(f"/cases/?{query}").status_code == 200


# --- outside of a tenant, and when something is wrong


def test_the_public_page_says_what_this_is_and_lists_nobody(public):
    page = text_of(public.get("/"))
    assert "provable later" in page
    assert "northgate" not in page.lower()


def test_on_a_developers_machine_the_public_page_leads_to_the_tenants(public, settings):
    settings.DEBUG = True
    assert 'href="http://northgate.localhost:8000/"' in text_of(public.get("/"))


def test_what_is_not_there_is_said_in_our_own_words(operator):
    response = operator.get("/nothing/")
    assert response.status_code == 404
    assert "There is nothing here" in text_of(response)


def test_what_one_may_not_see_is_said_in_our_own_words(tenant_admin):
    response = tenant_admin.get("/review/")
    assert response.status_code == 403
    assert "Not yours to see" in text_of(response)


def test_a_form_from_elsewhere_is_refused_in_our_own_words(visitor):
    visitor.handler.enforce_csrf_checks = True
    response = visitor.post("/sign-in/", {"login": email_of("operator"), "password": PASSWORD})
    assert response.status_code == 403
    assert "The form was too old" in text_of(response)


def test_an_error_is_said_in_our_own_words(operator, monkeypatch):
    operator.raise_request_exception = False
    monkeypatch.setattr("apps.portal.views.health", lambda: 1 / 0)
    response = operator.get("/")
    assert response.status_code == 500
    assert "Something broke on our side" in text_of(response)


def test_no_page_holds_inline_script_or_style(operator):
    case = waiting_case()
    for path in (
        "/",
        "/review/",
        f"/review/{case.number}/",
        f"/review/{case.number}/?do=edit",
        f"/cases/{case.number}/",
    ):
        page = text_of(operator.get(path))
        assert " style=" not in page
        assert "<style" not in page
        assert " on" + "click=" not in page
        assert "<script>" not in page


def test_an_address_that_takes_what_a_form_sends_says_so(consultant):
    answer = consultant.get("/engagement/baseline/new/")
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert "takes what a form sends" in answer.content.decode()
