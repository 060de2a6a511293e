"""The sequential tests hold whatever the number of looks, and see what they are for."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.evaluations.sequential import (
    Watch,
    evidence_above,
    evidence_of_another_mix,
    interval,
    stability_index,
)


def test_nothing_seen_says_nothing():
    assert evidence_above(0, 0, 0.05) == 1
    assert (interval(0, 0, 0.05).low, interval(0, 0, 0.05).high) == (0, 1)
    assert evidence_of_another_mix([]) == 1
    assert stability_index([], ["a"]) == 0


@pytest.mark.parametrize("limit", [0, 1, -0.1, 1.2])
def test_a_limit_is_a_share(limit):
    with pytest.raises(ValueError, match="share"):
        evidence_above(1, 2, limit)


@given(st.integers(1, 3000), st.floats(0, 1), st.floats(0.01, 0.99))
def test_the_interval_holds_the_mean_and_the_evidence_is_a_number(n, share, limit):
    total = share * n
    found = interval(total, n, 0.05)
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert evidence_above(total, n, limit) >= 0


def test_the_interval_narrows_with_more_cases():
    few, many = interval(3, 50, 0.05), interval(60, 1000, 0.05)
    assert many.high - many.low < (few.high - few.low) / 3


def test_looking_after_each_case_seldom_stops_a_stream_that_is_right_at_its_limit():
    stopped = 0
    for seed in range(200):
        draw, watch = Random(seed), Watch({"rejection": 0.06})
        stopped += any(watch.observe({"rejection": float(draw.random() < 0.06)}) for _ in range(400))
    assert stopped <= 10  # 5 % of 200


def test_shares_between_nothing_and_all_are_bounded_as_well():
    stopped = 0
    for seed in range(200):
        draw, watch = Random(seed), Watch({"ungrounded": 0.1})
        stopped += any(watch.observe({"ungrounded": draw.choice((0.0, 0.05, 0.1, 0.25))}) for _ in range(300))
    assert stopped <= 10


def test_a_planted_regression_is_found_within_a_few_hundred_cases():
    limits = {"rejection": 0.06, "edit": 0.22, "error": 0.02, "ungrounded": 0.05}
    found = []
    for seed in range(40):
        draw, watch = Random(seed), Watch(limits)
        good = {"edit": 0.1, "error": 0.0, "ungrounded": 0.01}
        found.append(next(n for n in range(1, 2000) if watch.observe(good | {"rejection": float(draw.random() < 0.2)})))
    assert sorted(found)[20] < 100
    assert max(found) < 400


def test_a_window_begins_without_what_the_one_before_saw():
    watch = Watch({"error": 0.02})
    for _ in range(500):
        watch.observe({"error": 0.0})
    watch.begin_window()
    assert next(n for n in range(1, 50) if watch.observe({"error": 1.0})) < 5


def test_two_streams_of_the_same_mix_are_seldom_told_apart():
    told = 0
    for seed in range(200):
        draw = Random(seed)
        pairs = [(draw.choice("aabbcd"), draw.choice("aabbcd")) for _ in range(200)]
        told += any(evidence_of_another_mix(pairs[:n]) >= 20 for n in range(20, 201, 20))
    assert told <= 10


def test_a_shifted_mix_is_told_apart():
    draw = Random(1)
    pairs = [(draw.choice("aabbcd"), draw.choice("acccdd")) for _ in range(200)]
    assert evidence_of_another_mix(pairs) > 160
    assert stability_index([one for one, _ in pairs], [other for _, other in pairs]) > 0.2
    assert stability_index(["a", "b"], ["a", "b"]) == 0
