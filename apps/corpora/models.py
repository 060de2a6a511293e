"""A tenant's documents, cut into passages that search finds, and the snapshots that releases pin.

A snapshot is a version number of its corpus. A document belongs to every snapshot in its `valid` range, so snapshots
share whatever has not changed. What has no end to its `valid` range is the draft of the next snapshot.
"""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField, DateRangeField, IntegerRangeField
from django.db import models
from django.db.models import Q
from pgvector.django import HalfVectorField, HnswIndex


class Corpus(models.Model):
    id = models.SmallAutoField(primary_key=True)
    slug = models.SlugField(unique=True)
    scratch = models.BooleanField(default=False)  # of a rehearsal: may be deleted whole
    latest = models.PositiveIntegerField(default=0)  # version of the last snapshot, 0 before the first
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "corpora"

    def __str__(self) -> str:
        return self.slug


class Document(models.Model):
    """One state of a source document. Never changed: a new version is a new row, and this one's `valid` ends."""

    class Audience(models.TextChoices):
        CUSTOMER = "customer", "Customers"
        INTERNAL = "internal", "Internal"

    id = models.AutoField(primary_key=True)
    corpus = models.ForeignKey(Corpus, on_delete=models.CASCADE, related_name="documents")
    slug = models.CharField(max_length=100)
    title = models.CharField(max_length=200)
    version = models.PositiveIntegerField()
    owner = models.CharField(max_length=200)
    regions = ArrayField(models.CharField(max_length=21))
    requires_consent = models.BooleanField()
    audience = models.CharField(max_length=8, choices=Audience)
    effective = DateRangeField()
    supersedes = models.CharField(max_length=100, blank=True)
    text = models.TextField()
    sha256 = models.CharField(max_length=64)
    encoder = models.CharField(max_length=64)  # fingerprint of what its passages' vectors come from
    passage_count = models.PositiveIntegerField()
    valid = IntegerRangeField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["corpus", "slug"], name="document_by_slug"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(valid__isempty=False), name="document_in_some_snapshot"),
            models.UniqueConstraint(
                fields=["corpus", "slug"], condition=Q(valid__upper_inf=True), name="one_current_document_per_slug"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title}, version {self.version}"


class Passage(models.Model):
    id = models.AutoField(primary_key=True)
    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="passages")
    position = models.PositiveIntegerField()  # in the document, from 1
    anchor = models.CharField(max_length=250)
    part = models.PositiveIntegerField()  # of its section, from 1
    heading = models.TextField()
    text = models.TextField()
    sha256 = models.CharField(max_length=64)  # of the text
    indexed_sha256 = models.CharField(max_length=64)  # of what the vectors were made from, to make none twice
    length = models.PositiveIntegerField()  # in terms
    embedding = HalfVectorField(dimensions=384)
    token_vectors = models.BinaryField()  # late_interaction.pack

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["document", "anchor"], name="passage_by_anchor"),
            models.Index(fields=["indexed_sha256"], name="passage_by_indexed_text"),
            HnswIndex(
                fields=["embedding"], opclasses=["halfvec_cosine_ops"], name="passage_nearest", m=16, ef_construction=64
            ),
        ]

    def __str__(self) -> str:
        return f"{self.document.slug}#{self.anchor}"


class Posting(models.Model):
    """How often a term stands in a passage. The document is repeated here so that filters need no further table."""

    pk = models.CompositePrimaryKey("corpus", "term", "passage")
    corpus = models.ForeignKey(Corpus, on_delete=models.CASCADE, db_index=False)
    term = models.CharField(max_length=64, db_collation="C")
    passage = models.ForeignKey(Passage, on_delete=models.CASCADE)
    document = models.ForeignKey(Document, on_delete=models.CASCADE, db_index=False)
    frequency = models.PositiveIntegerField()
    length = models.PositiveIntegerField()  # of the passage, in terms

    def __str__(self) -> str:
        return f"{self.term} in {self.passage_id}"


class Snapshot(models.Model):
    """A corpus at one version, fixed. Its statistics are of the whole, so that a filter changes no word's weight."""

    id = models.AutoField(primary_key=True)
    corpus = models.ForeignKey(Corpus, on_delete=models.CASCADE, related_name="snapshots")
    version = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    encoder = models.CharField(max_length=64)
    analyser = models.CharField(max_length=64)
    documents = models.PositiveIntegerField()
    passages = models.PositiveIntegerField()
    average_length = models.FloatField()
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=64)
    signed_off_at = models.DateTimeField(null=True)
    signed_off_by = models.CharField(max_length=64, blank=True)
    signed_off_name = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering: ClassVar = ["corpus", "-version"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["corpus", "version"], name="snapshot_once")]

    def __str__(self) -> str:
        return f"{self.corpus.slug}, snapshot {self.version}"


class TermStatistic(models.Model):
    """In how many of a snapshot's passages a term stands."""

    pk = models.CompositePrimaryKey("snapshot", "term")
    snapshot = models.ForeignKey(Snapshot, on_delete=models.CASCADE, db_index=False)
    term = models.CharField(max_length=64, db_collation="C")
    passages = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.term} in {self.snapshot_id}"
