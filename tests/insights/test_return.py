"""The page of the return: from terms and records to figures, each with what is behind it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from unittest.mock import patch

import pytest
from django.utils import timezone

from apps.audit.models import Entry
from apps.compliance.retention import make_rule
from apps.insights.baselines import Measured, record_baseline
from apps.insights.facts import facts
from apps.insights.ledger import fees, own_people
from apps.insights.rates import set_rate
from apps.insights.return_paper import LAYOUT, assumptions, printed
from apps.insights.return_terms import Terms, TermsRefused, set_terms
from apps.insights.returns import Return, return_of
from apps.reviews.calendars import today
from tests.cast import Member
from tests.factories import customer_service
from tests.insights.closed import Closed, write
from tests.looks.papers import assert_paper_looks_right

pytestmark = pytest.mark.usefixtures("northgate")
TERMS = Terms(
    discovery_on=date(2026, 1, 5),
    build_on=date(2026, 1, 19),
    run_on=date(2026, 3, 2),
    discovery=Decimal(10_000),
    build=Decimal(54_000),
    run=Decimal(6_200),
    own_hours_building=Decimal(60),
    own_hours_running=Decimal(12),
    error_cost=Decimal(18),
    monthly_volume=6_200,
)


def begun(consultant: Member, *, sampled: bool = False) -> Return:
    """Two months ago Discovery began, last month Run; forty cases closed in it, of a baseline of 7.4 minutes."""
    last = today().replace(day=1) - timedelta(days=1)
    first = last.replace(day=1)
    before = (first - timedelta(days=1)).replace(day=1)
    workflow, actor = customer_service(), consultant.actor
    record_baseline(
        actor=actor,
        workflow=workflow,
        measured=Measured("handling_time", 7.4, 420, before, before, "Ticket system, export", low=6.9, high=7.9),
    )
    set_rate(actor=actor, workflow=workflow, usd=Decimal(30), source="Payroll")
    terms = TERMS.model_copy(update={"discovery_on": before, "build_on": before, "run_on": first, "sampled": sampled})
    set_terms(actor=actor, workflow=workflow, terms=terms, source="Statement of work, version 2")
    at = replace(Closed(), closed=Closed().closed.replace(year=first.year, month=first.month, day=9))
    write([replace(at, minutes=4.4, hours=5)] * 40)
    found = return_of(workflow)
    assert found is not None
    return found


def test_it_looks_right_on_paper(consultant: Member, tmp_path: Path) -> None:
    with patch.object(timezone, "now", lambda: datetime(2026, 4, 2, 6, tzinfo=UTC)):
        data = printed(begun(consultant), "Northgate", "Ines Ferreira")
    assert_paper_looks_right("return", LAYOUT, data, tmp_path)


def test_a_month_comes_to_what_its_cases_saved_less_what_was_paid(consultant: Member) -> None:
    found = begun(consultant)
    at = next(number for number, each in enumerate(found.periods) if len(each.found))
    assert found.returned.measured("labour")[at] == pytest.approx(40 * 3 / 60 * 30)
    paid = {line.kind: line.usd for line in found.periods[at].lines}
    assert (paid["run"], paid["people"], paid["build"]) == (6_200, 360, 18_000)
    assert found.returned.costs[at] == found.periods[at].cost
    assert set(found.missing) == {"quality", "cycle"}
    assert "baseline" in found.missing["quality"]


def test_a_sample_is_scaled_up_only_where_that_is_stated(consultant: Member) -> None:
    assert {each.scale for each in begun(consultant).periods} == {1.0}
    set_terms(
        actor=consultant.actor,
        workflow=customer_service(),
        terms=begun_terms().model_copy(update={"sampled": True}),
        source="Finance",
    )
    found = return_of(customer_service())
    assert found is not None
    at = next(number for number, each in enumerate(found.periods) if len(each.found))
    assert found.periods[at].scale == pytest.approx(6_200 / 40)
    assert found.returned.measured("labour")[at] == pytest.approx(6_200 * 3 / 60 * 30)
    assert "6,200 (40 recorded)" in printed(found, "Northgate", "Ines Ferreira")


def begun_terms() -> Terms:
    found = return_of(customer_service())
    assert found is not None
    return found.terms


def test_the_ledger_follows_what_was_agreed_on() -> None:
    lines = fees(TERMS, "Statement of work", date(2026, 4, 10))
    assert [(line.on, line.kind, line.usd) for line in lines] == [
        (date(2026, 1, 19), "discovery", 10_000),
        (date(2026, 1, 19), "build", 18_000),
        (date(2026, 2, 16), "build", 18_000),
        (date(2026, 3, 2), "build", 18_000),
        (date(2026, 3, 2), "run", 6_200),
        (date(2026, 4, 2), "run", 6_200),
    ]
    hours = own_people(TERMS, 30.0, date(2026, 4, 15))
    assert [round(line.usd) for line in hours] == [1568, 1800, 360, 180]
    assert not own_people(TERMS, None, date(2026, 4, 15))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"run_on": "2026-01-01"}, "Build before Run"),
        ({"sampled": "1", "monthly_volume": ""}, "how many cases a month"),
        ({"build": "-3"}, "Build, USD"),
        ({"build": "54,000"}, "Build, USD"),
        ({"industry": "magic"}, "from the lists"),
        ({"source": " "}, "Name the source"),
        ({"source": "x" * 401}, "at most 400 characters"),
        ({"discovery_on": "0206-01-05"}, "at most ten years ago"),
    ],
)
def test_terms_that_cannot_be_are_refused_in_words_and_kept_as_typed(
    consultant: Member, change: dict[str, str], said: str
) -> None:
    customer_service()
    typed = {"discovery_on": "2026-01-05", "build_on": "2026-01-19", "build": "54000", "run": "6200"}
    typed |= {"source": "Statement of work", "sampled": "", "industry": "retail", "monthly_volume": "6200"} | change
    page = consultant.post("/insights/return/terms/", typed)
    assert page.status_code == 422
    assert said in page.content.decode()
    assert f'value="{typed["build"]}"' in page.content.decode()


def test_the_same_terms_again_are_no_new_version_but_a_better_source_is(consultant: Member) -> None:
    set_terms(actor=consultant.actor, workflow=customer_service(), terms=TERMS, source="Statement of work")
    with pytest.raises(TermsRefused, match="Nothing has changed"):
        set_terms(actor=consultant.actor, workflow=customer_service(), terms=TERMS, source="Statement of work ")
    assert Entry.objects.filter(action="return_terms.set").count() == 1
    set_terms(actor=consultant.actor, workflow=customer_service(), terms=TERMS, source="Signed statement of work")
    found = return_of(customer_service())
    assert found is not None
    assert found.source == "Signed statement of work"


def test_a_month_is_read_once_and_claims_quality_only_where_somebody_looked(consultant: Member) -> None:
    found = begun(consultant)
    at, period = next((number, each) for number, each in enumerate(found.periods) if len(each.found))
    closed = Closed().closed.replace(year=period.begin.year, month=period.begin.month, day=9)
    write([Closed("automatic", closed=closed)] * 10 + [Closed("approved", closed=closed, look="approve")] * 10)
    unseen = return_of(customer_service())
    assert unseen is not None
    assert (unseen.months[at].errors.n, unseen.months[at].judged) == (10, 50 / 60)
    write([Closed("automatic", closed=closed, look="reject"), Closed("automatic", closed=closed, look="approve")])
    with patch("apps.insights.returns.facts", wraps=facts) as reading:
        seen = return_of(customer_service())
        assert seen is not None
        assert seen.months[at].errors.value == pytest.approx(12 / 62 * 0.5)
        assert (seen.months[at].errors.n, seen.months[at].judged) == (12, 1)
        assert seen.months[-1].errors == seen.months[at].errors
        assert reading.call_count == len(seen.periods)


def test_costs_that_retention_let_go_of_are_said_to_be_missing(consultant: Member) -> None:
    assert not any("retention" in each for each in assumptions(begun(consultant)))
    for data, days in (("cases", 4_000), ("exchanges", 9)):
        make_rule(actor=consultant.actor, data=data, days=days, source="Schedule of the client")
    found = return_of(customer_service())
    assert found is not None
    before = today() - timedelta(days=9)
    assert any(f"that closed before {before:%d %B %Y} it is missing" in each for each in assumptions(found))


def test_every_number_opens_what_is_behind_it(consultant: Member, operator: Member) -> None:
    customer_service()
    assert "Nobody has set the terms" in consultant.get("/insights/return/").content.decode()
    found = begun(consultant, sampled=True)
    month = next(each.name for each in found.periods if len(each.found))
    page = consultant.get("/insights/return/").content.decode()
    assert f'href="/insights/return/{month}/labour/"' in page
    assert "Extrapolated." in page
    assert "No baseline of the errors." in page
    assert "7.40 min" in page
    rows = consultant.get(f"/insights/return/{month}/labour/").content.decode()
    assert "1–25 of 40" in rows
    assert "+3.0 min, +1.50 USD" in rows
    assert consultant.get(f"/insights/return/{month}/quality/").status_code == 404
    ledger = consultant.get(f"/insights/return/costs/?kind=run&month={month}").content.decode()
    assert "6,200.00" in ledger
    data = consultant.get("/insights/return.json").json()
    assert [each["measured"] for each in data["ahead"]] == [True] * 2 + [False] * 34
    assert data["ahead"][1]["cumulative_usd"] == data["months"][1]["cumulative_usd"]
    assert page.count("if it goes on so</td>") == 34
    assert data["not_claimed"].keys() == {"quality", "cycle"}
    assert consultant.get("/insights/return.pdf").content.startswith(b"%PDF-")
    assert operator.post("/insights/return/terms/", {}).status_code == 403
