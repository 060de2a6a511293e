import numpy as np
import pytest

from apps.inference.local.reranker import LateInteraction, Reranker, fuse, max_sim
from tests.local_models import local_encoder


def test_each_query_token_counts_by_its_best_match() -> None:
    query = np.array([[1, 0], [0, 1]], np.float32)
    both = np.array([[0, 1], [1, 0], [0.6, 0.8]], np.float32)
    one = np.array([[1, 0]], np.float32)

    np.testing.assert_allclose(max_sim(query, [both, one]), np.array([1, 0.5]))


def test_an_empty_passage_scores_worst_wherever_it_stands() -> None:
    query, empty = np.array([[1, 0]], np.float32), np.empty((0, 2), np.float32)
    across = np.array([[0, 1]], np.float32)

    np.testing.assert_allclose(max_sim(query, [empty, across, empty]), np.array([-1, 0, -1]))
    assert len(max_sim(query, [])) == 0


def test_the_passage_that_answers_comes_before_the_one_that_only_shares_the_topic() -> None:
    reranker: Reranker = LateInteraction(local_encoder())
    scores = reranker.score(
        "How many days do I have to send shoes back?",
        [
            "Shoes come in sizes 36 to 48.",
            "Footwear may be returned within 30 days of delivery.",
            "The warehouse is closed on Sundays.",
        ],
    )

    assert scores.argsort().tolist()[::-1] == [1, 0, 2]


def test_fusing_prefers_what_several_rankings_put_high() -> None:
    assert [item for item, _ in fuse([["a", "b", "c"], ["b", "c", "d"]])] == ["b", "c", "a", "d"]


def test_fused_scores_are_sums_of_reciprocal_ranks_and_ties_keep_their_order() -> None:
    items, scores = zip(*fuse([["x"], ["y"], []], k=9), strict=True)

    assert items == ("x", "y")
    assert scores == pytest.approx((0.1, 0.1))
    assert fuse([]) == []
