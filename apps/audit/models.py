"""The log's tables, in each tenant's own schema. Rows are written once: the database sees to it (migration 0002)."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from uuid6 import uuid7

from apps.audit.read_models import Read, SchemaChange
from apps.audit.search_models import Indexed

__all__ = [
    "Checkpoint",
    "Cosignature",
    "Delivery",
    "Destination",
    "Entry",
    "Indexed",
    "Leaf",
    "LogKey",
    "Pending",
    "Read",
    "SchemaChange",
    "SignedCheckpoint",
    "SubjectKey",
    "Subtree",
]


class Entry(models.Model):
    """What happened. `bytes` is the truth; the other columns repeat it for queries, and verification compares them."""

    id = models.UUIDField(primary_key=True)
    at = models.DateTimeField()
    action = models.CharField(max_length=80)
    object = models.CharField(max_length=200)
    actor = models.CharField(max_length=120)
    case_id = models.UUIDField(null=True)
    bytes = models.BinaryField()  # RFC 8785 canonical JSON
    leaf = models.BinaryField()  # SHA-256(0x00 || bytes); a check constraint holds it to that

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["case_id"], condition=Q(case_id__isnull=False), name="audit_entry_of_case"),
            models.Index(fields=["object"], condition=Q(action="case.read"), name="audit_read_of_case"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.object}"


class Pending(models.Model):
    """Entries that have no place in the sequence yet. A trigger fills it, the sequencer empties it."""

    id = models.BigAutoField(
        primary_key=True
    )  # order of arrival by the database's count, whatever the writers' clocks say
    entry_id = models.UUIDField()
    leaf = (
        models.BinaryField()
    )  # so that an entry which vanishes while it waits still gets its place, and is missed there

    def __str__(self) -> str:
        return str(self.entry_id)


class Leaf(models.Model):
    """An entry's place in the sequence: 0, 1, 2, … without a gap. Also its index in the Merkle tree."""

    seq = models.BigIntegerField(primary_key=True)
    entry_id = models.UUIDField(unique=True)
    leaf = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.seq}: {self.entry_id}"


class Checkpoint(models.Model):
    """The Merkle tree's root over the first `tree_size` leaves."""

    tree_size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField()
    frontier = (
        models.BinaryField()
    )  # roots of the complete subtrees, largest first, 32 bytes each: what the next leaf needs
    at = models.DateTimeField(db_default=models.functions.Now())

    def __str__(self) -> str:
        return f"{self.tree_size}: {bytes(self.root).hex()}"


class Subtree(models.Model):
    """The root of the `place`-th complete subtree of 256 ** level leaves, kept so that proofs are quick."""

    pk = models.CompositePrimaryKey("level", "place")
    level = models.SmallIntegerField()
    place = models.BigIntegerField()
    root = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.place} of level {self.level}"


class LogKey(models.Model):
    """A public key that has signed for this log, as C2SP writes it: name+id+key. The private one is with the signer."""

    encoded = models.CharField(primary_key=True, max_length=300)
    seen_at = models.DateTimeField(db_default=models.functions.Now())

    def __str__(self) -> str:
        return self.encoded


class SignedCheckpoint(models.Model):
    """A checkpoint with the log's signature, as it leaves the house: a C2SP signed note."""

    tree_size = models.BigIntegerField(primary_key=True)
    note = models.TextField()
    at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        db_table = "audit_signed_checkpoint"

    def __str__(self) -> str:
        return f"{self.tree_size}, signed {self.at:%Y-%m-%d %H:%M}"


class Cosignature(models.Model):
    """That a witness saw a signed checkpoint, and nothing that contradicts it: its line below the note."""

    checkpoint = models.ForeignKey(SignedCheckpoint, on_delete=models.PROTECT, related_name="cosignatures")
    witness = models.CharField(max_length=300)  # the witness's public key, name+id+key
    line = models.TextField()
    seen_at = models.DateTimeField()  # by the witness's clock, which it signs too
    received_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["checkpoint", "witness"], name="audit_one_cosignature_per_witness"),
        ]

    def __str__(self) -> str:
        return f"{self.witness.partition('+')[0]} saw {self.checkpoint_id}"


class Destination(models.Model):
    """Where signed checkpoints go, so that nobody can rewrite the log here without being contradicted there."""

    class Kind(models.TextChoices):
        MAIL = "mail", "E-mail"
        WEBHOOK = "webhook", "Webhook"
        WITNESS = "witness", "Witness"
        OBJECT = "object", "Object storage"
        FOLDER = "folder", "Folder"

    id = models.UUIDField(primary_key=True, default=uuid7)
    kind = models.CharField(max_length=8, choices=Kind)
    address = models.CharField(max_length=300)  # an e-mail address, or a URL; "" for the folder
    key = models.CharField(max_length=300, blank=True)  # the witness's public key
    every_hours = models.SmallIntegerField(default=24)
    created_at = models.DateTimeField(db_default=models.functions.Now())
    stopped_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["created_at"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.address}".strip()


class Delivery(models.Model):
    """One signed checkpoint on its way to one destination: tried again until it is there or a newer one is."""

    destination = models.ForeignKey(Destination, on_delete=models.PROTECT, related_name="deliveries")
    checkpoint = models.ForeignKey(SignedCheckpoint, on_delete=models.PROTECT, related_name="deliveries")
    attempts = models.SmallIntegerField(default=0)
    next_at = models.DateTimeField(db_default=models.functions.Now())
    delivered_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=400, blank=True)  # of the last attempt

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["destination", "checkpoint"], name="audit_one_delivery_per_checkpoint"),
        ]

    def __str__(self) -> str:
        return f"{self.checkpoint_id} to {self.destination_id}"


class SubjectKey(models.Model):
    """The key of the digests about one person, wrapped. Destroying it makes those digests mean nothing to anyone."""

    subject = models.UUIDField(primary_key=True)
    wrapped = models.BinaryField(null=True)  # AES-256-GCM: 12 bytes of nonce, then the ciphertext. NULL once destroyed
    created_at = models.DateTimeField(db_default=models.functions.Now())
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "audit_subject_key"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(wrapped__isnull=True) ^ Q(destroyed_at__isnull=True),
                name="audit_subject_key_held_or_destroyed",
            )
        ]

    def __str__(self) -> str:
        return str(self.subject)
