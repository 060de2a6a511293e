"""The pages of figures: each number opens as many rows as its n says, in every form that the figures come in."""

import csv
from datetime import timedelta
from io import StringIO

import pytest
from django.utils import timezone

from apps.audit.models import Entry
from apps.insights.kpis import KPIS
from apps.insights.models import HourRate
from apps.insights.overview import Overview
from apps.insights.selection import Selection
from apps.workflows.models import Workflow
from tests.cast import Member
from tests.factories import customer_service
from tests.insights.closed import Closed, write


@pytest.fixture
def closed(northgate: None) -> Workflow:
    at = timezone.now() - timedelta(days=9)
    write(
        [
            *[Closed("automatic", closed=at, usd="0.03")] * 8,
            *[Closed("automatic", closed=at, look="approve")] * 3,
            Closed("automatic", closed=at, look="edit", case_type="voucher"),
            *[Closed("approved", 3, closed=at - timedelta(days=7))] * 22,
            *[Closed("edited", 5, closed=at, case_type="voucher", revision=2)] * 4,
            *[Closed("rejected", None, closed=at, arm="slice")] * 2,
            Closed("approved", closed=at - timedelta(days=200)),
        ]
    )
    return customer_service()


@pytest.mark.parametrize("query", ["", "case_type=voucher", "arm=slice", "weeks=52"])
def test_each_number_opens_as_many_rows_as_it_says(closed: Workflow, consultant: Member, query: str) -> None:
    consultant.post(f"/insights/rate/{closed.slug}/set/", {"usd": "36", "source": "Payroll"})
    told = consultant.get(f"/insights/kpis.json?{query}").json()
    for each in told["figures"]:
        page = consultant.get(f"/insights/kpis/{each['figure']}/cases/?{query}")
        assert page.context["page"].paginator.count == each["n"], each["figure"]
        assert (": Voucher</small>" in page.content.decode()) == ("voucher" in query)
        if KPIS[each["figure"]].share and each["value"] and each["figure"] not in ("error_rate", "quality_variance"):
            only = consultant.get(f"/insights/kpis/{each['figure']}/cases/?{query}&only=1")
            assert only.context["page"].paginator.count == round(each["value"] * each["n"])


def test_the_page_says_each_figure_with_its_n_and_that_nothing_is_claimed(closed: Workflow, operator: Member) -> None:
    page = operator.get("/insights/", follow=True).content.decode()
    assert "40 cases closed" in page
    assert "no baseline, no claim" in page
    assert "Set the rate" in page
    for kpi in KPIS.values():
        assert kpi.title in page
        assert kpi.says in page or kpi.title == "Spread between reviewers"
    assert page.count('<svg class="weekly" viewBox="0 0 560 220"') >= 6


def test_weeks_and_parts_open_their_own_rows(closed: Workflow, consultant: Member) -> None:
    overview = Overview(closed, Selection.of({}))
    addresses = [(figure, address) for _, _, rows in overview.drawn[1:4] for _, figure, address in rows if figure.n] + [
        (each.figure, part.address) for part in overview.parts for each in part.shown if each.figure.n
    ]
    assert len(addresses) > 10
    for figure, address in addresses:
        page = consultant.get(f"/insights/kpis/{figure.name}/cases/?{address}")
        assert page.context["page"].paginator.count == figure.n, address


def test_filters_narrow_the_page_and_travel_in_the_address(closed: Workflow, operator: Member) -> None:
    page = operator.get("/insights/kpis/?case_type=voucher&by=arm").content.decode()
    assert "5 cases closed" in page
    assert "case_type=voucher" in page
    part = operator.get("/insights/kpis/?case_type=voucher", headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith('<div id="figures"')


def test_dates_that_are_no_period_are_said_and_kept(closed: Workflow, operator: Member) -> None:
    page = operator.get("/insights/kpis/?begin=2026-09-01&end=2026-01-01").content.decode()
    assert "No such period" in page
    assert 'value="2026-09-01"' in page


def test_an_empty_period_teaches_instead_of_showing_zeros(northgate: None, operator: Member) -> None:
    customer_service()
    page = operator.get("/insights/kpis/").content.decode()
    assert "No case closed" in page
    assert "no_baseline" not in page


def test_the_figures_come_as_csv_too(closed: Workflow, operator: Member) -> None:
    answer = operator.get("/insights/kpis.csv?by=arm")
    rows = list(csv.DictReader(StringIO(answer.content.decode())))
    found = {row["figure"]: row for row in rows if row["scope"] == "period"}
    assert found["automation"]["n"] == "40"
    assert float(found["automation"]["value"]) == pytest.approx(12 / 40)
    assert {row["part"] for row in rows if row["scope"] == "arm"} == {"incumbent", "slice"}


def test_a_refused_rate_keeps_what_was_typed_and_a_set_one_is_in_the_log(closed: Workflow, consultant: Member) -> None:
    address = f"/insights/rate/{closed.slug}/set/"
    refused = consultant.post(address, {"usd": "thirty", "source": "Payroll of October"})
    assert refused.status_code == 422
    assert "Payroll of October" in refused.content.decode()
    for typed in ("1,250", "NaN"):
        assert consultant.post(address, {"usd": typed, "source": "Payroll"}).status_code == 422
    consultant.post(address, {"usd": "36,50", "source": "Payroll of October"})
    assert str(HourRate.objects.get().usd) == "36.50"
    assert Entry.objects.filter(action="hour_rate.set").count() == 1
    assert "36.50 USD an hour" in consultant.get("/insights/kpis/").content.decode()


def test_only_who_may_configure_sets_a_rate_and_only_who_may_see_cases_opens_rows(
    closed: Workflow, operator: Member, tenant_admin: Member
) -> None:
    assert operator.post(f"/insights/rate/{closed.slug}/set/", {"usd": "1", "source": "x"}).status_code == 403
    assert tenant_admin.get("/insights/kpis/cycle_time/cases/").status_code == 403
    assert "/insights/kpis/cycle_time/cases/" not in tenant_admin.get("/insights/kpis/").content.decode()
    assert operator.get("/insights/kpis/joy/cases/").status_code == 404
