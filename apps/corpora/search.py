"""Search in one snapshot: by words (BM25), by meaning (vectors), fused by rank and reranked by late interaction.

The filters are evaluated before anything is ranked, so a document that a case may not use cannot push out one that it
may. Two statements: how much of the snapshot may be used and why not the rest, then the search.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

import numpy as np
from django.db import connection, transaction

from apps.corpora.analyser import FINGERPRINT, terms_of
from apps.corpora.late_interaction import max_sim
from apps.corpora.scope import Query, Reason, Scope, measure
from apps.corpora.statements import NEAREST_BY_INDEX, NEAREST_EXACT, PASSAGES_AT, RERANKED, RRF, SEARCH, USE_INDEX
from apps.inference.local.encoder import Vectors

Reranker = Literal["maxsim", ""]


class QueryEncoder(Protocol):
    """The encoder, or something that keeps what it has encoded for the other parts of a case's way."""

    @property
    def fingerprint(self) -> str: ...
    def both(self, texts: Sequence[str]) -> tuple[Vectors, list[Vectors]]: ...


DEPTH = 100  # of each ranking before fusion
READ = 20_000  # characters of a query that are analysed
EXACT_UP_TO = 2_500  # allowed passages; beyond that, and beyond this share of the snapshot, the index is quicker
EXACT_SHARE = 0.06


@dataclass(frozen=True)
class Hit:
    id: str  # document#anchor, with .2, .3 for the later parts of a long section: one passage of the snapshot
    source: str
    title: str
    version: int
    anchor: str
    heading: str
    text: str
    sha256: str
    score: float
    ranks: Mapping[str, int]  # "words", "meaning", "rerank": each from 1, absent where that ranking does not have it


@dataclass(frozen=True)
class Found:
    hits: tuple[Hit, ...]  # best first
    withheld: Mapping[Reason, int]  # passages that the filters kept back
    reranker: Reranker  # the one that ran


class WrongIndex(RuntimeError):
    """The snapshot was made with another encoder or analyser, so nothing can be compared with it."""


def search(
    *, corpus: str, version: int, query: Query, encoder: QueryEncoder, reranker: Reranker = "maxsim", depth: int = DEPTH
) -> Found:
    """Raises NoSnapshot, or WrongIndex when `encoder` is not the one that the snapshot was made with."""
    scope = measure(corpus, version, query)
    if (scope.encoder, scope.analyser) != (encoder.fingerprint, FINGERPRINT):
        raise WrongIndex(f"Snapshot {version} of {corpus} was indexed by {scope.encoder[:12]} and {scope.analyser}.")
    if not scope.allowed:
        return Found((), scope.withheld, "")
    text = query.text[:READ]
    vectors, tokens = encoder.both([text])
    terms = Counter(terms_of(text))
    parameters: dict[str, Any] = {
        **query.filters(),
        "corpus": scope.corpus,
        "version": version,
        "snapshot": scope.snapshot,
        "passages": scope.passages,
        "average_length": scope.average_length,
        "terms": list(terms),
        "times": list(terms.values()),
        "embedding": f"[{','.join(map(str, vectors[0].tolist()))}]",
        "depth": max(depth, query.limit),
        "wanted": max(RERANKED, query.limit),
        "rerank": reranker == "maxsim",
    }
    rows = _rows(scope, parameters)
    hits = [_hit(*row[:9], words=row[9], meaning=row[10]) for row in rows]
    if reranker == "maxsim":
        hits = _reranked(hits, [row[11] for row in rows if row[11] is not None], tokens[0])
    return Found(tuple(hits[: query.limit]), scope.withheld, reranker)


def passages_at(*, corpus: str, version: int, anchors: Sequence[str], query: Query) -> tuple[Hit, ...]:
    """What stands under these anchors (`document#heading`) and may be used, in their order, all parts of a section."""
    pairs = [anchor.split("#", 1) for anchor in anchors]
    parameters = {
        **query.filters(),
        "corpus": corpus,
        "version": version,
        "documents": [document for document, _ in pairs],
        "anchors": [heading for _, heading in pairs],
    }
    with connection.cursor() as cursor:
        cursor.execute(PASSAGES_AT, parameters)
        return tuple(_hit(*row) for row in cursor.fetchall())


def _rows(scope: Scope, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    if scope.allowed > max(EXACT_UP_TO, EXACT_SHARE * scope.passages):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(USE_INDEX)
            cursor.execute(SEARCH.format(nearest=NEAREST_BY_INDEX), parameters)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
        if rows and rows[0][-1] >= min(parameters["depth"], scope.allowed):
            return rows  # else the scan gave up before it had met enough allowed passages
    with connection.cursor() as cursor:
        cursor.execute(SEARCH.format(nearest=NEAREST_EXACT), parameters)
        exact: list[tuple[Any, ...]] = cursor.fetchall()
    return exact


def _hit(
    source: str, anchor: str, part: int, title: str, version: int, heading: str, text: str, sha256: str,
    score: float = 0.0, *, words: int | None = None, meaning: int | None = None,
) -> Hit:  # fmt: skip
    ranks = {name: rank for name, rank in (("words", words), ("meaning", meaning)) if rank is not None}
    passage = f"{source}#{anchor}" if part == 1 else f"{source}#{anchor}.{part}"
    return Hit(passage, source, title, version, anchor, heading, text, sha256, score, ranks)


def _reranked(hits: list[Hit], packed: Sequence[bytes], query: Vectors) -> list[Hit]:
    """The first hits, those whose token vectors came along, by all three ranks; the rest stays behind them."""
    order = np.argsort(-max_sim(query, packed), kind="stable")
    ranks = {int(place): rank for rank, place in enumerate(order, start=1)}
    reranked = [
        replace(hit, score=hit.score + 1 / (RRF + ranks[place]), ranks={**hit.ranks, "rerank": ranks[place]})
        for place, hit in enumerate(hits[: len(packed)])
    ]
    return [*sorted(reranked, key=lambda hit: -hit.score), *hits[len(packed) :]]
