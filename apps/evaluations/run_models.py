"""Evaluations of releases, what they remember, the verdicts on them, and overrides. Part of `models`."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from uuid6 import uuid7

from apps.evaluations.leased_run import LeasedRun
from apps.workflows.models import Release, Warrant


class EvaluationRun(LeasedRun):
    """One release on one split of one frozen labelled set. `report` is report.report_of, once done."""

    NOUN = "evaluation"

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="evaluations")
    labelled_set = models.ForeignKey("evaluations.LabelledSet", on_delete=models.PROTECT, related_name="evaluations")
    split = models.CharField(max_length=12)

    class Meta:
        ordering: ClassVar = ["-created_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["release", "labelled_set", "split"],
                condition=Q(state__in=["queued", "running", "done"]),
                name="one_evaluation_that_counts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.release_id[:6]} on {self.labelled_set_id}, {self.split}"


class EvaluatedCase(models.Model):
    """What came of one case in one run: `result` is a case_result.CaseResult."""

    run = models.ForeignKey(EvaluationRun, on_delete=models.CASCADE, related_name="results")
    labelled_case = models.ForeignKey("evaluations.LabelledCase", on_delete=models.PROTECT, related_name="+")
    result = models.JSONField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "labelled_case"], name="evaluated_once_per_run")
        ]

    def __str__(self) -> str:
        return f"{self.labelled_case_id} in {self.run_id}"


class Remembered(models.Model):
    """What a layer found for a case, under the hash of all that it depends on, and what its look-ups gave.

    Losing what a layer found costs time, and no more; without a look-up, the system of record is asked anew.
    """

    key = models.CharField(primary_key=True, max_length=64)
    layer = models.CharField(max_length=12)
    result = models.JSONField()
    microseconds = models.BigIntegerField()
    question = models.UUIDField(null=True)  # batches.question_id_of the case that it was first found for
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["layer", "-created_at"], name="remembered_by_layer"),
            models.Index(fields=["question"], name="remembered_by_question"),
        ]

    def __str__(self) -> str:
        return f"{self.layer} {self.key[:6]}"


class GateVerdict(models.Model):
    """The gate's judgement of a candidate against the incumbent on one frozen labelled set. Written once."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    candidate = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="verdicts")
    incumbent = models.ForeignKey(Release, null=True, on_delete=models.PROTECT, related_name="+")  # None: the first
    labelled_set = models.ForeignKey("evaluations.LabelledSet", on_delete=models.PROTECT, related_name="verdicts")
    candidate_run = models.ForeignKey(EvaluationRun, on_delete=models.PROTECT, related_name="+")
    incumbent_run = models.ForeignKey(EvaluationRun, null=True, on_delete=models.PROTECT, related_name="+")
    passed = models.BooleanField()
    sentence = models.TextField()
    report = models.JSONField()  # judgement.Verdict as JSON, and "flipped"
    created_by = models.CharField(max_length=64)
    created_name = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-created_at"]

    def __str__(self) -> str:
        return self.sentence


class Override(models.Model):
    """An emergency: a release into production without the gate. One person proposes, another approves, and it ends."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="overrides")
    incumbent = models.ForeignKey(
        Release, null=True, on_delete=models.PROTECT, related_name="+"
    )  # it goes back to this
    reason = models.TextField()
    expires_at = models.DateTimeField()
    proposed_by = models.CharField(max_length=64)
    proposed_name = models.CharField(max_length=200)
    proposed_role = models.CharField(max_length=40)
    proposed_at = models.DateTimeField(auto_now_add=True)
    decided_by = models.CharField(max_length=64, blank=True)
    decided_name = models.CharField(max_length=200, blank=True)
    decided_at = models.DateTimeField(null=True)
    warrant = models.OneToOneField(Warrant, null=True, on_delete=models.PROTECT, related_name="override")  # if approved

    class Meta:
        ordering: ClassVar = ["-proposed_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["release"], condition=Q(decided_at=None), name="one_open_override_per_release"
            ),
            models.CheckConstraint(condition=~Q(decided_by=F("proposed_by")), name="override_by_two_people"),
        ]

    def __str__(self) -> str:
        return f"{self.release_id[:6]} until {self.expires_at:%d %b %Y}"
