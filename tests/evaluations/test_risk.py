"""Thresholds from a stated risk: they keep their promise as often as they say, and say so when they cannot."""

import numpy as np
import pytest

from apps.evaluations.risk import Promise, curve, find_threshold, least_cases, upper_bound
from apps.inference.local.calibration import NEVER

TWO_IN_A_HUNDRED = Promise(risk=0.02, confidence=0.95)
FIVE_IN_A_HUNDRED = Promise(risk=0.05, confidence=0.95)


def falling(count: int) -> np.ndarray:
    """Probabilities that all differ, the highest first."""
    return np.linspace(0.99, 0.30, count)


def wrong_at(count: int, *places: int) -> np.ndarray:
    """All right but for the cases at these places, counted from the most probable."""
    correct = np.ones(count, bool)
    correct[[place - 1 for place in places]] = False
    return correct


def test_two_in_a_hundred_takes_149_cases_without_an_error_and_five_takes_59():
    assert least_cases(0.02, 0.05) == 149
    assert least_cases(0.05, 0.05) == 59
    assert least_cases(0.05, 0.05, wrong=1) == 93
    assert least_cases(0.5, 0.5) == 1


@pytest.mark.parametrize(("wrong", "cases", "bound"), [(0, 59, 0.0495), (1, 93, 0.0500), (3, 100, 0.0757), (5, 5, 1.0)])
def test_the_bound_is_clopper_and_pearsons(wrong, cases, bound):
    assert upper_bound(wrong, cases, 0.05) == pytest.approx(bound, abs=6e-5)


def test_too_few_cases_support_nothing_however_right_they_are():
    finding = find_threshold(falling(148), np.ones(148, bool), TWO_IN_A_HUNDRED)
    assert finding.chosen is None
    assert finding.threshold == NEVER
    assert finding.coverage == 0
    assert finding.needed == 149
    assert not finding.tested


def test_just_enough_right_cases_support_taking_them_all():
    finding = find_threshold(falling(149), np.ones(149, bool), TWO_IN_A_HUNDRED)
    assert finding.coverage == 1
    assert finding.chosen.bound <= 0.02
    assert finding.threshold == pytest.approx(0.30)


def test_an_error_among_the_most_probable_ends_the_search_where_it_began():
    finding = find_threshold(falling(170), wrong_at(170, 3), TWO_IN_A_HUNDRED)
    assert finding.chosen is None
    assert [(each.taken, each.wrong, each.holds) for each in finding.tested] == [(149, 1, False)]


def test_the_search_goes_down_until_the_first_threshold_that_does_not_hold():
    finding = find_threshold(falling(120), wrong_at(120, 80, 100, 101, 102), FIVE_IN_A_HUNDRED)
    assert [(each.taken, each.holds) for each in finding.tested] == [(59, True), (93, True), (120, False)]
    assert (finding.chosen.taken, finding.chosen.wrong) == (93, 1)


def test_with_many_cases_one_unlucky_error_at_the_top_does_not_spoil_the_rest():
    finding = find_threshold(falling(2_000), wrong_at(2_000, 2), FIVE_IN_A_HUNDRED)
    assert finding.coverage == 1
    assert not finding.tested[0].holds


def test_cases_of_one_probability_are_taken_together():
    probability = np.repeat([0.9, 0.6], [40, 60])
    finding = find_threshold(probability, wrong_at(100), FIVE_IN_A_HUNDRED)
    assert (finding.threshold, finding.chosen.taken) == (0.6, 100)


def test_what_reaches_the_threshold_as_it_is_stored_is_what_was_counted():
    probability = np.random.default_rng(3).random(300)
    finding = find_threshold(probability, np.ones(300, bool), TWO_IN_A_HUNDRED)
    stored = float(f"{finding.threshold:.6f}")
    assert (probability >= stored).sum() == finding.chosen.taken


def kept_promises(cases: int, *, steep: bool, scan: bool = False) -> float:
    """Share of 400 trials in which the true risk beyond the threshold is at most 5 %.

    Steep: an answer of probability s is wrong with chance 0.16 (1 - s), so that beyond t the risk is 0.08 (1 - t). Else
    every answer is wrong with a chance of 5.1 %, and any threshold but NEVER breaks the promise.
    """
    draw = np.random.default_rng(11)
    kept = 0
    for _ in range(400):
        probability = draw.random(cases)
        correct = draw.random(cases) >= (0.16 * (1 - probability) if steep else 0.051)
        if scan:
            threshold = min(
                (each.threshold for each in curve(probability, correct, FIVE_IN_A_HUNDRED) if each.holds), default=NEVER
            )
        else:
            threshold = find_threshold(probability, correct, FIVE_IN_A_HUNDRED).threshold
        kept += threshold == NEVER or (steep and 0.08 * (1 - threshold) <= 0.05)
    return kept / 400


@pytest.mark.parametrize("cases", [150, 400, 1_000])
def test_the_promise_is_kept_as_often_as_stated(cases):
    assert kept_promises(cases, steep=True) >= 0.95
    assert kept_promises(cases, steep=False) >= 0.95 - 0.02  # two standard errors of 400 trials


def test_keeping_the_luckiest_of_all_thresholds_would_break_it():
    assert kept_promises(400, steep=False, scan=True) < 0.9


def test_the_curve_has_every_threshold_once_and_ends_with_all_cases():
    points = curve(np.array([0.9, 0.9, 0.7, 0.2]), np.array([True, True, False, True]), FIVE_IN_A_HUNDRED)
    assert [(point.threshold, point.taken, point.wrong) for point in points] == [(0.9, 2, 0), (0.7, 3, 1), (0.2, 4, 1)]
    assert all(point.bound > point.wrong / point.taken for point in points)
    assert curve(np.zeros(0), np.zeros(0, bool), FIVE_IN_A_HUNDRED) == []


@pytest.mark.parametrize(("risk", "confidence"), [(0, 0.95), (1, 0.95), (0.02, 0.4), (0.02, 1)])
def test_a_promise_of_nothing_or_of_everything_is_none(risk, confidence):
    with pytest.raises(ValueError, match="lies between"):
        Promise(risk, confidence)
