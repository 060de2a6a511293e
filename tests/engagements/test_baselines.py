"""Baselines on their page: what is measured, what is not, and in which unit."""

from datetime import date

import pytest

from apps.engagements.engagements import start_engagement
from apps.insights.models import Baseline
from tests.cast import Member
from tests.factories import customer_service

GIVEN = {"measure": "error_rate", "value": "6.2", "low": "4.5", "high": "8.3", "n": "600", "begin": "2026-03-01",
         "end": "2026-03-31", "source": "Ticket system, export of 1 April"}  # fmt: skip


@pytest.fixture(autouse=True)
def engagement(consultant: Member) -> None:
    start_engagement(actor=consultant.actor, workflow=customer_service(), discovery_on=date(2026, 11, 16), answers={})


def test_what_is_not_measured_is_named_and_how_it_is_to_be(consultant: Member) -> None:
    page = consultant.get("/engagement/baseline/").content.decode()
    assert "6 of 6 not measured" in page
    assert "Cycle time, hours a case, the median" in page
    assert "Cases with an error, %" in page


def test_a_share_is_typed_in_per_cent(consultant: Member) -> None:
    consultant.post("/engagement/baseline/new/", GIVEN)
    kept = Baseline.objects.get()
    assert (kept.value, kept.low, kept.high) == pytest.approx((0.062, 0.045, 0.083))
    page = consultant.get("/engagement/baseline/").content.decode()
    assert "6.2 %" in page
    assert "4.5–8.3" in page
    assert "5 of 6 not measured" in page


def test_an_earlier_one_stays_to_be_read(consultant: Member) -> None:
    consultant.post("/engagement/baseline/new/", GIVEN)
    consultant.post("/engagement/baseline/new/", {**GIVEN, "value": "7"})
    page = consultant.get("/engagement/baseline/").content.decode()
    assert "7.0 %" in page
    assert "1 earlier" in page


def test_a_refused_one_keeps_what_was_typed(consultant: Member) -> None:
    page = consultant.post("/engagement/baseline/new/", {**GIVEN, "value": "9"})
    assert page.status_code == 400
    assert "within its interval" in page.content.decode()
    assert "export of 1 April" in page.content.decode()


def test_who_may_not_edit_the_configuration_records_none(operator: Member) -> None:
    assert operator.post("/engagement/baseline/new/", GIVEN).status_code == 403
