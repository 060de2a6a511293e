"""How far the cases of now are from those of a reference, and how sure that is. Pure functions of what was observed.

Two things are asked of each measure, and drift needs both: is the change large (the population stability index, or how
far the mean of the vectors has moved, each less what chance gives at these numbers), and is it beyond doubt however
often one looks (`conformal`; for kinds the pairwise E-process of `sequential`, too, each with half of the chance).
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from apps.evaluations.conformal import evidence, evidence_of_kinds
from apps.evaluations.sequential import evidence_of_another_mix, stability_index
from apps.inference.local.novelty import nearest_distance

INDEX_LIMIT = 0.2  # of a stability index: the usual mark of a change that matters
SHIFT_LIMIT = 0.15  # of the means' distance, in spreads: what 40 % more of one topic does
LEAST, LEAST_REFERENCE = 30, 50  # cases: below that no mix can be told
ALPHA = 0.05  # the chance of false evidence in one window, all measures together
BINS = 10  # of equal mass in the reference
DIRECTIONS = 8  # in which the reference's vectors spread most
MOST_KINDS = 6  # told of a mix

State = Literal["few", "stable", "small", "unproved", "drift"]
Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Observed:
    """What is known of one case. "" and None stand for what it does not have, or not yet."""

    key: str
    text: str
    case_type: str = ""
    urgency: str = ""
    sentiment: str = ""
    confidence: float | None = None  # of the classifier, where it decided
    disposition: str = ""


@dataclass(frozen=True)
class Moved:
    kind: str
    before: float  # share of the reference
    now: float


@dataclass(frozen=True)
class Measure:
    key: str
    title: str
    unit: str  # of `size`: "index" or "spreads"
    size: float
    chance: float  # what `size` would be on average, had nothing changed
    limit: float  # of `excess`
    n: int
    reference_n: int
    evidence: float
    needed: float
    moved: tuple[Moved, ...] = field(default=())

    @property
    def excess(self) -> float:
        return max(0.0, self.size - self.chance)

    @property
    def state(self) -> State:
        if self.n < LEAST or self.reference_n < LEAST_REFERENCE:
            return "few"
        large, sure = self.excess >= self.limit, self.evidence >= self.needed
        return ("drift" if sure else "unproved") if large else ("small" if sure else "stable")

    def as_json(self) -> dict[str, Any]:
        told = {name: getattr(self, name) for name in ("key", "title", "unit", "limit", "n", "reference_n", "state")}
        figures = {name: round(getattr(self, name), 4) for name in ("size", "chance", "excess", "needed")}
        moved = [{"kind": each.kind, "before": round(each.before, 4), "now": round(each.now, 4)} for each in self.moved]
        return told | figures | {"evidence": float(f"{min(self.evidence, 1e12):.4g}"), "moved": moved}


KINDS = (
    ("case_type", "Case types"),
    ("urgency", "Urgency"),
    ("sentiment", "Sentiment"),
    ("disposition", "What people decided"),
)
MEASURES = len(KINDS) + 2
NEEDED = MEASURES / ALPHA


def of_kinds(key: str, title: str, reference: Sequence[Observed], now: Sequence[Observed]) -> Measure:
    """Of one attribute that names a kind. `now` is in the order in which the kinds became known."""
    before = {each.key: str(getattr(each, key)) for each in reference if getattr(each, key)}
    after = {each.key: str(getattr(each, key)) for each in now if getattr(each, key)}
    one, other = [before[name] for name in sorted(before, key=lambda name: draw(key, name))], list(after.values())
    draws = [draw(key, name) for name in after]
    pairs = evidence_of_another_mix(zip(one, other, strict=False))
    return _of_mixes(key, title, one, other, max(pairs, evidence_of_kinds(one, other, draws)) / 2)


def of_confidence(reference: Sequence[Observed], now: Sequence[Observed]) -> Measure:
    """Of the classifier's probability, in bins of equal mass in the reference."""
    before = [each.confidence for each in reference if each.confidence is not None]
    after = {each.key: each.confidence for each in now if each.confidence is not None}
    edges = np.unique(np.quantile(before, np.arange(1, BINS) / BINS)) if before else np.zeros(0)
    one, other = ([_bin(value, edges) for value in values] for values in (before, list(after.values())))
    found = evidence([(before, list(after.values()))] if before else [], [draw("confidence", key) for key in after])
    return _of_mixes("confidence", "Confidence of intake", one, other, found)


