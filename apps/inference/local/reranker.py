"""Reorders the passages that search found, by reading query and passage more closely than search can.

The default is late interaction: each token of the query is compared with each token of the passage, in the vectors of
the encoder that is there anyway. A hosted or a local cross-encoder fits behind the same protocol.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from apps.inference.local.encoder import Encoder, Vectors

RRF = 20  # of 10 to 100, measured on two public sets: all within noise in nDCG, the small ones better in recall


class Reranker(Protocol):
    @property
    def name(self) -> str:
        """What a result says of how it was ranked."""

    def score(self, query: str, passages: Sequence[str]) -> NDArray[np.float32]:
        """(passages,), higher is better; comparable within one call only."""


class LateInteraction:
    """For passages without stored token vectors; with them, call `max_sim`."""

    name = "maxsim"

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    def score(self, query: str, passages: Sequence[str]) -> NDArray[np.float32]:
        tokens = self._encoder.encode_tokens([query, *passages])
        return max_sim(tokens[0], tokens[1:])


def max_sim(query: Vectors, passages: Sequence[Vectors]) -> NDArray[np.float32]:
    """Per passage the mean, over the query's tokens, of the best cosine among the passage's tokens.

    `query` is (q, 384) and each passage (t, 384), of unit length; an empty passage scores -1, the worst there is.
    """
    scores = np.full(len(passages), -1, np.float32)
    filled = [place for place, passage in enumerate(passages) if len(passage)]
    if filled:
        starts = np.cumsum([0, *(len(passages[place]) for place in filled[:-1])])
        likeness = query @ np.concatenate([passages[place] for place in filled]).T
        scores[filled] = np.maximum.reduceat(likeness, starts, axis=1).mean(axis=0)
    return scores


def fuse(rankings: Sequence[Sequence[str]], k: int = RRF) -> list[tuple[str, float]]:
    """Reciprocal rank fusion: a ranking gives its n-th item 1 / (k + n). Best first, ties in the order first met."""
    scores: dict[str, float] = {}
    for ranking in rankings:
        for place, item in enumerate(ranking, start=1):
            scores[item] = scores.get(item, 0.0) + 1 / (k + place)
    return sorted(scores.items(), key=lambda scored: -scored[1])
