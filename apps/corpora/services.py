"""Changes to corpora. Each writes its audit entry in the same transaction; texts are encoded before it begins."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import rfc8785
from django.db import connection, transaction
from django.utils import timezone

from apps.audit.entries import record
from apps.corpora import analyser, drafts, indexing
from apps.corpora.documents import SourceDocument
from apps.corpora.models import Corpus, Document, Snapshot
from apps.tenants.actors import Actor


class NothingToPublish(ValueError):
    """A snapshot without any document would answer nothing."""


class AlreadySignedOff(ValueError):
    """A sign-off is given once, for one content."""


@dataclass(frozen=True)
class ImportReport:
    added: tuple[str, ...]  # slugs
    changed: tuple[str, ...]
    unchanged: int
    passages: int  # of what was added or changed


@transaction.atomic
def create_corpus(*, actor: Actor, slug: str, scratch: bool = False) -> Corpus:
    """Make a corpus, or return the one of this name."""
    corpus, created = Corpus.objects.get_or_create(slug=slug, defaults={"scratch": scratch})
    if created:
        record(actor=actor, action="corpus.created", object=f"corpus:{slug}", after={"scratch": scratch})
    return corpus


def import_documents(
    *,
    actor: Actor,
    corpus: Corpus,
    documents: Sequence[SourceDocument],
    encoder: indexing.TextEncoder,
    progress: indexing.Progress | None = None,
) -> ImportReport:
    """Put documents into the draft of the next snapshot, in place of those of the same slug. Again, it changes nothing.

    Raises DocumentConflict before anything is written. Not to be called inside a transaction: encoding takes time.
    """
    current = drafts.current_documents(corpus)
    fresh = [document for document in documents if not drafts.is_there(document, current, encoder)]
    drafts.check_versions(fresh, current)
    encoded = indexing.encode(fresh, encoder, progress) if fresh else {}
    with transaction.atomic():
        locked = Corpus.objects.select_for_update().get(pk=corpus.pk)
        current = drafts.current_documents(locked)
        fresh = [document for document in fresh if not drafts.is_there(document, current, encoder)]
        drafts.check_versions(fresh, current)
        replaced = {
            document.head.slug: current[document.head.slug] for document in fresh if document.head.slug in current
        }
        drafts.end(locked, list(replaced.values()))
        rows = Document.objects.bulk_create(
            [drafts.row_of(locked, document, encoder) for document in fresh], batch_size=1000
        )
        indexing.insert(locked, list(zip(rows, fresh, strict=True)), encoded)
        for document in fresh if not locked.scratch else []:
            record(
                actor=actor,
                action="corpus.document_changed" if document.head.slug in replaced else "corpus.document_added",
                object=f"document:{locked.slug}/{document.head.slug}",
                before=drafts.facts_of(replaced[document.head.slug]) if document.head.slug in replaced else None,
                after={"version": document.head.version, "sha256": document.sha256, "passages": len(document.passages)},
            )
        if locked.scratch and fresh:
            record(actor=actor, action="corpus.filled", object=f"corpus:{locked.slug}", after={"documents": len(fresh)})
    added = tuple(document.head.slug for document in fresh if document.head.slug not in replaced)
    passages = sum(len(document.passages) for document in fresh)
    return ImportReport(added, tuple(replaced), len(documents) - len(fresh), passages)


@transaction.atomic
def withdraw_document(*, actor: Actor, corpus: Corpus, slug: str, reason: str = "") -> None:
    """Leave a document out of the next snapshot. Raises Document.DoesNotExist."""
    locked = Corpus.objects.select_for_update().get(pk=corpus.pk)
    document = Document.objects.get(corpus=locked, slug=slug, valid__upper_inf=True)
    before = drafts.facts_of(document)
    drafts.end(locked, [document])
    record(
        actor=actor,
        action="corpus.document_withdrawn",
        object=f"document:{locked.slug}/{slug}",
        before=before,
        reason=reason,
    )


@transaction.atomic
def publish_snapshot(*, actor: Actor, corpus: Corpus, reason: str = "") -> Snapshot:
    """Fix the draft as the next snapshot. Without a change since the last one, that one is returned."""
    locked = Corpus.objects.select_for_update().get(pk=corpus.pk)
    documents = Document.objects.filter(corpus=locked, valid__upper_inf=True).order_by("slug")
    contents = list(documents.values_list("slug", "sha256", "encoder", "passage_count"))
    encoders = {encoder for _, _, encoder, _ in contents}
    if not contents:
        raise NothingToPublish(f"Corpus {locked.slug} has no documents.")
    if len(encoders) > 1:
        raise NothingToPublish(f"Corpus {locked.slug} holds vectors of different encoders; import its documents again.")
    (encoder,) = encoders
    said = {"documents": [entry[:2] for entry in contents], "encoder": encoder, "analyser": analyser.FINGERPRINT}
    sha256 = hashlib.sha256(rfc8785.dumps(said)).hexdigest()
    last = locked.snapshots.first()
    if last and last.sha256 == sha256:
        return last
    locked.latest += 1
    locked.save(update_fields=["latest"])
    corpus.latest = locked.latest
    snapshot = Snapshot.objects.create(
        corpus=locked,
        version=locked.latest,
        sha256=sha256,
        encoder=encoder,
        analyser=analyser.FINGERPRINT,
        documents=len(contents),
        passages=sum(count for *_, count in contents),
        average_length=_average_length(locked),
        created_by=actor.id,
    )
    _count_terms(snapshot)
    record(
        actor=actor,
        action="corpus.snapshot_published",
        object=f"snapshot:{locked.slug}/{snapshot.version}",
        before={"version": last.version, "sha256": last.sha256} if last else None,
        after={
            "version": snapshot.version,
            "sha256": sha256,
            "documents": len(contents),
            "passages": snapshot.passages,
        },
        reason=reason,
    )
    return snapshot


@transaction.atomic
def sign_off(*, actor: Actor, snapshot: Snapshot, reason: str = "") -> Snapshot:
    locked = Snapshot.objects.select_for_update(of=["self"]).select_related("corpus").get(pk=snapshot.pk)
    if locked.signed_off_at:
        raise AlreadySignedOff(f"{locked} was signed off by {locked.signed_off_name}.")
    locked.signed_off_at = timezone.now()
    locked.signed_off_by, locked.signed_off_name = actor.id, actor.name
    locked.save(update_fields=["signed_off_at", "signed_off_by", "signed_off_name"])
    record(
        actor=actor,
        action="corpus.snapshot_signed_off",
        object=f"snapshot:{locked.corpus.slug}/{locked.version}",
        after={"sha256": locked.sha256},
        reason=reason,
    )
    return locked


@transaction.atomic
def delete_scratch_corpus(*, actor: Actor, corpus: Corpus) -> None:
    """Remove a rehearsal's corpus with all it holds. The database refuses it for any other."""
    if not corpus.scratch:
        raise ValueError(f"Corpus {corpus.slug} is not scratch, so what it holds is kept.")
    slug = corpus.slug
    _delete_all(corpus)
    record(actor=actor, action="corpus.deleted", object=f"corpus:{slug}", before={"scratch": True})


