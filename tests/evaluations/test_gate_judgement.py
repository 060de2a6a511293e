"""The statistical core of the gate: what the tests say of made-up results whose truth we know."""

import math
from typing import Any

import numpy as np
import pytest

from apps.evaluations.judgement import LEAST_CASES, Metric, Paired, SetFacts, compare, judge_arrays
from apps.evaluations.significance import (
    least_cases,
    macro_f1_difference,
    macro_f1s,
    mcnemar_exact,
    mean_difference,
    share_difference,
)

RIGHT = Metric("right", "Right end to end", "share", 0.0)
TYPE = Metric("type", "Case type right", "share", 0.05)
WRONG = Metric("wrong", "Wrong and automatic", "share", 0.04, better="lower")
COST = Metric("cost", "Cost of a case", "mean", 0.02, unit="USD", better="lower")


def facts(cases: int = 200, **changes: Any) -> SetFacts:
    return SetFacts(**{"cases": cases, "strata": {"return": 20, "refund": 20}, **changes})


def changed(n: int, better: int, worse: int, right: int = 100) -> tuple[np.ndarray, np.ndarray]:
    """Incumbent and candidate: `right` cases right for both but for those that changed."""
    incumbent = np.zeros(n)
    incumbent[: right + worse] = 1
    candidate = incumbent.copy()
    candidate[:worse] = 0
    candidate[right + worse : right + worse + better] = 1
    return candidate, incumbent


def pair(metric: Metric, n: int = 200, better: int = 0, worse: int = 0) -> Paired:
    candidate, incumbent = changed(n, better, worse)
    return Paired(metric, candidate, incumbent)


# --- the tests themselves ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("better", "worse", "p"), [(0, 0, 1.0), (5, 0, 1 / 32), (8, 1, 10 / 512), (3, 3, 42 / 64)])
def test_mcnemar_counts_the_cases_that_changed(better: int, worse: int, p: float) -> None:
    assert mcnemar_exact(better, worse) == pytest.approx(p)


def test_the_interval_of_a_share_holds_where_nothing_changed() -> None:
    low, high = share_difference(0, 0, 100)
    assert low == pytest.approx(-high)
    assert high == pytest.approx(1.6449**2 / (100 + 1.6449**2), abs=1e-6)


@pytest.mark.parametrize(("better", "worse", "n"), [(9, 5, 44), (0, 6, 60), (12, 0, 80)])
def test_the_ends_of_the_interval_are_where_the_score_test_stops_to_refuse(better: int, worse: int, n: int) -> None:
    for end in share_difference(better, worse, n):
        worse_shares = np.linspace(max(0, -end), (1 - end) / 2, 200_001)[1:-1]
        rest = 1 - end - 2 * worse_shares
        likelihood = better * np.log(worse_shares + end) + worse * np.log(worse_shares)
        likelihood += (n - better - worse) * np.log(rest)
        likeliest = worse_shares[np.argmax(likelihood)]
        deviation = math.sqrt((2 * likeliest + end - end**2) / n)
        assert abs((better - worse) / n - end) / deviation == pytest.approx(1.6449, abs=2e-3)


def test_the_interval_of_a_share_covers_the_truth_as_often_as_it_says() -> None:
    random = np.random.default_rng(7)
    n, p_better, p_worse = 80, 0.10, 0.04
    draws = random.multinomial(n, [p_better, p_worse, 1 - p_better - p_worse], 2_000)
    below = np.mean([share_difference(int(b), int(c), n)[0] > p_better - p_worse for b, c, _ in draws])
    assert below <= 0.06  # one end misses in about 5 of 100


def test_the_bootstrap_of_a_mean_is_repeatable_and_pairs_the_cases() -> None:
    random = np.random.default_rng(1)
    noise = random.normal(0, 10, 300)
    low, high = mean_difference(noise + 1, noise)
    assert (low, high) == pytest.approx((1, 1))
    assert mean_difference(noise, noise[::-1]) == mean_difference(noise, noise[::-1])


def test_macro_f1_is_sklearns() -> None:
    from sklearn.metrics import f1_score

    random = np.random.default_rng(3)
    truth, predicted = random.choice(list("abc"), 60), random.choice(list("abcd"), 60)
    expected = f1_score(truth, predicted, labels=sorted(set(truth)), average="macro", zero_division=0)
    assert macro_f1s(np.ones((1, 60)), truth, predicted)[0] == pytest.approx(expected)
    low, high = macro_f1_difference(truth, truth, predicted)
    assert low < 1 - expected < high


