"""Signs that a text is unlike anything a classifier was trained on."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

OUT_OF_SCOPE = "out_of_scope"  # the label of examples that the workflow does not handle
NEIGHBOURS = 5
ROWS_AT_ONCE = 512  # bounds the memory of a comparison of many with many


def nearest_distance(vectors: NDArray[np.float32], known: NDArray[np.float32], *, same: bool = False) -> NDArray[Any]:
    """Mean cosine distance to the five nearest of `known`, 0-2. With `same`, row i of both is one text and is left out.

    0 when there is nothing to compare with.
    """
    neighbours = min(NEIGHBOURS, len(known) - same)
    if neighbours < 1:
        return np.zeros(len(vectors))
    found = np.empty(len(vectors))
    for start in range(0, len(vectors), ROWS_AT_ONCE):
        likeness = vectors[start : start + ROWS_AT_ONCE] @ known.T
        if same:
            own = np.arange(len(likeness))
            likeness[own, start + own] = -np.inf
        nearest = np.partition(likeness, len(known) - neighbours, axis=1)[:, -neighbours:]
        found[start : start + ROWS_AT_ONCE] = 1 - nearest.mean(axis=1)
    return found


def signs(probabilities: NDArray[Any], labels: Sequence[str], distance: NDArray[Any]) -> NDArray[Any]:
    """(n, 3): distance to the nearest examples, doubt about the best label in scope, probability of OUT_OF_SCOPE."""
    outside = np.array([label == OUT_OF_SCOPE for label in labels])
    doubt = 1 - probabilities[:, ~outside].max(axis=1)
    return np.column_stack([distance, doubt, probabilities[:, outside].sum(axis=1)])
