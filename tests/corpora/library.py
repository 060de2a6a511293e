"""A small library for the tests of this folder, and short ways to put it into a tenant's corpus."""

from datetime import date
from typing import Any

from apps.corpora.documents import Head, SourceDocument, markdown_document
from apps.corpora.models import Corpus, Snapshot
from apps.corpora.scope import Query
from apps.corpora.services import create_corpus, import_documents, publish_snapshot
from apps.tenants.actors import SYSTEM
from tests.local_models import local_encoder

TODAY = date(2026, 11, 22)


def document(slug: str, text: str, **head: Any) -> SourceDocument:
    defaults: dict[str, Any] = {"title": slug.capitalize(), "owner": "Owner", "regions": ["*"]}
    return markdown_document(Head.model_validate({"slug": slug, **defaults, **head}), text)


def ask(text: str, **query: Any) -> Query:
    return Query(**{"text": text, "region": "EU", "consent": True, "on": TODAY, **query})


def corpus_of(*documents: SourceDocument, slug: str = "policies") -> tuple[Corpus, Snapshot]:
    """Import into the current tenant and publish."""
    corpus = create_corpus(actor=SYSTEM, slug=slug)
    import_documents(actor=SYSTEM, corpus=corpus, documents=documents, encoder=local_encoder())
    return corpus, publish_snapshot(actor=SYSTEM, corpus=corpus)
