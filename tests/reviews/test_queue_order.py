"""The queue's order against the plain one: all cases in a list, sorted. And what a page costs, however many wait."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.cases.models import Case
from apps.reviews import assignments, queue
from apps.reviews.desk import Place
from apps.reviews.distribution import explain
from apps.reviews.ordering import Spot, spot_of, spots
from apps.reviews.queue import Selection, narrow
from tests.factories import waiting_case
from tests.reviews.crowd import crowd

ORDERS = ["", "waiting", "urgent"]
NOW = timezone.now()


def mixed(n: int) -> dict[str, object]:
    """Every urgency and impact, some at the same moment."""
    since = NOW - timedelta(minutes=7 * (n % 11) + 3 * (n % 5))
    urgency, impact = ("high", "normal", "low")[n % 3], ("high", "medium")[n % 2]
    return {"urgency": urgency, "impact": impact, "in_review_since": since}


def press(case_ids: list[UUID], pressure: Place.Pressure) -> None:
    """As the clocks do when their time has come."""
    Place.objects.filter(pk__in=case_ids).update(pressure=pressure)


def plainly(sort: str) -> list[Place]:
    keys = {
        "": lambda place: (-place.weight * (NOW - place.since).total_seconds(), place.pk.hex),
        "waiting": lambda place: (place.since, place.pk.hex),
        "urgent": lambda place: (-place.weight, place.since, place.pk.hex),
    }
    return sorted(Place.objects.all(), key=keys[sort])


@pytest.fixture
def sixty(operator):
    cases = crowd(60, mixed)
    press([case.pk for case in cases[::7]], Place.Pressure.DUE_SOON)
    press([case.pk for case in cases[::9]], Place.Pressure.OVERDUE)
    return cases


@pytest.mark.parametrize("sort", ORDERS)
def test_pages_put_together_are_the_sorted_list(operator, sixty, sort):
    narrowed, walked, last = narrow(Selection(), operator.actor), [], None
    while part := spots(narrowed, sort, n=7, at=NOW, beyond=last):
        walked += part
        last = part[-1]
    assert [spot.case for spot in walked] == [place.pk for place in plainly(sort)]


@pytest.mark.parametrize("sort", ORDERS)
def test_the_way_back_is_the_way_there(operator, sixty, sort):
    narrowed, order = narrow(Selection(), operator.actor), plainly(sort)
    middle = spot_of(order[30], NOW)
    behind = spots(narrowed, sort, n=9, at=NOW, beyond=middle, backwards=True)
    assert [spot.case for spot in behind] == [place.pk for place in order[21:30]]


@pytest.mark.parametrize("sort", ORDERS)
def test_what_one_may_decide_comes_in_the_same_order(operator, sixty, sort):
    Case.objects.filter(pk__in=[case.pk for case in sixty[::4]]).update(reserved=True)
    found = spots(narrow(Selection(mine="1"), operator.actor), sort, n=60, at=NOW)
    assert [spot.case for spot in found] == [place.pk for place in plainly(sort) if place.awaits == ""]


def test_a_case_that_is_decided_meanwhile_leaves_no_gap_on_the_next_page(operator):
    crowd(40)
    first = queue.page(Selection(), operator.actor)
    Case.objects.filter(pk=first.cases[-1].pk).update(state="closed")
    second = queue.page(Selection(), operator.actor, after=first.after)
    assert {case.pk for case in [*first.cases, *second.cases]} == {case.pk for case in (*first.cases, *second.cases)}
    assert len(first.cases) + len(second.cases) == 40


@pytest.mark.parametrize(
    "text", ["", "x", "1.2.3", "1.1.1.zz", f"{10**30}.1.1.{'0' * 32}", f"1.999.1.{'0' * 32}", "-5.1.-5." + "0" * 32]
)
def test_a_spot_typed_by_hand_breaks_nothing(operator, text):
    waiting_case()
    for way in ("after", "before"):
        assert operator.get(f"/review/?{way}={text}").status_code == 200


def test_a_spot_says_itself(operator):
    spot = spot_of(waiting_case().place, NOW)
    assert Spot.of(spot.text) == spot


def test_risk_outweighs_waiting_by_its_factor_and_no_more(operator):
    usual = waiting_case(waited=timedelta(hours=4))
    urgent = waiting_case(urgency="high", waited=timedelta(hours=2))
    older_urgent = waiting_case(urgency="high", waited=timedelta(hours=3))
    assert queue.page(Selection(), operator.actor).cases == [older_urgent, usual, urgent]


def test_an_overdue_case_moves_up_and_says_why(operator):
    first, second = waiting_case(waited=timedelta(hours=3)), waiting_case(waited=timedelta(hours=1))
    press([second.pk], Place.Pressure.OVERDUE)
    assert queue.page(Selection(), operator.actor).cases == [second, first]
    second = Case.objects.get(pk=second.pk)
    assert explain(second) == ["usual urgency 2", "usual impact 1", "waiting 1.0 h", "overdue 4", "priority 8.0"]


def test_a_case_that_is_away_is_not_in_the_queue_but_under_its_own_filter(operator):
    case = waiting_case()
    Place.objects.filter(pk=case.pk).update(away="snoozed")
    assert queue.page(Selection(), operator.actor).cases == []
    assert queue.page(Selection(away="snoozed"), operator.actor).cases == [case]
    assert assignments.take_next(actor=operator.actor, selection=Selection()) is None


def test_a_case_that_is_decided_while_the_page_is_made_is_left_out(operator):
    gone, stays = waiting_case(), waiting_case()
    found = spots(narrow(Selection(), operator.actor), "", n=2, at=NOW)
    Case.objects.filter(pk=gone.pk).update(state="closed")
    assert queue.cases_at(found) == [stays]


def test_the_case_types_that_wait_are_found_without_reading_all(operator):
    crowd(30, lambda n: {"case_type": ("return", "cancel", "")[n % 3]})
    assert queue.present_types() == ["cancel", "return"]


def test_more_than_a_thousand_are_said_to_be_more(operator, monkeypatch):
    monkeypatch.setattr(queue, "MOST", 5)
    crowd(9)
    assert str(queue.counts(operator.actor).waiting) == "5+"
    assert "5+ waiting" in operator.get("/review/").content.decode()


def test_the_row_says_who_holds_the_case(operator, senior_reviewer):
    case = waiting_case()
    assignments.take(actor=senior_reviewer.actor, case_id=case.pk)
    assert "with Samir Haddad" in operator.get("/review/").content.decode()
    assert queue.page(Selection(held="others"), operator.actor).cases == [case]
    assert queue.page(Selection(held="free"), operator.actor).cases == []
    assert queue.page(Selection(held="me"), senior_reviewer.actor).cases == [case]


# --- what it costs

# Statements, those of signing in included, and those that are prepared for psycopg itself left out.
MOST = {"the queue": 23, "a case": 29, "a decision": 37, "the next one": 10}


def costs(operator) -> dict[str, int]:
    shown = waiting_case(waited=timedelta(days=2))
    deeds = {
        "the queue": lambda: operator.get("/review/"),
        "a case": lambda: operator.get(f"/review/{shown.number}/"),
        "a decision": lambda: operator.post(f"/review/{shown.number}/approve/", {"revision": 1}),
        "the next one": lambda: operator.post("/review/next/"),
    }
    found = {}
    for name, deed in deeds.items():
        with CaptureQueriesContext(connection) as queries:
            assert deed().status_code in {200, 302}
        found[name] = len(queries)
    return found


def test_open_and_submit_cost_the_same_at_ten_cases_and_at_a_thousand(operator):
    costs(operator)  # what is read once for each process
    crowd(10)
    few = costs(operator)
    crowd(990)
    assert costs(operator) == few
    assert all(number <= MOST[name] for name, number in few.items()), few
