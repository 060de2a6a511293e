"""The case, its steps and the person that it is about."""

from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q
from uuid6 import uuid7

from apps.cases.imports import ImportRun, RejectedRow
from apps.cases.vectors import CaseVector
from apps.workflows.models import Release, Workflow

__all__ = [
    "Case",
    "CaseVector",
    "CaseWords",
    "Complaint",
    "ImportRun",
    "RejectedRow",
    "ShadowRun",
    "ShadowTry",
    "Step",
    "Subject",
]


class Subject(models.Model):
    """The person a case is about. Their audit digests hang on a key of their own, so that they can be forgotten."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    reference = models.CharField(
        max_length=200, unique=True
    )  # the sending system's id for the person, or an e-mail address
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.reference


class Case(models.Model):
    """One case. The table is also the work queue: `lease_until <= now()` means due, `fence` shuts out older claims."""

    class State(models.TextChoices):
        OPEN = "open", "In progress"
        REVIEW = "review", "With a person"
        CLOSED = "closed", "Closed"

    class Layer(models.TextChoices):
        INTAKE = "intake", "Intake"
        CONTEXT = "context", "Context"
        ACTION = "action", "Action"
        REVIEW = "review", "Review"
        EFFECTS = "effects", "Effects"
        DONE = "done", "Done"

    class Queue(models.TextChoices):
        QUICK = "quick", "Quick"
        MODEL = "model", "Model"
        EFFECTS = "effects", "Effects"

    class Outcome(models.TextChoices):
        AUTOMATIC = "automatic", "Cleared automatically"
        APPROVED = "approved", "Approved"
        EDITED = "edited", "Edited and approved"
        REJECTED = "rejected", "Rejected"

    class Arm(models.TextChoices):
        INCUMBENT = "incumbent", "Incumbent"
        SLICE = "slice", "Slice"

    RESTING: ClassVar = (State.REVIEW, State.CLOSED)

    id = models.UUIDField(primary_key=True, default=uuid7)
    number = models.CharField(max_length=20)
    # Every index is written at admission and at each claim, so none stands beside one that begins with the same column.
    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="cases", db_index=False)
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="cases", db_index=False)
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="cases", db_index=False)
    external_id = models.CharField(max_length=200)
    idempotency_key = models.CharField(max_length=200, null=True)
    content_sha256 = models.CharField(max_length=64)  # of what was sent, to tell a repeat from a conflict

    channel = models.CharField(max_length=40)
    customer = models.CharField(max_length=200, blank=True)
    title = models.CharField(max_length=300, blank=True)
    text = models.TextField()
    language = models.CharField(max_length=12)
    region = models.CharField(max_length=12)
    consent = models.BooleanField(default=True)
    received_at = models.DateTimeField()
    admitted_at = models.DateTimeField(auto_now_add=True)
    arm = models.CharField(max_length=9, choices=Arm, default=Arm.INCUMBENT, db_default=Arm.INCUMBENT)

    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    layer = models.CharField(max_length=8, choices=Layer, default=Layer.INTAKE)
    queue = models.CharField(max_length=10, choices=Queue, default=Queue.QUICK)
    lease_until = models.DateTimeField(db_default=models.functions.Now())
    fence = models.IntegerField(default=0)
    attempt = models.SmallIntegerField(default=0)  # claims since the last layer was committed
    revision = models.SmallIntegerField(default=1)  # counts the proposals: rework makes a new one

    # What the layers found, for the queue's filters. The steps hold the whole.
    case_type = models.CharField(max_length=60, blank=True)
    urgency = models.CharField(max_length=10, blank=True)
    sentiment = models.CharField(max_length=10, blank=True)
    band = models.CharField(max_length=10, blank=True)
    lane = models.CharField(max_length=10, blank=True)
    impact = models.CharField(max_length=10, blank=True)
    reason = models.CharField(max_length=400, blank=True)  # why a person has it, in a sentence
    decision = models.CharField(max_length=60, blank=True)
    reserved = models.BooleanField(default=False)
    escalated_to = models.CharField(max_length=40, blank=True)  # a role, "" while nobody escalated
    in_review_since = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-received_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["number"], name="case_number_once"),
            models.UniqueConstraint(fields=["idempotency_key"], name="idempotency_key_once"),
            models.UniqueConstraint(fields=["workflow", "external_id"], name="external_id_once_per_workflow"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["queue", "lease_until"], condition=Q(state="open"), name="case_due"),
            models.Index(fields=["in_review_since", "id"], condition=Q(state="review"), name="case_in_review"),
            models.Index(fields=["-received_at", "-id"], name="case_newest"),
            models.Index(fields=["subject", "-received_at"], name="case_by_subject"),
            models.Index(fields=["release", "admitted_at"], condition=Q(arm="slice"), name="case_in_slice"),
        ]

    def __str__(self) -> str:
        return self.number


class CaseWords(models.Model):
    """What the search field looks through. Beside the case, whose frequent updates would drag the index along."""

    case = models.OneToOneField(Case, primary_key=True, on_delete=models.CASCADE, related_name="words")
    words = SearchVectorField()

    class Meta:
        indexes: ClassVar = [GinIndex(fields=["words"], name="case_words")]

    def __str__(self) -> str:
        return f"words of {self.case_id}"


class Step(models.Model):
    """What one layer found for one revision of a case: the stored, typed result. Written once."""

    id = models.BigAutoField(primary_key=True)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="steps", db_index=False)
    layer = models.CharField(max_length=8, choices=Case.Layer)
    revision = models.SmallIntegerField()
    result = models.JSONField()
    started_at = models.DateTimeField()
    microseconds = models.BigIntegerField()

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "layer", "revision"], name="one_step_per_layer_and_revision"),
        ]

    def __str__(self) -> str:
        return f"{self.layer} of {self.case_id}"


class ShadowRun(models.Model):
    """What a release that takes no traffic would have done with a case that another one handled. Written once."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="shadows")
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="shadows")
    case_type = models.CharField(max_length=60)
    decision = models.CharField(max_length=60, blank=True)
    route = models.CharField(max_length=10)  # of the review gate: automatic, queue, reserved
    rule = models.CharField(max_length=40)
    grounded_share = models.FloatField()
    results = models.JSONField()  # by layer, as a step holds them
    problem = models.CharField(max_length=400, blank=True)  # why there is no result
    microseconds = models.BigIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "release"], name="one_shadow_per_case_and_release"),
        ]

    def __str__(self) -> str:
        return f"{self.release_id[:6]} beside {self.case_id}"


class ShadowTry(models.Model):
    """A shadow that could not be run yet: tried again later, and after a few failures given up with a ShadowRun."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="+")
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="+")
    failures = models.PositiveSmallIntegerField(default=0)  # of its own; a system that does not answer is none
    problem = models.CharField(max_length=400)
    again_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "release"], name="one_try_per_case_and_release")
        ]

    def __str__(self) -> str:
        return f"{self.release_id[:6]} beside {self.case_id}, again at {self.again_at}"


class Complaint(models.Model):
    """A customer complained about how a finished case was handled. One that was recorded by mistake is withdrawn."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="complaints")
    external_id = models.CharField(max_length=200, null=True)  # the sending system's own id
    said = models.TextField(blank=True)
    complained_at = models.DateTimeField()
    recorded_at = models.DateTimeField(auto_now_add=True)
    recorded_by = models.CharField(max_length=64)
    recorded_name = models.CharField(max_length=200)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_name = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering: ClassVar = ["complained_at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "external_id"], name="complaint_external_id_once_per_case")
        ]

    def __str__(self) -> str:
        return f"Complaint about {self.case_id}"
