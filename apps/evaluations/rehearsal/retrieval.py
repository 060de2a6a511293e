"""Rehearses the context layer's search: indexes the set's documents in a scratch corpus and asks it every query."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils import timezone

from apps.cases.ports import OnceEncoder
from apps.corpora.documents import Head, SourceDocument, single_passage
from apps.corpora.models import Snapshot
from apps.corpora.scope import Query
from apps.corpora.search import QueryEncoder, Reranker, search
from apps.corpora.services import import_documents, publish_snapshot
from apps.evaluations.metrics import mean_interval, ndcg_at, recall_at
from apps.evaluations.rehearsal.remembered import Progress, RememberingEncoder
from apps.evaluations.rehearsal.report import Figure, Report
from apps.evaluations.rehearsal.retrieval_data import Abstract, RetrievalSet
from apps.evaluations.rehearsal.scratch import ACTOR, scratch_corpus
from apps.inference.local.encoder import Encoder

DEPTH = 50  # passages asked for, so that recall can be seen
TITLE = 200  # characters that a document's title may have


@dataclass(frozen=True)
class Rankings:
    """What one query found, best first, by document id."""

    fused: tuple[str, ...]
    reranked: tuple[str, ...]
    milliseconds: float  # of the reranked search, encoding the query included: what a case waits for


def rehearse(
    data: RetrievalSet, encoder: Encoder, remembering: RememberingEncoder, name: str,
    *, indexed: Progress, asked: Progress, limit: int | None,
) -> Report:  # fmt: skip
    """In the current tenant's schema. `limit` bounds the queries; the documents are always all indexed."""
    ids = {f"d{number}": document for number, document in enumerate(data.documents)}
    documents = [document_of(slug, data.documents[document]) for slug, document in ids.items()]
    queries = dict(list(data.queries.items())[:limit])
    found: dict[str, Rankings] = {}
    with scratch_corpus() as corpus:
        import_documents(actor=ACTOR, corpus=corpus, documents=documents, encoder=remembering, progress=indexed)
        snapshot = publish_snapshot(actor=ACTOR, corpus=corpus, reason="Rehearsal.")
        for number, (query, text) in enumerate(queries.items(), start=1):
            found[query] = _ask(snapshot, text, encoder, ids)
            asked(number, len(queries))
    return Report(
        kind="retrieval",
        data=name,
        figures=_figures(found, data),
        milliseconds={"context": [rankings.milliseconds for rankings in found.values()]},
        warnings=data.warnings,
        facts={"documents": len(ids), "encoder": snapshot.encoder, "analyser": snapshot.analyser, "reranker": "maxsim"},
    )


def document_of(slug: str, abstract: Abstract) -> SourceDocument:
    """One passage. A title that is missing or too long gives and takes at the first words, so that no word is lost."""
    title, text = abstract.title, abstract.text
    if not title or len(title) > TITLE:
        words = f"{title}\n{text}".strip()
        cut = len(words) if len(words) <= TITLE else words.rfind(" ", 1, TITLE) + 1 or TITLE
        title, text = words[:cut].strip(), words[cut:].strip()
    head = Head(slug=slug, title=" ".join(title.split()), owner="Rehearsal", regions=("*",))
    return single_passage(head, text)


def _ask(snapshot: Snapshot, text: str, encoder: Encoder, ids: Mapping[str, str]) -> Rankings:
    once = OnceEncoder(encoder)
    begin = time.perf_counter()
    reranked = _ranking(snapshot, text, once, "maxsim", ids)
    took = (time.perf_counter() - begin) * 1000
    return Rankings(_ranking(snapshot, text, once, "", ids), reranked, took)


def _ranking(
    snapshot: Snapshot, text: str, encoder: QueryEncoder, reranker: Reranker, ids: Mapping[str, str]
) -> tuple[str, ...]:
    query = Query(text=text, region="", consent=True, on=timezone.now().date(), limit=DEPTH)
    answer = search(
        corpus=snapshot.corpus.slug, version=snapshot.version, query=query, encoder=encoder, reranker=reranker
    )
    return tuple(ids[hit.source] for hit in answer.hits)


def _figures(found: Mapping[str, Rankings], data: RetrievalSet) -> list[Figure]:
    grades = {query: data.grades[query] for query in found}
    relevant = {query: [name for name, grade in each.items() if grade > 0] for query, each in grades.items()}
    measured = {
        "ndcg_at_10": ("nDCG@10, words and meaning fused", [ndcg_at(f.fused, grades[q]) for q, f in found.items()]),
        "ndcg_at_10_reranked": ("nDCG@10, reranked", [ndcg_at(f.reranked, grades[q]) for q, f in found.items()]),
        "recall_at_50": ("Recall@50", [recall_at(f.fused, relevant[q], 50) for q, f in found.items()]),
    }
    return [
        Figure(key, title, sum(values) / len(values), mean_interval(values), len(values))
        for key, (title, values) in measured.items()
    ]
