"""Has a stream changed? Conformal test martingales: valid however often one looks. Pure functions of numbers.

Each new case is ranked, by a score, among the reference and the cases of the stream before it. While all are of one
kind that rank is uniform, whatever the scores' distribution, so that nothing can be won by betting on it; the Simple
Jumper bets on low or on high ranks and changes sides now and then (Vovk, Petej, Nouretdinov, Ahlberg, Carlsson and
Gammerman, "Retrain or not retrain", 2021). What it has won is the evidence against "nothing has changed": by Ville's
inequality it ever reaches 1/alpha with a chance of alpha at most, no matter when and how often it is read.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

STAKES = np.array((-1.6, -0.8, 0.0, 0.8, 1.6))  # below 2, at which one lost bet would be the last
JUMP = 0.01  # of what is won changes sides before each bet

Floats = NDArray[np.float64]


def winnings(reference: Sequence[float], stream: Sequence[float], draws: Sequence[float]) -> Floats:
    """What the bet is worth after each case of the stream; 1 at the beginning.

    `draws` are uniform numbers, one for each case, that know nothing of its score: they break ties.
    """
    if len(draws) != len(stream):
        raise ValueError(f"{len(stream)} cases and {len(draws)} draws do not pair up.")
    seen = sorted(reference)
    purses = np.full(len(STAKES), 1 / len(STAKES))
    worth = np.empty(len(stream))
    for place, (score, draw) in enumerate(zip(stream, draws, strict=True)):
        below, upto = bisect_left(seen, score), bisect_right(seen, score)
        rank = (len(seen) - upto + draw * (upto - below + 1)) / (len(seen) + 1)
        purses = (1 - JUMP) * purses + JUMP * purses.sum() / len(STAKES)
        purses = purses * (1 + STAKES * (rank - 0.5))
        worth[place] = purses.sum()
        insort(seen, score)
    return worth


def evidence(scores: Sequence[tuple[Sequence[float], Sequence[float]]], draws: Sequence[float]) -> float:
    """The most that bets on several scores, made with equal parts of one purse, were ever worth.

    `scores` are pairs of reference and stream. 1.0 for an empty stream.
    """
    if not scores or not len(draws):
        return 1.0
    worth = np.mean([winnings(reference, stream, draws) for reference, stream in scores], axis=0)
    return float(max(1.0, worth.max()))


def evidence_of_kinds(reference: Sequence[str], stream: Sequence[str], draws: Sequence[float]) -> float:
    """As `evidence`, of kinds: one score for each kind of the reference, that a case is of it; and one for the rest."""
    known = sorted(set(reference))
    scores = [([float(each == kind) for each in reference], [float(each == kind) for each in stream]) for kind in known]
    others = [0.0] * len(reference), [float(each not in known) for each in stream]
    return evidence([*scores, others], draws)
