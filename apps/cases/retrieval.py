"""The release's corpus snapshot, as the layers search it."""

from collections.abc import Mapping, Sequence

from apps.cases.layers.types import Passage, SearchAnswer, SearchRequest, Withheld
from apps.corpora import search as corpora
from apps.corpora.scope import Query, Reason
from apps.corpora.search import Hit, QueryEncoder
from apps.workflows.manifest import ContextPart


class TenantCorpus:
    def __init__(self, pinned: ContextPart, encoder: QueryEncoder) -> None:
        self._pinned = pinned
        self._encoder = encoder

    def search(self, request: SearchRequest) -> SearchAnswer:
        found = corpora.search(
            corpus=self._pinned.corpus,
            version=self._pinned.snapshot,
            query=_query(request),
            encoder=self._encoder,
            reranker=self._pinned.reranker,
        )
        return SearchAnswer(
            passages=tuple(passage_of(hit) for hit in found.hits),
            withheld=withheld(found.withheld),
            reranker=found.reranker,
        )

    def passages(self, anchors: Sequence[str], request: SearchRequest) -> tuple[Passage, ...]:
        """The passages under these anchors that the request may use, in the order of the anchors."""
        if not anchors:
            return ()
        hits = corpora.passages_at(
            corpus=self._pinned.corpus, version=self._pinned.snapshot, anchors=anchors, query=_query(request)
        )
        return tuple(passage_of(hit) for hit in hits)


def _query(request: SearchRequest) -> Query:
    return Query(
        text=request.text,
        region=request.region,
        consent=request.consent,
        on=request.on,
        limit=request.limit,
        sources=request.sources,
    )


def withheld(counts: Mapping[Reason, int]) -> tuple[Withheld, ...]:
    return tuple(Withheld(reason=reason, count=count) for reason, count in counts.items())


def passage_of(hit: Hit) -> Passage:
    return Passage(
        id=hit.id,
        source=hit.source,
        title=hit.title,
        version=hit.version,
        anchor=hit.anchor,
        heading=hit.heading,
        text=hit.text,
        sha256=hit.sha256,
        score=hit.score,
        ranks=hit.ranks,
    )
