"""The cores of `make bench-gates` on small made-up sets, so that what they measure stays what they say."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from apps.evaluations.splits import plan_splits
from benchmarks.figures import Row
from benchmarks.gates import candidates, duration, replies, thresholds, weeks
from benchmarks.gates.judging import Tally, verdict_on
from benchmarks.gates.policies import PER_SITE, Site, harmed, labelled
from benchmarks.gates.thresholds import Spoken, broken, proved, seen
from benchmarks.gates.training import AS_GOOD, INCUMBENT, NOISY, SHUFFLED, Labelled, few, make_all, with_noise
from benchmarks.gates.weeks import Stream, cases_until_stop, false_stops, naive_stops
from tests.local_models import MODEL_DIR

TYPES, SPREAD = 10, 4.5
STREAM = Stream({"rejection": 0.06, "error": 0.02}, index=0.2, kinds={"refund": 0.6, "return": 0.3, "storm": 0.1})


def made_texts(per_type: int, seed: int) -> Labelled:
    """Texts of ten types that say nothing; their vectors lie around a centre each, and are mistaken at times."""
    draw = np.random.default_rng(seed)
    centres = np.random.default_rng(0).normal(size=(TYPES, 384))
    labels = np.repeat(np.arange(TYPES), per_type)
    vectors = centres[labels] + draw.normal(scale=SPREAD, size=(len(labels), 384))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    texts = ["Please help me with this."] * len(labels)
    return Labelled(texts, vectors.astype(np.float32), np.array([f"type_{label}" for label in labels]))


# --- thresholds -------------------------------------------------------------------------------------------------------


def interval_of(row: Row) -> tuple[float, float]:
    assert row.low is not None
    assert row.high is not None
    return row.low, row.high


def answers_of(count: int) -> Spoken:
    """Right more often the surer, and in the lower half too seldom for a promise of at most 2 % wrong."""
    draw = np.random.default_rng(5)
    probability = draw.random(count)
    return Spoken(probability, draw.random(count) >= 0.08 * (1 - probability), count)


def test_a_proved_threshold_keeps_its_promise_and_a_point_estimate_breaks_it():
    truth = answers_of(5_000)
    ours, covered = broken(truth, 1_000, proved, draws=100)
    peer, _ = broken(truth, 1_000, seen, draws=100)
    assert ours <= 5
    assert covered > 0
    assert peer > 20


def test_the_threshold_is_chosen_on_training_answers_and_measured_on_others():
    rows = list(thresholds.on_test(*thresholds.answers(made_texts(80, 1), made_texts(40, 2)), thresholds.PROMISE))
    precision, coverage = rows
    low, high = interval_of(precision)
    assert low <= precision.value <= high
    assert precision.bar == ">= 95"
    assert precision.n == pytest.approx(coverage.value / 100 * coverage.n)


# --- candidates -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def judged() -> Any:
    train, test = made_texts(20, 1), made_texts(70, 2)
    return candidates.judged(test, (make_all(train, test, seed) for seed in range(2)), holdout=70)


def test_worse_candidates_are_refused_and_a_better_one_is_let_through(
    judged: tuple[dict[str, Tally], dict[str, float]],
):
    tallies, shares = judged
    assert {tally.trials for tally in tallies.values()} == {20}
    assert tallies[SHUFFLED].refused == tallies[SHUFFLED].by_guardrail == 20
    assert tallies[NOISY].refused >= 18
    assert tallies[few(3)].refused <= 1
    assert shares[SHUFFLED] < 0.4 < shares[few(3)] < shares[INCUMBENT]
    assert shares[AS_GOOD] == pytest.approx(shares[INCUMBENT], abs=0.1)


def test_a_tally_becomes_a_figure_with_its_interval_and_says_what_refused(judged: tuple[dict[str, Tally], Any]):
    tally = judged[0][SHUFFLED]
    row = tally.row("Refused", tally.refused, ">= 95")
    assert (row.value, row.n, row.holds) == (100.0, 20, True)
    assert interval_of(row)[0] < 85
    assert tally.why.startswith("Refused by “Right end to end” 20")


def test_holdouts_share_no_case_and_have_every_type_alike():
    labels = np.repeat(list("abc"), 20)
    drawn = list(candidates.holdouts(labels, 10, 3, seed=1))
    assert len(set(np.concatenate(drawn).tolist())) == 30
    for rows in drawn:
        assert set(np.unique(labels[rows], return_counts=True)[1].tolist()) == {3, 4}


def test_noise_replaces_as_many_labels_as_it_says_by_others():
    labels = np.repeat(list("abcd"), 50)
    noisy = with_noise(labels, 0.1, np.random.default_rng(0))
    assert (noisy != labels).sum() == 20


# --- replies ----------------------------------------------------------------------------------------------------------

THINGS = ("cookies", "children", "payments", "newsletters", "locations", "photographs", "passwords", "telephones",
          "contracts", "visitors", "cameras", "employees")  # fmt: skip


def made_site(name: str) -> Site:
    paragraphs = [f"We keep what concerns {thing} for {number} months. Nobody else sees {thing}." for number, thing in
                  enumerate(THINGS, start=2)]  # fmt: skip
    asked = ("How long do you keep {}, customer {}?", "Who sees {}, please tell customer {}?")
    questions = {
        asked[number % 2].format(thing, number): ((place,), f"{place + 2} months")
        for number in range(14)
        for place, thing in enumerate(THINGS)
    }
    return Site(name, paragraphs, questions)


def test_a_broken_corpus_and_a_worse_drafter_are_refused_by_a_guardrail(northgate: Any, settings: Any):
    settings.MODEL_DIR = MODEL_DIR
    world = replies.world_of([made_site("style.com"), made_site("adweek.com")], per_site=168)
    tallies = replies.judged(world, trials=2, variants=1, holdout=66)
    assert {name: (tally.by_guardrail, tally.refused) for name, tally in tallies.items()} == {
        "lost": (2, 2), "mixed up": (2, 2), "worse prompt": (2, 2),
    }  # fmt: skip
    assert "Recall of gold passages, first 8" in tallies["lost"].reasons
    assert "Recall of gold passages, first 8" in tallies["mixed up"].reasons
    assert "Sentences with a verified source" in tallies["worse prompt"].reasons
    assert "Recall of gold passages, first 8" not in tallies["worse prompt"].reasons

    first = world.results(world.workflow.releases.order_by("created_at")[0])
    same = verdict_on(first, first)
    assert not any(line.role == "guardrail" and not line.held for line in same.lines)


@pytest.mark.parametrize("harm", ["lost", "mixed up"])
def test_a_harmed_site_keeps_the_rest_of_its_paragraphs(harm: Any):
    site = made_site("style.com")
    texts = harmed(site, harm, 0.25, seed=1)
    assert len(texts) == (9 if harm == "lost" else 12)
    assert sum(text == site.paragraphs[number] for number, text in texts.items()) == 9


def test_a_question_names_its_site_and_its_paragraphs():
    (first, *_) = labelled([made_site("style.com")])
    assert first.submission.subject == "style.com"
    assert first.expected.passages == ("style-com#p0",)
    assert len(labelled([made_site("style.com")])) == PER_SITE


# --- weeks ------------------------------------------------------------------------------------------------------------


def total(stops: Sequence[int]) -> float:
    return sum(stops) / len(stops)


def test_a_slice_at_its_limits_is_seldom_stopped_and_by_a_repeated_test_often():
    assert total([false_stops(STREAM, 1.0, seed, weeks=5) for seed in range(4)]) <= 1
    assert total([naive_stops(STREAM, seed, weeks=20) for seed in range(4)]) > 2


def test_a_planted_regression_is_stopped_within_the_stated_number_of_cases():
    assert max(cases_until_stop(STREAM, "rejection", 5.0, seed) for seed in range(5)) <= weeks.STATED
    assert max(cases_until_stop(STREAM, "drift", 0.0, seed) for seed in range(3)) <= weeks.STATED


# --- duration ---------------------------------------------------------------------------------------------------------


def test_the_demos_cases_give_500_to_hold_out_and_no_two_of_the_same_words():
    cases = [case for opening in duration.OPENINGS for case in duration.opened(opening)]
    assert len({case.submission.text for case in cases}) == len(cases)
    splits = plan_splits({case.submission.external_id: case.expected.case_type for case in cases}, {})
    assert sum(split == "holdout" for split in splits.values()) >= duration.HELD_OUT
