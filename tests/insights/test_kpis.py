"""Figures are what their definition says, each with its n and interval; against a baseline, and never without one."""

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import numpy as np
import pytest

from apps.audit.models import Entry
from apps.evaluations.metrics import wilson_interval
from apps.insights.against import against, baselines_for, hold
from apps.insights.baselines import Measured, record_baseline
from apps.insights.facts import Chosen
from apps.insights.intervals import Estimate, mean, median, share, spread, stratified
from apps.insights.kpis import KPIS, Figure, figures, weekly
from apps.insights.models import Baseline
from apps.insights.rates import RateRefused, set_rate
from apps.tenants.actors import SYSTEM
from apps.workflows.models import Workflow
from tests.cast import Member
from tests.factories import customer_service
from tests.insights.closed import MONDAY, Closed, write

BEGIN, END = date(2026, 3, 2), date(2026, 3, 15)


@pytest.fixture
def workflow(northgate: None) -> Workflow:
    return customer_service()


def baseline(consultant: Member, measure: str, value: float, **more) -> None:
    measured = Measured(measure, value, 400, date(2026, 1, 5), date(2026, 1, 16), "Ticket system, export", **more)
    record_baseline(actor=consultant.actor, workflow=customer_service(), measured=measured)


def told(found: Estimate | Figure) -> tuple[float, float, float]:
    assert found.low is not None
    assert found.value is not None
    assert found.high is not None
    return found.low, found.value, found.high


def test_each_figure_is_what_its_definition_says(workflow: Workflow, consultant: Member) -> None:
    set_rate(actor=consultant.actor, workflow=workflow, usd=Decimal(30), source="Payroll")
    write(
        [
            *[Closed("automatic", hours=1, usd="0.02")] * 5,
            Closed("automatic", hours=1, look="approve", usd="0.02"),
            *[Closed("approved", 4, hours=20)] * 2,
            Closed("edited", 6, hours=20, revision=2),
            Closed("rejected", 2, hours=30, taken_back=True),
            Closed("approved", None, hours=40),
        ]
    )
    found = figures(workflow, BEGIN, END)
    assert (found["automation"].value, found["automation"].n) == (6 / 11, 11)
    assert (found["unchanged"].value, found["unchanged"].n) == (3 / 5, 5)
    assert (found["rework_rate"].value, found["rework_rate"].n) == (2 / 11, 11)
    assert (found["cycle_time"].value, found["cycle_time"].n) == (1, 11)
    # Two decisions of two minutes on the rejected case; the unmeasured one is left out.
    assert (found["reviewed_time"].value, found["reviewed_time"].n) == (4.5, 4)
    # The one look counts as long as a decision takes.
    assert (found["auto_time"].value, found["auto_time"].n) == (0.75, 6)
    assert (found["handling_time"].value, found["handling_time"].n) == (2.25, 10)
    assert found["throughput"].value == pytest.approx(600 / 22.5)
    assert found["cost_per_case"].value == pytest.approx((6 * 0.02 + 22.5 / 60 * 30) / 10)
    assert list(found) == list(KPIS)


def test_a_time_that_looks_were_given_is_no_surer_than_the_decisions_that_it_comes_from(workflow: Workflow) -> None:
    write([Closed("approved", 2 + each % 5) for each in range(40)] + [Closed("automatic", look="approve")] * 40)
    set_rate(actor=SYSTEM, workflow=workflow, usd=Decimal(30), source="Payroll")
    found = figures(workflow, BEGIN, END)
    low, value, high = told(found["reviewed_time"])
    assert told(found["auto_time"]) == pytest.approx((low, value, high))
    assert told(found["cost_per_case"])[2] - value / 2 > (high - value) / 4
    few = [Closed("approved", case_type="voucher"), Closed("automatic", look="approve", case_type="voucher")]
    write([*few, *[Closed("automatic", case_type="voucher")] * 20])
    unsure = figures(workflow, BEGIN, END, Chosen("voucher"))["auto_time"]
    assert (unsure.value, unsure.low) == (4 / 21, None)


def test_without_a_rate_no_cost_is_claimed(workflow: Workflow) -> None:
    write([Closed()])
    cost = figures(workflow, BEGIN, END)["cost_per_case"]
    assert cost.value is None
    assert "an hour of a person’s work costs" in cost.missing


