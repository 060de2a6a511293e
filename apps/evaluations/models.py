"""Labelled sets: cases with the answers that experts gave. What classifiers learn from and releases are measured on."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from uuid6 import uuid7

from apps.cases.models import Case
from apps.evaluations.assurance_models import AssuranceRun, AssuredProbe
from apps.evaluations.drift_models import DriftReport
from apps.evaluations.lifecycle_models import DecisionRecord, DecisionStep
from apps.evaluations.run_models import EvaluatedCase, EvaluationRun, GateVerdict, Override, Remembered
from apps.evaluations.simulation_models import SimulatedCase, Simulation
from apps.reviews.models import Disposition
from apps.workflows.models import Workflow

__all__ = [
    "AssuranceRun", "AssuredProbe", "DecisionRecord", "DecisionStep", "DriftReport", "EvaluatedCase", "EvaluationRun",
    "GateVerdict", "HoldoutLook", "Label", "LabelProposal", "LabelledCase", "LabelledSet", "Leak", "Override",
    "Remembered", "SimulatedCase", "Simulation",
]  # fmt: skip

# --- labelled sets --------------------------------------------------------------------------------------------------


class LabelledSet(models.Model):
    """One version of a workflow's labelled set, or the draft of the next one.

    A frozen version, its cases and their labels never change (migration 0002); what is still added is a signature.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        FROZEN = "frozen", "Frozen"

    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="labelled_sets")
    name = models.CharField(max_length=80)
    version = models.PositiveIntegerField(null=True)  # given when it is frozen
    state = models.CharField(max_length=6, choices=State, default=State.DRAFT)
    based_on = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    sha256 = models.CharField(
        max_length=64, blank=True
    )  # of its cases in canonical JSON: the same content, the same set
    created_at = models.DateTimeField(auto_now_add=True)
    frozen_at = models.DateTimeField(null=True)
    signed_off_at = models.DateTimeField(null=True)
    signed_off_by = models.CharField(max_length=64, blank=True)
    signed_off_name = models.CharField(max_length=200, blank=True)
    signed_off_note = models.TextField(blank=True)
    check_asked_at = models.DateTimeField(null=True)  # the search for leaks: asked for, and what it looked at
    checked_at = models.DateTimeField(null=True)
    checked_sha256 = models.CharField(max_length=64, blank=True)
    check_problem = models.TextField(blank=True)

    class Meta:
        ordering: ClassVar = ["-created_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["workflow", "sha256"], condition=Q(state="frozen"), name="labelled_set_content_once"
            ),
            models.UniqueConstraint(fields=["workflow", "version"], name="labelled_set_version_once"),
            models.CheckConstraint(
                condition=Q(state="draft", version=None, frozen_at=None, signed_off_at=None)
                | Q(state="frozen", version__isnull=False, frozen_at__isnull=False),
                name="labelled_set_frozen_with_version",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}, version {self.version}" if self.version else f"{self.name}, draft"


class LabelledCase(models.Model):
    """A case as it would be submitted, and what should come of it. A holdout case never reaches a trainer."""

    class Split(models.TextChoices):
        TRAIN = "train", "Train"
        CALIBRATION = "calibration", "Calibration"
        HOLDOUT = "holdout", "Holdout"

    class Source(models.TextChoices):
        IMPORT = "import", "Import"
        CASE = "case", "Real case"
        DISPOSITION = "disposition", "Reviewer's decision"

    labelled_set = models.ForeignKey(LabelledSet, on_delete=models.CASCADE, related_name="cases")
    external_id = models.CharField(max_length=200)
    split = models.CharField(
        max_length=12, choices=Split, blank=True
    )  # "" in a draft, unless an earlier version gave it
    submission = models.JSONField()  # apps.cases.submission.Submission
    expected = models.JSONField(default=dict)  # labels.Expected; {} while nobody, or nobody alone, may say
    source = models.CharField(max_length=12, choices=Source, default=Source.IMPORT)
    case = models.ForeignKey(Case, null=True, on_delete=models.PROTECT, related_name="+")
    given = models.BooleanField(default=True)  # whether `expected` came with the case, to be labelled against
    erased_at = models.DateTimeField(
        null=True
    )  # its person was forgotten: the row stays, for the count, and says nothing
    disputed = models.BooleanField(default=False)  # its labels disagree, and the decision owner has not spoken
    adjudicated_at = models.DateTimeField(null=True)
    adjudicated_by = models.CharField(max_length=64, blank=True)
    adjudicated_name = models.CharField(max_length=200, blank=True)
    adjudication_note = models.TextField(blank=True)

    class Meta:
        ordering: ClassVar = ["external_id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["labelled_set", "external_id"], name="labelled_case_once_per_set"),
        ]

    def __str__(self) -> str:
        return self.external_id


