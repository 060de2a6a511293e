"""Snapshots: fixed once published, sharing what has not changed, and every change in the log."""

import pytest
from django.db import IntegrityError, transaction

from apps.audit.models import Entry
from apps.corpora.drafts import DocumentConflict
from apps.corpora.models import Corpus, Document, Passage, Posting, Snapshot
from apps.corpora.scope import NoSnapshot
from apps.corpora.search import passages_at, search
from apps.corpora.services import (
    AlreadySignedOff,
    NothingToPublish,
    create_corpus,
    delete_scratch_corpus,
    import_documents,
    publish_snapshot,
    sign_off,
    withdraw_document,
)
from apps.tenants.actors import SYSTEM
from apps.tenants.models import Tenant
from tests.cast import Member
from tests.corpora.library import ask, corpus_of, document
from tests.local_models import local_encoder

RETURNS = document("returns", "## Window\n\nYou can return items within 30 days.")
SHIPPING = document("shipping", "## Times\n\nParcels arrive within 3 days.")
LONGER = document("returns", "## Window\n\nYou can return items within 45 days.", version=2)


def actions() -> list[str]:
    return sorted(Entry.objects.values_list("action", flat=True))


def text_at(snapshot: Snapshot, anchor: str) -> str:
    (hit,) = passages_at(corpus="policies", version=snapshot.version, anchors=[anchor], query=ask(""))
    return hit.text


def test_importing_the_same_documents_again_changes_nothing(northgate: Tenant) -> None:
    corpus, first = corpus_of(RETURNS, SHIPPING)
    before = actions()
    report = import_documents(actor=SYSTEM, corpus=corpus, documents=[RETURNS, SHIPPING], encoder=local_encoder())
    assert (report.added, report.changed, report.unchanged) == ((), (), 2)
    assert publish_snapshot(actor=SYSTEM, corpus=corpus) == first
    assert actions() == before


def test_an_older_snapshot_keeps_saying_what_it_said(northgate: Tenant) -> None:
    _, first = corpus_of(RETURNS, SHIPPING)
    _, second = corpus_of(LONGER)
    assert "30 days" in text_at(first, "returns#window")
    assert "45 days" in text_at(second, "returns#window")
    assert (first.passages, second.passages) == (2, 2)


def test_unchanged_documents_are_shared_between_snapshots(northgate: Tenant) -> None:
    corpus_of(RETURNS, SHIPPING)
    corpus_of(LONGER)
    assert Document.objects.filter(slug="shipping").count() == 1
    assert Passage.objects.count() == 3


def test_a_draft_that_was_never_published_leaves_nothing_behind(northgate: Tenant) -> None:
    corpus, _ = corpus_of(SHIPPING)
    for version in (RETURNS, LONGER):
        import_documents(actor=SYSTEM, corpus=corpus, documents=[version], encoder=local_encoder())
    assert Document.objects.filter(slug="returns").count() == 1
    assert Posting.objects.filter(term="30").count() == 0


def test_a_draft_is_not_found_before_it_is_published(northgate: Tenant) -> None:
    corpus, snapshot = corpus_of(SHIPPING)
    import_documents(actor=SYSTEM, corpus=corpus, documents=[RETURNS], encoder=local_encoder())
    found = search(corpus="policies", version=snapshot.version, query=ask("return items"), encoder=local_encoder())
    assert [hit.source for hit in found.hits] == ["shipping"]


def test_a_withdrawn_document_is_in_no_later_snapshot(northgate: Tenant) -> None:
    corpus, first = corpus_of(RETURNS, SHIPPING)
    withdraw_document(actor=SYSTEM, corpus=corpus, slug="returns", reason="Replaced by the shop's own page.")
    second = publish_snapshot(actor=SYSTEM, corpus=corpus)
    assert (first.documents, second.documents) == (2, 1)
    assert passages_at(corpus="policies", version=second.version, anchors=["returns#window"], query=ask("")) == ()