def test_errors_are_weighed_by_what_cleared_and_what_people_decided(workflow: Workflow) -> None:
    write(
        [
            *[Closed("automatic")] * 60,
            *[Closed("automatic", look="approve")] * 9,
            Closed("automatic", look="reject"),
            *[Closed("approved")] * 20,
            *[Closed("approved", look="approve")] * 4,
            Closed("approved", look="edit"),
            *[Closed("edited", look="approve")] * 5,
        ]
    )
    errors = figures(workflow, BEGIN, END)["error_rate"]
    assert errors.n == 20
    assert errors.value == pytest.approx(0.7 * 0.1 + 0.3 * 0.1)
    low, value, high = told(errors)
    assert 0 < low < value < high < 0.4


def test_what_nobody_looked_at_is_named_beside_the_error_rate(workflow: Workflow) -> None:
    write([Closed("approved", look="approve")])
    assert not figures(workflow, BEGIN, END)["error_rate"].missing
    write([Closed("automatic")])
    assert "cleared by itself" in figures(workflow, BEGIN, END)["error_rate"].missing
    write([Closed("automatic", look="approve", case_type="voucher"), Closed("edited", case_type="voucher")])
    assert "people decided" in figures(workflow, BEGIN, END, Chosen("voucher"))["error_rate"].missing


def test_nothing_closed_is_said_and_not_a_zero(workflow: Workflow) -> None:
    found = figures(workflow, BEGIN, END)
    assert all(each.value is None and each.n == 0 and each.missing for each in found.values())


def test_a_period_takes_its_last_day_whole_and_weeks_begin_on_monday(workflow: Workflow) -> None:
    write([Closed(closed=MONDAY + timedelta(days=days)) for days in (-1, 0, 6, 7, 13, 14)])
    weeks = weekly(workflow, BEGIN, END)
    assert [(week.begin, week.cases) for week in weeks] == [(BEGIN, 2), (date(2026, 3, 9), 2)]
    assert figures(workflow, BEGIN, END)["cycle_time"].n == 4


def test_type_release_and_arm_choose_the_cases(workflow: Workflow) -> None:
    write([Closed(case_type="return"), Closed(case_type="voucher", arm="slice"), Closed(case_type="voucher")])

    def n(**chosen: str) -> int:
        return figures(workflow, BEGIN, END, Chosen(**chosen))["cycle_time"].n

    assert (n(case_type="voucher"), n(arm="slice"), n(release=str(workflow.production_id))) == (2, 1, 3)
    assert (n(case_type="joy"), n(release="0" * 64), n(arm="nobody")) == (0, 0, 3)


def test_a_figure_reaches_its_target_only_beyond_doubt(workflow: Workflow, consultant: Member) -> None:
    baseline(consultant, "handling_time", 7.4, low=6.9, high=7.9)
    write([Closed("approved", minutes) for minutes in np.linspace(3, 5, 40).tolist()])
    held = {
        each.figure.name: each for each in against(figures(workflow, BEGIN, END), baselines_for(workflow, Chosen()))
    }
    reviewed = held["reviewed_time"]
    assert reviewed.change == pytest.approx(4 / 7.4 - 1)
    low, change, high = reviewed.low, reviewed.change, reviewed.high
    assert low is not None
    assert change is not None
    assert high is not None
    assert low < change < high
    assert reviewed.verdict == "reached"
    assert reviewed.target == pytest.approx((3.7, 5.18))
    assert held["cycle_time"].verdict == "no_baseline"
    assert held["auto_time"].verdict == "none"
    assert held["automation"].verdict == "below"
    assert held["unchanged"].verdict == "no_target"


@pytest.mark.parametrize(
    ("minutes", "cases", "verdict"),
    [(4.0, 20, "few"), (5.1, 40, "likely"), (6.2, 60, "better"), (7.4, 60, "level"), (9.0, 60, "worse")],
)
def test_what_a_change_comes_to_is_said_in_words(
    workflow: Workflow, consultant: Member, minutes: float, cases: int, verdict: str
) -> None:
    baseline(consultant, "handling_time", 7.4, low=6.9, high=7.9)
    write([Closed("approved", minutes + (0.5 if number % 2 else -0.5)) for number in range(cases)])
    held = against(figures(workflow, BEGIN, END), baselines_for(workflow, Chosen()))
    assert {each.figure.name: each.verdict for each in held}["reviewed_time"] == verdict


