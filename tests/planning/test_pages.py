"""The public tools as a visitor meets them: without signing in, without a cookie, and the same for a program."""

import pytest
from django.test import Client

TOOLS = ("/roi/", "/sprint/", "/build-or-buy/")
DATA = ("/roi.json", "/sprint.json", "/build-or-buy.json")

pytestmark = pytest.mark.django_db


@pytest.fixture
def anybody() -> Client:
    return Client(SERVER_NAME="localhost")


@pytest.mark.parametrize("address", TOOLS)
def test_a_tool_answers_at_once_with_an_example_and_sets_no_cookie(anybody, address):
    response = anybody.get(address)
    assert response.status_code == 200
    assert "an example: put in your own" in response.content.decode()
    assert not response.cookies


@pytest.mark.parametrize("address", TOOLS)
def test_a_tool_asks_the_database_nothing(anybody, address, django_assert_num_queries):
    with django_assert_num_queries(0):
        anybody.get(address)


@pytest.mark.parametrize("address", DATA)
def test_a_program_gets_the_same_as_json(anybody, address):
    response = anybody.get(address)
    assert response.status_code == 200
    assert set(response.json()) == {"asked", "answer"}


@pytest.mark.parametrize(
    ("address", "field"),
    [
        ("/roi.json?volume=minus", "volume"),
        ("/sprint.json?use_case=wonder", "use_case"),
        ("/build-or-buy.json?time=9", "time"),
    ],
)
def test_a_program_is_told_which_answer_cannot_be(anybody, address, field):
    response = anybody.get(address)
    assert response.status_code == 400
    assert list(response.json()["errors"]) == [field]


def test_a_shared_address_shows_what_was_asked(anybody):
    page = anybody.get("/roi/?volume=60&routine=70").content.decode()
    assert "Below 100 cases a month" in page
    assert 'name="volume" value="60"' in page
    assert "/roi.json?volume=60&amp;routine=70" in page


def test_a_wrong_answer_keeps_what_was_typed_and_says_what_to_do(anybody):
    page = anybody.get("/roi/?volume=60&routine=170").content.decode()
    assert "less than or equal to 100" in page
    assert 'name="routine" value="170"' in page


def test_too_many_systems_are_refused(anybody):
    systems = ",".join(f"system {number}" for number in range(13))
    assert "that matter most" in anybody.get("/sprint/", {"systems": systems}).content.decode()


def test_weights_of_nothing_are_refused(anybody):
    form = anybody.get("/build-or-buy/").context["form"]
    nothing = {name: 0 for name in form.fields if name.startswith("weight-")}
    assert "at least one factor a weight" in anybody.get("/build-or-buy/", nothing).content.decode()


def test_the_front_page_leads_to_the_tools(anybody):
    page = anybody.get("/").content.decode()
    assert all(f'href="{address}"' in page for address in TOOLS)
