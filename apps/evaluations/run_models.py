"""Evaluations of releases, what they remember, the verdicts on them, and overrides. Part of `models`."""

from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from uuid6 import uuid7

from apps.workflows.models import Release, Warrant


class EvaluationRun(models.Model):
    """One release on one split of one frozen labelled set. Its cases are worked on in batches; a lease says by whom."""

    class State(models.TextChoices):
        QUEUED = "queued", "Waiting for a worker"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        CANCELLED = "cancelled", "Cancelled"
        FAILED = "failed", "Failed"

    UNFINISHED: ClassVar = (State.QUEUED, State.RUNNING)
    COUNTING: ClassVar = (State.QUEUED, State.RUNNING, State.DONE)

    id = models.UUIDField(primary_key=True, default=uuid7)
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="evaluations")
    labelled_set = models.ForeignKey("evaluations.LabelledSet", on_delete=models.PROTECT, related_name="evaluations")
    split = models.CharField(max_length=12)
    state = models.CharField(max_length=9, choices=State, default=State.QUEUED)
    total = models.PositiveIntegerField()
    done = models.PositiveIntegerField(default=0)
    cached = models.PositiveIntegerField(default=0)  # of the done: those for which nothing was computed anew
    cost = models.DecimalField(max_digits=12, decimal_places=6, default=0)  # USD, of this run alone
    microseconds = models.BigIntegerField(default=0)  # of work
    report = models.JSONField(default=dict)  # report.report_of, once done
    problem = models.CharField(max_length=400, blank=True)  # why it failed, or what it waits for
    attempts = models.PositiveSmallIntegerField(default=0)  # since it last got on
    lease_until = models.DateTimeField(db_default=Now())
    created_by = models.CharField(max_length=64)
    created_name = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

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

    @property
    def worked(self) -> timedelta:
        return timedelta(microseconds=self.microseconds)


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
    """What a layer found for a case, under the hash of all that it depends on. Losing it costs time, and no more."""

    key = models.CharField(primary_key=True, max_length=64)
    layer = models.CharField(max_length=12)
    result = models.JSONField()
    microseconds = models.BigIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["layer", "-created_at"], name="remembered_by_layer")]

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
