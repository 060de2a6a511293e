"""The money of the return: against an independent calculation, known answers, and what must hold for every workflow."""

from dataclasses import replace
from math import inf, isfinite

import numpy as np
import numpy_financial as npf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.insights.intervals import NOTHING, Estimate
from apps.insights.returned import Month, Premises, missing, outcome, projected, reckon

BEFORE = Premises(
    hour=40.0,
    minutes=Estimate(7.4, 420, 6.9, 7.9),
    errors=Estimate(0.062, 600, 0.045, 0.083),
    error_cost=18.0,
    hours=Estimate(31.0, 1180, 28.0, 34.0),
    day_value=0.5,
    cleared=0.2,
)
MONTH = Month(
    cases=600,
    scale=1.0,
    minutes=Estimate(4.4, 600, 4.2, 4.6),
    errors=Estimate(0.032, 200, 0.015, 0.06),
    hours=Estimate(7.0, 600, 6.0, 8.0),
    cleared=0.3,
    saved_when_cleared=3.0,
    cost=2_000.0,
)


def test_each_channel_is_what_its_definition_says() -> None:
    found = reckon(BEFORE, [MONTH], draws=1)
    learnt = 600 * 0.1 * 3 / 60 * 40
    assert found.measured("learning")[0] == pytest.approx(learnt)
    assert found.measured("labour")[0] == pytest.approx(600 * 3 / 60 * 40 - learnt)
    assert found.measured("quality")[0] == pytest.approx(600 * 0.03 * 18)
    assert found.measured("cycle")[0] == pytest.approx(600 * 24 / 24 * 0.5)
    assert found.net[0, 0] == pytest.approx(1200 + 324 + 300 - 2000)


def test_without_a_baseline_or_a_price_a_channel_claims_nothing_and_says_why() -> None:
    bare = Premises(hour=40.0)
    assert set(missing(bare)) == {"labour", "learning", "quality", "cycle"}
    assert "baseline" in missing(bare)["labour"]
    assert not reckon(bare, [MONTH]).channels
    assert "error costs" in missing(replace(BEFORE, error_cost=None))["quality"]
    assert set(reckon(replace(BEFORE, hours=None), [MONTH]).channels) == {"labour", "learning", "quality"}
    assert outcome(reckon(bare, [MONTH]), 1).payback == inf


def test_a_month_in_which_nothing_was_measured_adds_nothing() -> None:
    silent = replace(MONTH, minutes=NOTHING, errors=NOTHING, hours=NOTHING, cases=0, cost=0.0, cleared=0.2)
    found = reckon(BEFORE, [MONTH, silent])
    assert found.net[:, 1] == pytest.approx(np.zeros(len(found.net)))
    assert np.isfinite(found.net).all()


def test_the_errors_of_months_are_of_the_same_looks_and_do_not_cancel_out() -> None:
    found = reckon(replace(BEFORE, errors=Estimate(0.062, 600)), [MONTH] * 9).channels["quality"][1:]
    assert found.sum(axis=1).std() == pytest.approx(9 * found[:, 0].std())


def test_npv_and_payback_agree_with_an_independent_calculation() -> None:
    months = [
        replace(MONTH, cost=cost, cases=cases) for cost, cases in ((3_000, 0), (1_000, 200), (500, 900), (400, 1_200))
    ]
    found = reckon(BEFORE, months, draws=8)
    cash = projected(found, 4)[0]
    assert cash[4:] == pytest.approx(np.full(32, found.net[0, 1:4].mean()))
    made = outcome(found, 4)
    assert made.npv == pytest.approx(npf.npv(1.1 ** (1 / 12) - 1, cash))
    assert made.npv_so_far == pytest.approx(npf.npv(1.1 ** (1 / 12) - 1, found.net[0, :4]))
    total = np.cumsum(cash)
    first = int(np.argmax(total >= 0))
    assert first < made.payback + 1 <= first + 2
    assert made.payback == pytest.approx(first + -total[first - 1] / cash[first])
    assert made.year_one == pytest.approx(found.benefit[0, :4].sum() / 4_900)
    assert made.payback_band[0] <= made.payback <= made.payback_band[1]


def test_a_month_that_is_not_over_does_not_go_on() -> None:
    half = replace(MONTH, cases=10)
    assert projected(reckon(BEFORE, [MONTH, MONTH, half], draws=1), 2)[0, 2:] == pytest.approx(
        np.full(34, reckon(BEFORE, [MONTH], draws=1).net[0, 0])
    )


estimates = st.tuples(st.floats(0.1, 1e4), st.floats(0, 1e3)).map(
    lambda each: Estimate(each[0], 50, each[0] - each[1], each[0] + each[1])
)
shares = st.floats(0, 1).map(lambda each: Estimate(each, 50, max(0.0, each - 0.1), min(1.0, each + 0.1)))


@settings(max_examples=60, deadline=None)
@given(before=estimates, now=estimates, cases=st.integers(0, 10**7), more=st.integers(0, 10**7), share=shares)
def test_where_a_case_saves_something_more_volume_never_lowers_the_value(
    before: Estimate, now: Estimate, cases: int, more: int, share: Estimate
) -> None:
    premises = replace(BEFORE, minutes=before, errors=share, hours=before)
    month = replace(MONTH, minutes=now, hours=now, errors=share, cases=cases)
    few, many = (reckon(premises, [replace(month, cases=n)], draws=4).benefit[0, 0] for n in (cases, cases + more))
    assert isfinite(few)
    assert isfinite(many)
    saves = reckon(premises, [replace(month, cases=1)], draws=4).benefit[0, 0] >= 0
    assert (many >= few - 1e-6 * abs(few)) if saves else (many <= few + 1e-6 * abs(few))


@settings(max_examples=40, deadline=None)
@given(
    costs=st.lists(st.floats(0, 1e9), min_size=1, max_size=40), cases=st.integers(0, 10**8), whole=st.integers(0, 40)
)
def test_no_number_however_large_or_missing_breaks_it(costs: list[float], cases: int, whole: int) -> None:
    found = reckon(BEFORE, [replace(MONTH, cost=cost, cases=cases) for cost in costs], draws=4)
    made = outcome(found, min(whole, len(costs)))
    assert isfinite(made.npv)
    assert made.payback >= 0
    assert made.npv_band[0] <= made.npv_band[1]
    assert projected(found, min(whole, len(costs))).shape[1] == 36