def _average_length(corpus: Corpus) -> float:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(avg(p.length), 1)::float8 FROM corpora_passage p"
            " JOIN corpora_document d ON d.id = p.document_id WHERE d.corpus_id = %s AND upper_inf(d.valid)",
            [corpus.pk],
        )
        return max(float(cursor.fetchone()[0]), 1.0)


def _count_terms(snapshot: Snapshot) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO corpora_termstatistic (snapshot_id, term, passages)"
            " SELECT %s, o.term, count(*) FROM corpora_posting o JOIN corpora_document d ON d.id = o.document_id"
            " WHERE o.corpus_id = %s AND d.valid @> %s::int GROUP BY o.term",
            [snapshot.pk, snapshot.corpus_id, snapshot.version],
        )


def _delete_all(corpus: Corpus) -> None:
    """Table by table in bulk: the ORM would bring every row over first."""
    with connection.cursor() as cursor:
        for statement in (
            "DELETE FROM corpora_termstatistic USING corpora_snapshot s WHERE snapshot_id = s.id AND s.corpus_id = %s",
            "DELETE FROM corpora_snapshot WHERE corpus_id = %s",
            "DELETE FROM corpora_posting WHERE corpus_id = %s",
            "DELETE FROM corpora_passage USING corpora_document d WHERE document_id = d.id AND d.corpus_id = %s",
            "DELETE FROM corpora_document WHERE corpus_id = %s",
            "DELETE FROM corpora_corpus WHERE id = %s",
        ):
            cursor.execute(statement, [corpus.pk])