def test_changed_text_under_a_used_version_number_is_refused_before_anything_is_written(northgate: Tenant) -> None:
    corpus, _ = corpus_of(RETURNS)
    changed = document("returns", "## Window\n\nNo returns.")
    with pytest.raises(DocumentConflict, match="says version 1; 1 is in use"):
        import_documents(actor=SYSTEM, corpus=corpus, documents=[SHIPPING, changed], encoder=local_encoder())
    assert not Document.objects.filter(slug="shipping").exists()


def test_one_slug_cannot_come_twice(northgate: Tenant) -> None:
    corpus = create_corpus(actor=SYSTEM, slug="policies")
    with pytest.raises(DocumentConflict, match="more than once"):
        import_documents(actor=SYSTEM, corpus=corpus, documents=[RETURNS, LONGER], encoder=local_encoder())


def test_an_empty_corpus_cannot_be_published(northgate: Tenant) -> None:
    with pytest.raises(NothingToPublish):
        publish_snapshot(actor=SYSTEM, corpus=create_corpus(actor=SYSTEM, slug="empty"))


def test_an_unknown_snapshot_is_named(northgate: Tenant) -> None:
    with pytest.raises(NoSnapshot, match="policies has no snapshot 7"):
        search(corpus="policies", version=7, query=ask("x"), encoder=local_encoder())


def test_every_change_is_in_the_log(decision_owner: Member) -> None:
    corpus, snapshot = corpus_of(RETURNS, SHIPPING)
    corpus_of(LONGER)
    withdraw_document(actor=SYSTEM, corpus=corpus, slug="shipping")
    sign_off(actor=decision_owner.actor, snapshot=snapshot)
    assert actions() == [
        "corpus.created",
        "corpus.document_added",
        "corpus.document_added",
        "corpus.document_changed",
        "corpus.document_withdrawn",
        "corpus.snapshot_published",
        "corpus.snapshot_published",
        "corpus.snapshot_signed_off",
    ]


def test_a_sign_off_is_given_once(decision_owner: Member) -> None:
    _, snapshot = corpus_of(RETURNS)
    assert sign_off(actor=decision_owner.actor, snapshot=snapshot).signed_off_name == decision_owner.actor.name
    with pytest.raises(AlreadySignedOff):
        sign_off(actor=decision_owner.actor, snapshot=snapshot)


def test_the_database_refuses_to_change_or_remove_what_is_published(northgate: Tenant) -> None:
    _, snapshot = corpus_of(RETURNS)
    attempts = (
        lambda: Passage.objects.update(text="No returns."),
        lambda: Document.objects.update(regions=["*"]),
        lambda: Document.objects.all()._raw_delete("default"),
        lambda: Snapshot.objects.filter(pk=snapshot.pk).update(sha256=""),
        lambda: Snapshot.objects.all()._raw_delete("default"),
    )
    for attempt in attempts:
        with pytest.raises(IntegrityError, match="what a snapshot holds is never"), transaction.atomic():
            attempt()


def test_a_rehearsal_can_use_a_corpus_of_its_own_and_remove_it_whole(northgate: Tenant) -> None:
    corpus_of(SHIPPING)
    scratch = create_corpus(actor=SYSTEM, slug="rehearsal", scratch=True)
    import_documents(actor=SYSTEM, corpus=scratch, documents=[RETURNS], encoder=local_encoder())
    snapshot = publish_snapshot(actor=SYSTEM, corpus=scratch)
    found = search(corpus="rehearsal", version=snapshot.version, query=ask("30 days"), encoder=local_encoder())
    assert [hit.source for hit in found.hits] == ["returns"]
    delete_scratch_corpus(actor=SYSTEM, corpus=scratch)
    assert [corpus.slug for corpus in Corpus.objects.all()] == ["policies"]
    assert Passage.objects.count() == 1


def test_a_corpus_in_use_cannot_be_removed(northgate: Tenant) -> None:
    corpus, _ = corpus_of(SHIPPING)
    with pytest.raises(ValueError, match="is not scratch"):
        delete_scratch_corpus(actor=SYSTEM, corpus=corpus)
