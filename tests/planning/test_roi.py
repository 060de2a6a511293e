"""The return on a workflow: checked against an independent calculation, and held to what must never happen."""

from dataclasses import replace

import numpy as np
import numpy_financial
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.planning.assumptions import COMPLEXITIES, GEOGRAPHIES, INDUSTRIES, MONTHS
from apps.planning.roi import Business, drawn, flows, likely, npv, payback, ranges_of, tornado
from apps.planning.roi_answer import Answer

SHOP = Business(volume=6_200, minutes=9, routine=0.68, geography="eu", error_rate=0.06, error_cost=18)
businesses = st.builds(
    Business,
    volume=st.floats(0, 1e7),
    minutes=st.floats(0.1, 2_400),
    routine=st.floats(0, 1),
    complexity=st.sampled_from(list(COMPLEXITIES)),
    geography=st.sampled_from(list(GEOGRAPHIES)),
    industry=st.sampled_from(list(INDUSTRIES)),
    unit_cost=st.none() | st.floats(0.01, 1e5),
    error_rate=st.floats(0, 1),
    error_cost=st.floats(0, 1e6),
    cycle_days=st.floats(0, 365),
    day_value=st.floats(0, 1e5),
)


def worth(business: Business) -> float:
    return float(npv(likely(business).net)[0])


def test_the_net_present_value_is_what_numpy_financial_says():
    net = likely(SHOP).net
    monthly = 1.1 ** (1 / 12) - 1
    assert npv(net)[0] == pytest.approx(numpy_financial.npv(monthly, net[0]))


def test_a_hundred_a_month_for_a_year_is_worth_what_an_annuity_is():
    monthly = 1.1 ** (1 / 12) - 1
    assert npv(np.full((1, 12), 100.0))[0] == pytest.approx(-numpy_financial.pv(monthly, 12, 100, when="begin"))


def test_payback_is_counted_within_the_month():
    assert payback(np.array([[-100.0, 0.0, 50.0, 100.0]]))[0] == pytest.approx(3.5)


def test_payback_counts_only_when_the_cash_is_back_for_good():
    assert payback(np.array([[10.0, -30.0, 40.0, 0.0]]))[0] == pytest.approx(2.5)
    assert payback(np.array([[10.0, -30.0, 40.0, -50.0]]))[0] == np.inf


def test_nothing_spent_is_back_at_once_and_nothing_earned_never():
    assert payback(np.array([[0.0, 5.0]]))[0] == 0
    assert payback(np.array([[-1.0, 0.0]]))[0] == np.inf


def test_by_hand_the_first_full_month_saves_what_it_should():
    business = Business(volume=1_000, minutes=60, routine=0.5, unit_cost=10, industry="retail")
    saved = likely(business).channels["labour"][0, 7]
    assert saved == pytest.approx(1_000 * 10 * (0.5 * 0.65 * 0.75 + (1 - 0.5 * 0.65) * 0.40))


def test_the_costs_of_the_phases_are_what_was_said():
    costs = likely(SHOP).costs
    assert costs["discovery"].sum() == 10_000
    assert costs["build"].sum() == pytest.approx(55_000)
    assert costs["run"].sum() == 6_000 * (MONTHS - 3)


@settings(deadline=None, max_examples=60)
@given(businesses, st.floats(1, 10))
def test_more_volume_is_never_worth_less(business, times):
    assert worth(replace(business, volume=business.volume * times)) >= worth(business) - 1e-6 * abs(worth(business))


@settings(deadline=None, max_examples=60)
@given(businesses, st.floats(0, 1))
def test_more_routine_cases_are_never_worth_less(business, more):
    other = replace(business, routine=business.routine + (1 - business.routine) * more)
    assert worth(other) >= worth(business) - 1e-6 * abs(worth(business)) - 1e-6


@settings(deadline=None, max_examples=60)
@given(businesses)
def test_every_answer_has_figures_and_loses_at_most_the_outlay(business):
    answer = Answer(business)
    assert np.isfinite(answer.npv)
    assert answer.npv_band[0] <= answer.npv_band[1]
    assert 0 <= answer.chance <= 1
    assert answer.flows.benefit.min() >= 0
    assert answer.flows.costs["models"].sum() <= answer.flows.benefit.sum() * (1 + 1e-9)
    assert (answer.verdict == "no") == bool(answer.against)
    answer.as_json()


def test_without_a_single_case_only_the_outlay_flows_and_the_answer_is_no():
    answer = Answer(replace(SHOP, volume=0))
    assert not answer.flows.benefit.any()
    assert answer.verdict == "no"


def test_few_cases_get_a_no_however_dear_they_are():
    answer = Answer(replace(SHOP, volume=60, unit_cost=500))
    assert answer.verdict == "no"
    assert "Below 100 cases" in answer.against[0]


def test_a_case_that_costs_more_with_a_model_is_not_sent_through():
    flat = flows(
        {name: np.array([each.likely]) for name, each in ranges_of(replace(SHOP, unit_cost=0.01, error_cost=0)).items()}
    )
    assert not flat.costs["models"].any()
    assert "costs more with a model" in Answer(replace(SHOP, unit_cost=0.01, error_cost=0)).against[0]


def test_the_same_answers_always_draw_the_same_worlds():
    assert np.array_equal(drawn(SHOP).net, drawn(SHOP).net)


def test_the_widest_swing_comes_first_and_what_changes_nothing_is_left_out():
    swings = tornado(SHOP)
    assert [each.width for each in swings] == sorted((each.width for each in swings), reverse=True)
    assert "Worth of a day" not in [each.quantity.title for each in swings]


def test_a_shop_of_six_thousand_cases_pays_back_within_the_year():
    assert 6 <= Answer(SHOP).payback <= 14