def test_how_many_cases_a_margin_needs() -> None:
    needed = least_cases(0.04)
    assert needed == LEAST_CASES
    assert share_difference(0, 0, needed)[0] > -0.04
    assert share_difference(0, 0, needed - 2)[0] < -0.04


# --- the judgement ----------------------------------------------------------------------------------------------------


def test_a_better_candidate_passes() -> None:
    verdict = judge_arrays(pair(RIGHT, better=14, worse=3), [pair(TYPE, better=9, worse=2), pair(WRONG)], facts())
    assert verdict.passed, verdict.refusals
    assert [line.role for line in verdict.lines] == ["primary", "guardrail", "guardrail"]


def test_an_equal_candidate_does_not_pass() -> None:
    verdict = judge_arrays(pair(RIGHT, better=4, worse=4), [], facts())
    assert not verdict.passed
    assert "does not beat the incumbent" in verdict.refusals[0]


def test_a_candidate_that_buys_its_gain_with_a_guardrail_does_not_pass() -> None:
    candidate = np.zeros(200)
    candidate[:12] = 1  # twelve wrong answers that nobody sees
    verdict = judge_arrays(pair(RIGHT, better=40), [Paired(WRONG, candidate, np.zeros(200))], facts())
    assert not verdict.passed
    assert len(verdict.refusals) == 1
    assert (
        "“Wrong and automatic” may be worse by 9.4 points, and at most 4.0 points is acceptable" in verdict.refusals[0]
    )


def test_lower_is_better_where_the_metric_says_so() -> None:
    cheaper = Paired(COST, np.full(200, 0.01), np.full(200, 0.05))
    dearer = Paired(COST, np.full(200, 0.05), np.full(200, 0.01))
    assert judge_arrays(pair(RIGHT, better=14), [cheaper], facts()).passed
    assert not judge_arrays(pair(RIGHT, better=14), [dearer], facts()).passed


def test_cases_without_the_metric_are_left_out() -> None:
    candidate, incumbent = changed(200, 14, 0)
    candidate[150:] = math.nan
    line = compare(Paired(RIGHT, candidate, incumbent), "primary")
    assert line is not None
    assert line.n == 150


def test_a_guardrail_that_nothing_speaks_of_is_left_out_and_a_primary_metric_refuses() -> None:
    nothing = np.full(200, math.nan)
    assert judge_arrays(pair(RIGHT, better=14), [Paired(TYPE, nothing, nothing)], facts()).passed
    assert not judge_arrays(Paired(RIGHT, nothing, nothing), [], facts()).passed


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"cases": 64}, "too small"),
        ({"strata": {"return": 20, "storm": 0}}, "fewer than 2 cases of storm"),
        ({"looked_at": 101}, "101 of its 200 cases have been looked at"),
        ({"verdicts": 20}, "it has borne 20 verdicts"),
    ],
)
def test_a_set_that_cannot_bear_a_verdict_refuses(changes: dict[str, Any], words: str) -> None:
    verdict = judge_arrays(pair(RIGHT, better=20), [], facts(**changes))
    assert not verdict.passed
    assert words in verdict.refusals[0]


def test_a_wearing_set_is_noted() -> None:
    verdict = judge_arrays(pair(RIGHT, better=20), [], facts(looked_at=60, verdicts=10))
    assert verdict.passed
    assert len(verdict.notes) == 2


def test_pairs_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="differ in length"):
        compare(Paired(RIGHT, np.ones(3), np.ones(4)), "primary")


def test_planted_regressions_are_refused_and_better_candidates_let_through() -> None:
    """200 seeded trials of each kind, 300 cases: the incumbent is right in 80 %, the candidate in 70 or 90 %."""
    refused = {"worse": 0, "same": 0, "better": 0}
    for seed in range(200):
        random = np.random.default_rng(seed)
        ease = random.uniform(size=300)
        for kind, right in (("worse", 0.7), ("same", 0.8), ("better", 0.9)):
            noise = random.uniform(size=(2, 300)) < 0.03
            incumbent, candidate = (ease < 0.8) ^ noise[0], (ease < right) ^ noise[1]
            primary = Paired(RIGHT, candidate.astype(float), incumbent.astype(float))
            guard = Paired(TYPE, candidate.astype(float), incumbent.astype(float))
            refused[kind] += not judge_arrays(primary, [guard], facts(300)).passed
    assert refused["worse"] == 200
    assert refused["same"] >= 190
    assert refused["better"] <= 10