def of_vectors(reference: Vectors, now: Vectors, keys: Sequence[str]) -> Measure:
    """Of what the cases are about: (n, d) sentence vectors of either. Half of the reference says where to look."""
    enough = len(reference) >= LEAST_REFERENCE and len(now) > 1
    size, chance = _shift(reference, now) if enough else (0.0, 0.0)
    draws = [draw("vectors", key) for key in keys]
    return Measure(
        key="vectors",
        title="What cases are about",
        unit="spreads",
        size=size,
        chance=chance,
        limit=SHIFT_LIMIT,
        n=len(now),
        reference_n=len(reference),
        evidence=evidence(_directions(reference[0::2], reference[1::2], now), draws) if enough else 1.0,
        needed=NEEDED,
    )


def draw(measure: str, key: str) -> float:
    """A number from 0 to 1 that a case has by its name, and that knows nothing else of it."""
    return int.from_bytes(hashlib.sha256(f"{measure}:{key}".encode()).digest()[:7]) / 2**56


def _of_mixes(key: str, title: str, one: Sequence[str], other: Sequence[str], sure: float) -> Measure:
    kinds = len(set(one) | set(other))
    return Measure(
        key=key,
        title=title,
        unit="index",
        size=stability_index(one, other),
        chance=(kinds - 1) * (1 / len(one) + 1 / len(other)) if one and other else 0.0,
        limit=INDEX_LIMIT,
        n=len(other),
        reference_n=len(one),
        evidence=sure,
        needed=NEEDED,
        moved=_moved(one, other),
    )


def _moved(one: Sequence[str], other: Sequence[str]) -> tuple[Moved, ...]:
    """The kinds whose shares changed most, the largest change first."""
    if not one or not other:
        return ()
    before, after = Counter(one), Counter(other)
    rows = [Moved(kind, before[kind] / len(one), after[kind] / len(other)) for kind in before | after]
    return tuple(sorted(rows, key=lambda row: (-abs(row.now - row.before), row.kind))[:MOST_KINDS])


def _bin(value: float, edges: NDArray[Any]) -> str:
    place = int(np.searchsorted(edges, value, side="right"))
    low = f"{edges[place - 1]:.2f}" if place else "0"
    return f"{low} to {edges[place]:.2f}" if place < len(edges) else f"{low} to 1"


def _shift(one: Vectors, other: Vectors) -> tuple[float, float]:
    """The distance of the means in spreads of the first, and what it would be on average, had nothing changed.

    This is the maximum mean discrepancy with a linear kernel.
    """
    apart = one.mean(axis=0) - other.mean(axis=0)
    spreads = [float(np.square(each - each.mean(axis=0)).sum() / (len(each) - 1)) for each in (one, other)]
    by_chance = spreads[0] / len(one) + spreads[1] / len(other)
    scale = spreads[0] or 1.0
    return float(np.sqrt(apart @ apart / scale)), float(np.sqrt(by_chance / scale))


def _directions(frame: Vectors, reference: Vectors, now: Vectors) -> list[tuple[list[float], list[float]]]:
    """Where each vector lies along the frame's main directions, and how far it is from the frame's nearest."""
    mean = frame.mean(axis=0)
    _, _, axes = np.linalg.svd(frame - mean, full_matrices=False)
    scores = [tuple(((part - mean) @ axis).tolist() for part in (reference, now)) for axis in axes[:DIRECTIONS]]
    distances = tuple(nearest_distance(part, frame).tolist() for part in (reference, now))
    return [(one, other) for one, other in (*scores, distances)]
