"""The draft of a corpus's next snapshot: the documents whose `valid` range has no end."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateRange, NumericRange

from apps.corpora.documents import SourceDocument
from apps.corpora.indexing import TextEncoder
from apps.corpora.models import Corpus, Document


class DocumentConflict(ValueError):
    """A text that changed under a version number that is already used, or that goes back in versions."""


def current_documents(corpus: Corpus) -> dict[str, Document]:
    """The draft of the next snapshot, by slug, without the texts."""
    documents = Document.objects.filter(corpus=corpus, valid__upper_inf=True).defer("text")
    return {document.slug: document for document in documents}


def check_versions(documents: Sequence[SourceDocument], current: dict[str, Document]) -> None:
    slugs = [document.head.slug for document in documents]
    if len(set(slugs)) < len(slugs):
        raise DocumentConflict(f"{max(slugs, key=slugs.count)} comes more than once.")
    for document in documents:
        head, there = document.head, current.get(document.head.slug)
        if there and there.sha256 != document.sha256 and head.version <= there.version:
            raise DocumentConflict(
                f"{head.slug} has changed and says version {head.version}; {there.version} is in use."
            )


def is_there(document: SourceDocument, current: dict[str, Document], encoder: TextEncoder) -> bool:
    there = current.get(document.head.slug)
    return there is not None and there.sha256 == document.sha256 and there.encoder == encoder.fingerprint


def row_of(corpus: Corpus, document: SourceDocument, encoder: TextEncoder) -> Document:
    head = document.head
    after = head.effective_to + timedelta(days=1) if head.effective_to else None
    return Document(
        corpus=corpus,
        slug=head.slug,
        title=head.title,
        version=head.version,
        owner=head.owner,
        regions=list(head.regions),
        requires_consent=head.requires_consent,
        audience=head.audience,
        effective=DateRange(head.effective_from, after),
        supersedes=head.supersedes or "",
        text=document.text,
        sha256=document.sha256,
        encoder=encoder.fingerprint,
        passage_count=len(document.passages),
        valid=NumericRange(corpus.latest + 1, None),
    )


def end(corpus: Corpus, documents: Sequence[Document]) -> None:
    """A document that was published stays in its snapshots; one that never was is gone."""
    published = [document.pk for document in documents if document.valid.lower <= corpus.latest]
    drafts = [document.pk for document in documents if document.valid.lower > corpus.latest]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE corpora_document SET valid = int4range(lower(valid), %s) WHERE id = ANY(%s)",
            [corpus.latest + 1, published],
        )
    Document.objects.filter(pk__in=drafts).delete()


def facts_of(document: Document) -> dict[str, Any]:
    return {"version": document.version, "sha256": document.sha256, "passages": document.passage_count}
