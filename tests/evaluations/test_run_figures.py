"""The figures of a run on made-up results: the rubric's judge, calibration, and the report as a whole."""

from typing import Any

import numpy as np
import pytest

from apps.evaluations.case_result import CaseResult
from apps.evaluations.labels import Expected
from apps.evaluations.reliability import reliability
from apps.evaluations.report import ORDER, report_of
from apps.evaluations.rubric import agreement, points_made, points_violated

REPLY = (
    "Thank you for your message.",
    "Gold members can exchange a size within 60 days of delivery.",
    "We reserve the new size for 14 days.",
)


def result(**changes: Any) -> CaseResult:
    expected = changes.pop("expected", Expected(case_type="return", decision="label", passages=("returns#window",)))
    fields = {
        "external_id": "A-1", "expected": expected, "case_type": "return", "urgency": "normal", "sentiment": "neutral",
        "probability": 0.9, "decided_by": "classifier", "band": "high", "decision": "label", "grounded": (True,),
        "route": "automatic", "passages": ("returns#window",), "cited": ("returns#window",), "lane": "automatic",
        "microseconds": {"intake": 10_000, "context": 20_000, "action": 5_000, "review": 100},
    }  # fmt: skip
    return CaseResult(**{**fields, **changes})


# --- right or wrong ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [{"case_type": "refund"}, {"decision": "refuse"}, {"grounded": (True, False)}, {"problem": "Not granted."}],
)
def test_a_case_is_right_when_type_decision_and_sources_are(changes: dict[str, Any]) -> None:
    assert result().right
    assert not result(**changes).right


def test_where_no_expert_decided_the_decision_is_neither_right_nor_wrong() -> None:
    unlabelled = Expected(case_type="return")
    assert result(expected=unlabelled).decision_right is None
    assert result(expected=unlabelled, decision="whatever").right


def test_out_of_scope_is_right_without_a_decision() -> None:
    outside = Expected(case_type="out_of_scope")
    assert result(expected=outside, case_type="out_of_scope", decision="").right
    assert not result(expected=outside).right


# --- the judge of points ----------------------------------------------------------------------------------------------


def test_points_are_found_by_their_words_and_every_number_must_be_there() -> None:
    points = ("say that Gold members have 60 days", "say that Gold members have 90 days", "ask for the order number")
    assert points_made(points, REPLY) == (True, False, False)


def test_a_forbidden_point_needs_nearly_all_of_its_words() -> None:
    assert points_violated(("promise a new size for free", "reserve the new size"), REPLY) == (False, True)


def test_the_judge_agrees_with_verdicts_written_by_hand() -> None:
    agreed = agreement()
    assert agreed.n >= 50
    assert agreed.interval[0] < agreed.kappa < agreed.interval[1]
    assert agreed.trusted


# --- calibration ------------------------------------------------------------------------------------------------------


def drawn(n: int, seed: int = 0) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    random = np.random.default_rng(seed)
    probability = random.uniform(0.3, 1, n)
    return probability, random.uniform(size=n) < probability


def test_calibrated_probabilities_have_a_small_error_with_bins_and_a_curve_beside_it() -> None:
    found = reliability(*drawn(600))
    assert found.error is not None
    assert found.auroc is not None
    assert found.error < 0.08
    assert 0.6 < found.auroc < 0.9
    assert sum(each.n for each in found.bins) == 600
    assert not found.caution


def test_saying_the_base_rate_is_calibrated_and_of_no_use_and_the_caution_says_so() -> None:
    right = np.arange(400) % 4 != 0
    found = reliability(np.full(400, 0.75), right)
    assert found.error == pytest.approx(0)
    assert found.auroc == pytest.approx(0.5)
    assert "1 of 10 bins" in found.caution


def test_few_cases_are_not_to_be_ranked_by() -> None:
    assert "Only 60 cases" in reliability(*drawn(60)).caution


# --- the report -------------------------------------------------------------------------------------------------------


def test_a_report_tells_what_was_right_and_what_it_took() -> None:
    results = [result(), result(case_type="refund"), result(route="queue"), result(grounded=(True, False))]
    report = report_of(results)
    figures = report["figures"]
    assert figures["type_accuracy"]["value"] == 0.75
    assert figures["automatic"]["value"] == 0.75
    assert figures["automatic_right"]["value"] == 0.25
    assert figures["wrong_of_automatic"]["value"] == pytest.approx(2 / 3)
    assert figures["grounded"]["value"] == pytest.approx(4 / 5)
    assert figures["seconds"]["value"] == pytest.approx(0.0351)
    assert report["judge"]["n"] >= 50
    assert "pass_k" not in figures
    assert set(figures) <= set(ORDER)


def test_repeated_trials_count_only_when_all_are_right() -> None:
    figures = report_of([result(trials=(True, True, True)), result(trials=(True, False, True))])["figures"]
    assert figures["pass_k"]["value"] == 0.5
    assert figures["pass_k"]["title"] == "Right in all of 3 trials"


def test_what_no_case_speaks_of_has_no_value() -> None:
    figures = report_of([result(expected=Expected(case_type="return"))])["figures"]
    assert (figures["recall"]["value"], figures["recall"]["n"]) == (None, 0)
    assert (figures["decision_accuracy"]["value"], figures["decision_accuracy"]["n"]) == (None, 0)