def test_no_error_at_all_is_still_held_against_what_is_uncertain_of_the_baseline() -> None:
    none, known = Figure("error_rate", 0.0, 70, *wilson_interval(0, 70)), {"measure": "error_rate", "value": 0.1}
    exact = hold(none, Baseline(n=50, low=0.1, high=0.1, **known))
    assert exact.low == -1
    assert exact.high == pytest.approx(wilson_interval(0, 70)[1] / 0.1 - 1)
    assert exact.verdict == "reached"
    of_fifty = hold(none, Baseline(n=50, **known))
    assert of_fifty.high == pytest.approx(-0.37, abs=0.01)
    assert of_fifty.verdict == "likely"
    assert hold(none, Baseline(n=50, low=0.0, high=0.3, **known)).verdict == "few"
    assert hold(none, Baseline(n=50, **known | {"value": 0.0})).verdict == "from_nothing"


def test_a_type_without_a_baseline_of_its_own_has_none(workflow: Workflow, consultant: Member) -> None:
    baseline(consultant, "cycle_time", 31)
    assert set(baselines_for(workflow, Chosen())) == {"cycle_time"}
    assert not baselines_for(workflow, Chosen(case_type="return"))


def test_an_error_rate_of_half_of_the_cases_reaches_nothing(workflow: Workflow, consultant: Member) -> None:
    baseline(consultant, "error_rate", 0.5)
    write([Closed("approved", look="approve")] * 40)

    def verdict() -> str:
        held = against(figures(workflow, BEGIN, END), baselines_for(workflow, Chosen()))
        return {each.figure.name: each.verdict for each in held}["error_rate"]

    assert verdict() == "reached"
    write([Closed("automatic")])
    assert verdict() == "few"


def test_people_who_accept_alike_have_no_spread_beyond_chance() -> None:
    assert spread([(50, 100), (50, 100), (50, 100)]).value == 0
    apart = spread([(20, 100), (80, 100)])
    assert told(apart)[0] > 0.2
    assert apart.n == 200
    assert spread([(5, 19), (90, 100)]).value is None


def test_reviewers_are_told_apart_in_the_spread(workflow: Workflow) -> None:
    strict, mild = UUID(int=1), UUID(int=2)
    write(
        [Closed("edited", reviewer=strict)] * 20
        + [Closed("approved", reviewer=strict)] * 5
        + [Closed("approved", reviewer=mild)] * 25
    )
    found = figures(workflow, BEGIN, END)["quality_variance"]
    assert found.n == 50
    assert told(found)[1] > 0.4


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    chance = np.random.default_rng(1)
    held = {"mean": 0, "median": 0, "share": 0, "stratified": 0}
    for _ in range(400):
        times = chance.exponential(5.0, 120)
        held["mean"] += _holds(mean(times), 5.0)
        held["median"] += _holds(median(times), 5.0 * np.log(2))
        held["share"] += _holds(share(int(chance.binomial(150, 0.1)), 150), 0.1)
        strata = [(700, 80, int(chance.binomial(80, 0.05))), (300, 60, int(chance.binomial(60, 0.2)))]
        held["stratified"] += _holds(stratified(strata), 0.7 * 0.05 + 0.3 * 0.2)
    assert all(0.92 <= times / 400 <= 0.99 for times in held.values()), held


def _holds(found: Estimate, truth: float) -> bool:
    low, _, high = told(found)
    return low <= truth <= high


@pytest.mark.parametrize("usd", ["0", "-3", "NaN", "Infinity", "20000"])
def test_no_hour_costs_nothing_or_a_fortune(workflow: Workflow, consultant: Member, usd: str) -> None:
    with pytest.raises(RateRefused):
        set_rate(actor=consultant.actor, workflow=workflow, usd=Decimal(usd), source="Payroll")
    with pytest.raises(RateRefused, match="from where"):
        set_rate(actor=consultant.actor, workflow=workflow, usd=Decimal(30), source=" ")


def test_a_rate_is_of_whole_cents_in_the_log_too(workflow: Workflow, consultant: Member) -> None:
    made = set_rate(actor=consultant.actor, workflow=workflow, usd=Decimal("36.504"), source="Payroll")
    made.refresh_from_db()
    assert made.usd == Decimal("36.50")
    assert b'"36.50"' in bytes(Entry.objects.get(action="hour_rate.set").bytes)
