"""What people say about frameworks, and what they sign. Part of `models`."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from uuid6 import uuid7

from apps.cases.models import Case


class Scope(models.Model):
    """Whether a framework applies here, and the ground. Written once; the last one counts."""

    framework = models.CharField(max_length=40)
    applies = models.BooleanField()
    ground = models.TextField()
    decided_by = models.CharField(max_length=64)
    decided_name = models.CharField(max_length=200)
    decided_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"{self.framework}: {'applies' if self.applies else 'does not apply'}"


class Signature(models.Model):
    """One person's signature on one record: who, when, where in the world's time, and what it means. Written once.

    It is bound to `sha256` of the record's canonical bytes, which are kept beside it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7)
    record = models.CharField(max_length=120)  # "log_review:<id>"
    content = models.TextField()  # the record, as RFC 8785 canonical JSON
    sha256 = models.CharField(max_length=64)
    meaning = models.CharField(max_length=200)
    signer_id = models.CharField(max_length=64)
    signer_name = models.CharField(max_length=200)  # printed, as it was then
    role = models.CharField(max_length=40)
    components = models.PositiveSmallIntegerField()  # that were asked for: 2 at the first signing of a session
    signed_at = models.DateTimeField()
    zone = models.CharField(max_length=60)  # in which the signer reads the time

    class Meta:
        ordering: ClassVar = ["-signed_at", "-id"]
        indexes: ClassVar = [models.Index(fields=["record"], name="signature_of_record")]

    def __str__(self) -> str:
        return f"{self.signer_name}: {self.meaning}"


class Gap(models.Model):
    """What is done about evidence that is missing: by whom and until when."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        WORKING = "working", "In work"
        CLOSED = "closed", "Closed with a signature"
        NOT_APPLICABLE = "na", "Not applicable"

    UNFINISHED: ClassVar = (State.OPEN, State.WORKING)

    row = models.CharField(primary_key=True, max_length=60)  # of the map
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    owner_id = models.UUIDField(null=True)  # a person in the public schema
    owner_name = models.CharField(max_length=200, blank=True)
    due_on = models.DateField(null=True)
    note = models.TextField(blank=True)
    signature = models.ForeignKey(Signature, null=True, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField(auto_now=True)
    changed_name = models.CharField(max_length=200)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state="closed", signature__isnull=False) | (~Q(state="closed") & Q(signature=None)),
                name="gap_closed_with_signature",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.row}: {self.get_state_display()}"

    @property
    def overdue(self) -> bool:
        return self.state in self.UNFINISHED and self.due_on is not None and self.due_on < timezone.localdate()


class LogReview(models.Model):
    """Somebody read what the log says of one week, and signed for it. Written once."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    begin = models.DateField(unique=True)  # a Monday
    end = models.DateField()  # the Monday after
    entries = models.PositiveIntegerField()  # that the log had of the week
    tree_size = models.BigIntegerField()  # of the checkpoint that stood then
    root = models.CharField(max_length=64)
    findings = models.TextField()
    signature = models.OneToOneField(Signature, on_delete=models.PROTECT, related_name="log_review")

    class Meta:
        ordering: ClassVar = ["-begin"]

    def __str__(self) -> str:
        return f"Week of {self.begin}"


class ProtectedAttributes(models.Model):
    """Protected attributes of the person of a case, as the tenant supplied them, sealed under the person's key."""

    case = models.OneToOneField(Case, primary_key=True, on_delete=models.PROTECT, related_name="+")
    person = models.UUIDField()
    sealed = models.BinaryField()  # JSON: attribute → group
    supplied_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "compliance_protected_attributes"

    def __str__(self) -> str:
        return f"of {self.case_id}"


class ProcessingRecord(models.Model):
    """One version of the record of processing: `content` is processing.Content. Written once."""

    version = models.PositiveIntegerField(unique=True)
    content = models.JSONField()
    note = models.CharField(max_length=400, blank=True)
    created_by = models.CharField(max_length=64)
    created_name = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "compliance_processing_record"
        ordering: ClassVar = ["-version"]

    def __str__(self) -> str:
        return f"Record of processing, version {self.version}"
