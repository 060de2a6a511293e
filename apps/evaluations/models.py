"""Labelled sets: cases with the answers that experts gave. What classifiers learn from and releases are measured on."""

from typing import ClassVar

from django.db import models

from apps.workflows.models import Workflow


class LabelledSet(models.Model):
    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="labelled_sets")
    name = models.CharField(max_length=80)
    sha256 = models.CharField(max_length=64)  # of its cases in canonical JSON: the same content is the same set
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-created_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workflow", "sha256"], name="labelled_set_content_once"),
        ]

    def __str__(self) -> str:
        return self.name


class LabelledCase(models.Model):
    """A case as it would be submitted, and what should come of it. A holdout case never reaches a trainer."""

    class Split(models.TextChoices):
        TRAIN = "train", "Train"
        CALIBRATION = "calibration", "Calibration"
        HOLDOUT = "holdout", "Holdout"

    labelled_set = models.ForeignKey(LabelledSet, on_delete=models.CASCADE, related_name="cases")
    external_id = models.CharField(max_length=200)
    split = models.CharField(max_length=12, choices=Split)
    submission = models.JSONField()  # apps.cases.submission.Submission
    expected = models.JSONField()  # labels.Expected

    class Meta:
        ordering: ClassVar = ["external_id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["labelled_set", "external_id"], name="labelled_case_once_per_set"),
        ]

    def __str__(self) -> str:
        return self.external_id
