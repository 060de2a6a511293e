import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.inference.local.calibration import (
    NEVER,
    Thresholds,
    coverage_at,
    expected_calibration_error,
    fit_scales,
    lower_bound,
    softmax,
    threshold_for,
    thresholds_for,
)

answers = st.lists(st.tuples(st.floats(0, 0.9999), st.booleans()), min_size=1, max_size=200)


def test_answers_that_are_right_as_often_as_they_say_have_no_calibration_error() -> None:
    probability = np.repeat([0.25, 0.75], 60)
    correct = np.array(([True] + [False] * 3) * 15 + ([True] * 3 + [False]) * 15)

    assert expected_calibration_error(probability, correct, bins=2) == pytest.approx(0)


def test_the_calibration_error_is_how_much_surer_than_right_the_answers_are() -> None:
    assert expected_calibration_error(np.full(100, 0.9), np.arange(100) < 60) == pytest.approx(0.3)


def test_the_calibration_error_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="no examples"):
        expected_calibration_error(np.array([]), np.array([], bool))


def test_the_lower_bound_is_wilsons() -> None:
    assert lower_bound(np.array([95.0]), np.array([100.0]), z=1.96)[0] == pytest.approx(0.8883, abs=1e-4)


def test_few_right_answers_do_not_vouch_for_a_threshold_and_many_do() -> None:
    assert threshold_for(0.95, np.full(40, 0.9), np.ones(40, bool)) == NEVER
    assert threshold_for(0.95, np.full(60, 0.9), np.ones(60, bool)) == 0.9


def test_where_all_are_right_a_calibrated_answer_need_not_be_surer_than_asked() -> None:
    assert threshold_for(0.95, np.full(60, 0.9999), np.ones(60, bool)) == 0.95


def test_the_threshold_is_the_lowest_that_still_holds() -> None:
    probability = np.concatenate([np.linspace(0.99, 0.8, 100), np.linspace(0.79, 0.1, 100)])
    correct = np.arange(200) < 100

    threshold = threshold_for(0.95, probability, correct, z=0)

    assert 0.75 < threshold < 0.79
    assert correct[probability >= threshold].mean() >= 0.95
    assert threshold_for(0.95, probability, correct) > threshold


def test_without_examples_no_threshold_holds_and_nothing_is_covered() -> None:
    nothing, none = np.array([]), np.array([], bool)

    assert threshold_for(0.95, nothing, none) == NEVER
    assert coverage_at(0.95, nothing, none) == 0


@given(answers, st.floats(0.5, 0.99))
@settings(max_examples=60, deadline=None)
def test_what_is_at_or_above_a_threshold_reaches_the_precision(rows: list[tuple[float, bool]], wanted: float) -> None:
    probability, correct = (np.array(column) for column in zip(*rows, strict=True))

    for z in (0.0, 1.6449):
        taken = correct[probability >= threshold_for(wanted, probability, correct, z=z)]
        assert len(taken) == 0 or taken.mean() >= wanted


def test_bands_follow_the_thresholds_and_the_medium_one_is_never_above_the_high_one() -> None:
    sure = thresholds_for(0.9, np.linspace(0.3, 0.9, 200), np.ones(200, bool))

    assert (sure.high, sure.medium) == pytest.approx((0.3, 0.3))
    assert [Thresholds(0.8, 0.5).band(value) for value in (0.8, 0.5, 0.49)] == ["high", "medium", "low"]


def test_overconfident_logits_are_cooled_and_a_useless_model_is_left_out() -> None:
    generator = np.random.default_rng(0)
    truth = generator.integers(0, 3, 3_000)
    told = np.where(generator.random(3_000) < 0.7, truth, generator.integers(0, 3, 3_000))
    overconfident, useless = 9.0 * np.eye(3)[told], generator.normal(size=(3_000, 3))

    by_use, by_noise = fit_scales([overconfident, useless], truth)
    shares = softmax(by_use * overconfident + by_noise * useless)

    assert by_use < 0.5
    assert by_noise < 0.1
    assert expected_calibration_error(shares.max(axis=1), shares.argmax(axis=1) == truth) < 0.03


def test_large_logits_do_not_overflow() -> None:
    shares = softmax(np.array([[1e4, 0.0], [-1e4, -1e4]]))

    assert shares.tolist() == [[1, 0], [0.5, 0.5]]