class Label(models.Model):
    """What one person says about one case: `answers` is a labels.Answers. Nobody sees another's before their own."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    labelled_case = models.ForeignKey(LabelledCase, on_delete=models.CASCADE, related_name="labels")
    labeller_id = models.CharField(max_length=64)
    labeller_name = models.CharField(max_length=200)
    answers = models.JSONField(default=dict)
    revision = models.PositiveIntegerField(default=0)  # counts what was saved: an older save never covers a newer one
    created_at = models.DateTimeField(auto_now_add=True)
    saved_at = models.DateTimeField(auto_now=True)
    completed_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["created_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["labelled_case", "labeller_id"], name="one_label_per_person"),
        ]

    def __str__(self) -> str:
        return f"{self.labelled_case} by {self.labeller_name}"


class LabelProposal(models.Model):
    """What was decided about the label that a reviewer's decision suggests. One that nobody looked at has no row."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    disposition = models.OneToOneField(Disposition, on_delete=models.PROTECT, related_name="+")
    accepted = models.BooleanField()
    expected = models.JSONField()  # labels.Expected, as it was proposed
    labelled_set = models.ForeignKey(LabelledSet, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField(blank=True)
    decided_by = models.CharField(max_length=64)
    decided_name = models.CharField(max_length=200)
    decided_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{'accepted' if self.accepted else 'rejected'}: {self.disposition_id}"


class Leak(models.Model):
    """Two texts that are (nearly) the same where one must not know the other. Blocks freezing until it is accepted."""

    class Kind(models.TextChoices):
        EXACT = "exact", "The same text"
        NEAR = "near", "Nearly the same text"
        PROMPT = "prompt", "Stands in a prompt"

    labelled_set = models.ForeignKey(LabelledSet, on_delete=models.CASCADE, related_name="leaks")
    kind = models.CharField(max_length=6, choices=Kind)
    external_id = models.CharField(max_length=200)  # the case of this set
    other = models.CharField(max_length=300)  # the other case's id, or the prompt
    where = models.CharField(max_length=200)  # what the other one is: "this set", "trained on in version 2", "a prompt"
    cosine = models.DecimalField(max_digits=4, decimal_places=3)
    texts_sha256 = models.CharField(max_length=64)  # of both texts: an acceptance is of these words only
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.CharField(max_length=64, blank=True)
    accepted_name = models.CharField(max_length=200, blank=True)
    accepted_reason = models.TextField(blank=True)

    class Meta:
        ordering: ClassVar = ["-cosine", "external_id", "other"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["labelled_set", "external_id", "other", "where"], name="leak_once"),
        ]

    def __str__(self) -> str:
        return f"{self.external_id} and {self.other}"


class HoldoutLook(models.Model):
    """Somebody looked at a holdout case in the browser. Written once: a holdout that is looked at wears out."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="+")
    external_id = models.CharField(max_length=200)
    looked_by = models.CharField(max_length=64)
    looked_name = models.CharField(max_length=200)
    looked_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-looked_at"]
        indexes: ClassVar = [models.Index(fields=["workflow", "external_id"], name="look_by_case")]

    def __str__(self) -> str:
        return f"{self.looked_name} at {self.external_id}"
