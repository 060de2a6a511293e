from collections.abc import Callable

import numpy as np
import pytest

from apps.evaluations import metrics


def test_accuracy_and_macro_f1_differ_when_a_rare_label_is_missed() -> None:
    truth, predicted = ["a"] * 9 + ["b"], ["a"] * 10

    assert metrics.accuracy(truth, predicted) == 0.9
    assert metrics.macro_f1(truth, predicted) == pytest.approx((18 / 19 + 0) / 2)


def test_a_label_that_is_only_predicted_is_no_class_of_its_own() -> None:
    assert metrics.macro_f1(["a", "a"], ["a", "b"]) == pytest.approx(2 / 3)


def test_auroc_counts_pairs_in_the_right_order_and_ties_half() -> None:
    assert metrics.auroc([0.1, 0.2], [0.3]) == 1
    assert metrics.auroc([0.3], [0.3]) == 0.5
    assert metrics.auroc([0.1, 0.9], [0.5]) == 0.5


def test_ndcg_is_one_for_the_best_order_and_discounts_later_ranks() -> None:
    gains = {"a": 2, "b": 1, "c": 0}

    assert metrics.ndcg_at(["a", "b", "c"], gains) == 1
    assert metrics.ndcg_at(["x", "a"], {"a": 1}) == pytest.approx(1 / np.log2(3))
    assert metrics.ndcg_at(["x", "a"], {"a": 1}, k=1) == 0


def test_recall_counts_the_relevant_items_among_the_first() -> None:
    assert metrics.recall_at(["a", "x", "b"], {"a", "b"}, k=2) == 0.5
    assert metrics.recall_at(["a", "x", "b"], {"a", "b"}, k=3) == 1


def test_wilsons_interval_of_a_proportion() -> None:
    assert metrics.wilson_interval(95, 100) == pytest.approx((0.8883, 0.9785), abs=1e-4)
    assert metrics.wilson_interval(0, 0) == (0, 1)
    assert metrics.wilson_interval(5, 5)[1] == 1


def test_a_bootstrap_interval_holds_the_mean_narrows_with_examples_and_repeats() -> None:
    few, many = [0.0, 1.0] * 10, [0.0, 1.0] * 500
    low, high = metrics.mean_interval(few)

    assert low < 0.5 < high
    assert np.diff(metrics.mean_interval(many)) < (high - low) / 3
    assert metrics.mean_interval(few) == (low, high)


@pytest.mark.parametrize(
    "measure",
    [
        lambda: metrics.accuracy([], []),
        lambda: metrics.macro_f1([], []),
        lambda: metrics.auroc([], [1.0]),
        lambda: metrics.ndcg_at(["a"], {"a": 0}),
        lambda: metrics.recall_at(["a"], set()),
        lambda: metrics.mean_interval([]),
    ],
)
def test_a_measure_over_nothing_is_refused(measure: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match=r"undefined|at least one"):
        measure()
