"""From documents to rows: encode what is new, then copy passages and postings in bulk."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from apps.corpora.analyser import terms_of
from apps.corpora.documents import SourceDocument
from apps.corpora.late_interaction import pack
from apps.corpora.models import Corpus, Document, Passage
from apps.inference.local.encoder import Vectors

COPY_PASSAGES = (
    "COPY corpora_passage (id, document_id, position, anchor, part, heading, text, sha256, indexed_sha256, length,"
    " embedding, token_vectors) FROM STDIN"
)
COPY_POSTINGS = "COPY corpora_posting (corpus_id, term, passage_id, document_id, frequency, length) FROM STDIN"
BATCH = 128  # texts encoded between two reports of progress


@dataclass(frozen=True)
class Encoded:
    embedding: NDArray[np.float16]  # (384,)
    token_vectors: bytes


Progress = Callable[[int, int], None]  # texts done, of how many


class TextEncoder(Protocol):
    """The encoder, or something that remembers what it has encoded."""

    @property
    def fingerprint(self) -> str: ...
    def both(self, texts: Sequence[str]) -> tuple[Vectors, list[Vectors]]: ...


def sha256_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def encode(
    documents: Sequence[SourceDocument], encoder: TextEncoder, progress: Progress | None = None
) -> dict[str, Encoded]:
    """Vectors by the hash of the indexed text. What this encoder has encoded before is taken from the database."""
    texts = {
        sha256_of(text): text
        for document in documents
        for passage in document.passages
        for text in [document.indexed_text(passage)]
    }
    known = Passage.objects.filter(document__encoder=encoder.fingerprint, indexed_sha256__in=list(texts))
    encoded = {
        sha256: Encoded(np.asarray(embedding, np.float16), bytes(token_vectors))
        for sha256, embedding, token_vectors in known.values_list(
            "indexed_sha256", "embedding", "token_vectors"
        ).iterator()
    }
    missing = [sha256 for sha256 in texts if sha256 not in encoded]
    for start in range(0, len(missing), BATCH):
        batch = missing[start : start + BATCH]
        vectors, token_vectors = encoder.both([texts[sha256] for sha256 in batch])
        for sha256, vector, tokens in zip(batch, vectors.astype(np.float16), token_vectors, strict=True):
            encoded[sha256] = Encoded(vector, pack(tokens))
        if progress:
            progress(min(start + BATCH, len(missing)), len(missing))
    return encoded


def insert(corpus: Corpus, rows: Sequence[tuple[Document, SourceDocument]], encoded: dict[str, Encoded]) -> None:
    """Copy the passages and postings of documents whose rows are there already. Inside the caller's transaction."""
    total = sum(len(document.passages) for _, document in rows)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('corpora_passage', 'id')) FROM generate_series(1, %s)", [total]
        )
        ids = iter([row[0] for row in cursor.fetchall()])
        postings: list[tuple[Any, ...]] = []
        with cursor.copy(COPY_PASSAGES) as copy:
            for row in _passage_rows(corpus, rows, encoded, ids, postings):
                copy.write_row(row)
        with cursor.copy(COPY_POSTINGS) as copy:
            for row in postings:
                copy.write_row(row)


def _passage_rows(
    corpus: Corpus,
    rows: Iterable[tuple[Document, SourceDocument]],
    encoded: dict[str, Encoded],
    ids: Iterator[int],
    postings: list[tuple[Any, ...]],
) -> Iterator[tuple[Any, ...]]:
    for row, document in rows:
        for position, passage in enumerate(document.passages, start=1):
            passage_id, text = next(ids), document.indexed_text(passage)
            indexed = sha256_of(text)
            vectors, terms = encoded[indexed], terms_of(text)
            postings += [
                (corpus.pk, term, passage_id, row.pk, count, len(terms)) for term, count in Counter(terms).items()
            ]
            embedding = f"[{','.join(map(str, vectors.embedding.tolist()))}]"
            yield (
                *(passage_id, row.pk, position, passage.anchor, passage.part, passage.heading, passage.text),
                *(sha256_of(passage.text), indexed, len(terms), embedding, vectors.token_vectors),
            )
