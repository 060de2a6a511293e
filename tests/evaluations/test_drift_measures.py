"""Drift is a change that is large and beyond doubt. Under no change, looking after every case finds none."""

import numpy as np
import pytest

from apps.evaluations.conformal import evidence, evidence_of_kinds, winnings
from apps.evaluations.drift_measures import (
    ALPHA,
    INDEX_LIMIT,
    LEAST,
    NEEDED,
    Measure,
    Observed,
    draw,
    of_confidence,
    of_kinds,
    of_vectors,
)

TRIALS = 200


def test_whoever_looks_after_every_case_is_seldom_fooled():
    random = np.random.default_rng(0)
    fooled = 0
    for _ in range(TRIALS):
        reference, stream = random.normal(size=100), random.normal(size=200)
        fooled += winnings(reference.tolist(), stream.tolist(), random.random(200).tolist()).max() >= 1 / ALPHA
    assert fooled <= ALPHA * TRIALS


def test_ties_are_broken_by_the_draw_so_that_kinds_that_did_not_change_win_nothing():
    random = np.random.default_rng(1)
    fooled = 0
    for _ in range(TRIALS // 4):
        reference, stream = (random.choice(["a", "b", "c"], size, p=[0.6, 0.3, 0.1]).tolist() for size in (100, 150))
        fooled += evidence_of_kinds(reference, stream, random.random(150).tolist()) >= 1 / ALPHA
    assert fooled <= ALPHA * TRIALS / 4


@pytest.mark.parametrize("moved", [-1.0, 1.0])
def test_a_stream_that_lies_elsewhere_is_found_on_either_side(moved: float):
    random = np.random.default_rng(2)
    reference, stream = random.normal(size=150).tolist(), random.normal(moved, size=100).tolist()
    assert evidence([(reference, stream)], random.random(100).tolist()) > 1_000


def test_nothing_seen_proves_nothing():
    assert evidence([([1.0, 2.0], [])], []) == 1.0
    assert evidence([], []) == 1.0
    assert evidence_of_kinds(["a"], [], []) == 1.0


def test_cases_and_draws_must_pair_up():
    with pytest.raises(ValueError, match="pair up"):
        winnings([1.0], [1.0, 2.0], [0.5])


def cases(shares: dict[str, int], name: str = "r") -> list[Observed]:
    """So many cases of each type, one after the other in turns."""
    types = [kind for kind, number in shares.items() for _ in range(number)]
    order = sorted(range(len(types)), key=lambda place: draw("order", f"{name}{place}"))
    return [Observed(key=f"{name}{place}", text="", case_type=types[place]) for place in order]


def test_a_mix_that_is_the_same_has_not_drifted_whatever_its_index_by_chance():
    found = of_kinds("case_type", "Case types", cases({"a": 90, "b": 60, "c": 50}), cases({"a": 45, "b": 30, "c": 25}))
    assert found.state == "stable"
    assert found.excess == 0
    assert (found.n, found.reference_n) == (100, 200)


def test_a_mix_that_turned_over_has_drifted_and_says_which_kinds_moved():
    found = of_kinds("case_type", "Case types", cases({"a": 180, "b": 60}), cases({"a": 30, "b": 170}, "n"))
    assert found.state == "drift"
    assert found.excess > INDEX_LIMIT
    assert found.evidence > NEEDED
    assert [(each.kind, round(each.before, 2), round(each.now, 2)) for each in found.moved] == [
        ("a", 0.75, 0.15),
        ("b", 0.25, 0.85),
    ]


def test_few_cases_tell_nothing_however_different():
    found = of_kinds("case_type", "Case types", cases({"a": 200}), cases({"b": LEAST - 1}, "n"))
    assert found.state == "few"


@pytest.mark.parametrize(
    ("size", "sure", "state"),
    [(0.5, 1e6, "drift"), (0.5, 2.0, "unproved"), (0.05, 1e6, "small"), (0.05, 2.0, "stable")],
)
def test_drift_needs_both_a_large_change_and_evidence(size: float, sure: float, state: str):
    found = Measure("k", "K", "index", size, 0.0, INDEX_LIMIT, 100, 100, sure, NEEDED)
    assert found.state == state


def test_what_chance_gives_at_these_numbers_is_taken_off():
    found = Measure("k", "K", "index", 0.3, 0.25, INDEX_LIMIT, 40, 60, 1e6, NEEDED)
    assert found.excess == pytest.approx(0.05)
    assert found.state == "small"


def confident(probabilities: np.ndarray, name: str) -> list[Observed]:
    return [Observed(key=f"{name}{place}", text="", confidence=float(each)) for place, each in enumerate(probabilities)]


def test_confidence_that_fell_has_drifted_and_cases_without_one_do_not_count():
    random = np.random.default_rng(3)
    before, after = confident(random.beta(8, 2, 200), "r"), confident(random.beta(4, 4, 150), "n")
    found = of_confidence(before, [*after, Observed(key="x", text="", case_type="a")])
    assert found.state == "drift"
    assert found.n == 150
    again = of_confidence(before, confident(random.beta(8, 2, 150), "s"))
    assert again.state == "stable"


def vectors(centre: int, number: int, seed: int, tail: float = 0.6) -> np.ndarray:
    random = np.random.default_rng(seed)
    around = random.normal(size=(number, 384)).astype(np.float32) * tail / np.sqrt(384)
    around[:, centre] += 1
    return np.asarray(around / np.linalg.norm(around, axis=1, keepdims=True), np.float32)


def test_what_cases_are_about_has_drifted_when_the_vectors_lie_elsewhere_and_not_when_they_are_new_draws():
    keys = [f"n{place}" for place in range(120)]
    reference = vectors(0, 200, 1)
    assert of_vectors(reference, vectors(0, 120, 2), keys).state == "stable"
    mixed = np.concatenate([vectors(0, 60, 3), vectors(7, 60, 4)])[np.random.default_rng(5).permutation(120)]
    found = of_vectors(reference, mixed, keys)
    assert found.state == "drift"
    assert found.unit == "spreads"


def test_without_a_reference_nothing_can_be_told():
    assert of_kinds("case_type", "Case types", [], cases({"a": 50})).state == "few"
    assert of_confidence([], confident(np.full(50, 0.5), "n")).state == "few"
    assert (
        of_vectors(np.zeros((0, 384), np.float32), vectors(0, 50, 1), [f"n{place}" for place in range(50)]).state
        == "few"
    )


def test_a_measure_is_stored_with_its_figures_and_endless_evidence_stays_a_number():
    told = Measure("k", "K", "index", 0.31234567, 0.1, 0.2, 100, 200, float("inf"), NEEDED).as_json()
    assert (told["size"], told["excess"], told["evidence"], told["state"]) == (0.3123, 0.2123, 1e12, "drift")
