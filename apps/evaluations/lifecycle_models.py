"""Decisions that drift, or falling quality, called for; and the record that they wrote. Part of `models`."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from uuid6 import uuid7

from apps.evaluations.drift_models import DriftReport
from apps.evaluations.leased_run import LeasedRun
from apps.evaluations.run_models import GateVerdict
from apps.workflows.models import Release, Workflow


class DecisionRecord(LeasedRun):
    """One decision on its way: `stage` is what is to be done next, and `state` whether a worker is to do it.

    What was done stands in its steps, which are written once. `report` keeps what later stages need of earlier ones.
    """

    NOUN = "decision"

    class Kind(models.TextChoices):
        RETRAIN = "retrain", "Retrain"
        ROLLBACK = "rollback", "Go back"

    class Stage(models.TextChoices):
        SUGGESTED = "suggested", "Waits for a person to start it"
        TRAIN = "train", "Training"
        VALIDATE = "validate", "Validating"
        COMPOSE = "compose", "Composing a candidate"
        MEASURE = "measure", "Measuring on the holdout"
        JUDGE = "judge", "At the gate"
        SHADOW = "shadow", "In shadow"
        PROPOSED = "proposed", "Waits for the decision owner"
        ACCEPTED = "accepted", "Accepted"
        DECLINED = "declined", "Declined"
        ENDED = "ended", "Ended without a proposal"

    WORKED: ClassVar = (Stage.TRAIN, Stage.VALIDATE, Stage.COMPOSE, Stage.MEASURE, Stage.JUDGE, Stage.SHADOW)
    FOR_PEOPLE: ClassVar = (Stage.SUGGESTED, Stage.PROPOSED)
    OPEN: ClassVar = (*WORKED, *FOR_PEOPLE)

    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="decisions")
    kind = models.CharField(max_length=8, choices=Kind)
    stage = models.CharField(max_length=9, choices=Stage)
    why = models.TextField()
    incumbent = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="+")  # in production as it began
    candidate = models.ForeignKey(Release, null=True, on_delete=models.PROTECT, related_name="decisions")
    labelled_set = models.ForeignKey("evaluations.LabelledSet", null=True, on_delete=models.PROTECT, related_name="+")
    drift = models.ForeignKey(DriftReport, null=True, on_delete=models.PROTECT, related_name="decisions")
    verdict = models.ForeignKey(GateVerdict, null=True, on_delete=models.PROTECT, related_name="decisions")

    class Meta:
        ordering: ClassVar = ["-created_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["workflow", "kind"],
                condition=Q(
                    stage__in=["suggested", "train", "validate", "compose", "measure", "judge", "shadow", "proposed"]
                ),
                name="one_open_decision_of_a_kind",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.why}"

    @property
    def open(self) -> bool:
        return self.stage in self.OPEN


class DecisionStep(models.Model):
    """What was done at one stage, why, on what evidence and by whom. Written once, in the transaction of the deed."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    record = models.ForeignKey(DecisionRecord, on_delete=models.PROTECT, related_name="steps")
    stage = models.CharField(max_length=9)  # "asked", or the stage that it finished
    what = models.TextField()
    why = models.TextField(blank=True)
    evidence = models.JSONField(default=dict)  # name → figure in words
    done_by = models.CharField(max_length=64)
    done_name = models.CharField(max_length=200)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["record", "stage"], name="one_step_of_a_stage"),
        ]

    def __str__(self) -> str:
        return self.what
