"""Behavioural assurance of releases: what was tried, and what came of it. Part of `models`."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from apps.evaluations.leased_run import LeasedRun
from apps.workflows.models import Release


class AssuranceRun(LeasedRun):
    """A release tried on changed holdout cases of one labelled set. `report` is assurance.report.report_of, once done.

    `seed` draws the cases and the changes. `method` says which plan: runs of different methods are not comparable.
    """

    NOUN = "assurance"

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="assurances")
    labelled_set = models.ForeignKey("evaluations.LabelledSet", on_delete=models.PROTECT, related_name="assurances")
    seed = models.PositiveIntegerField()
    method = models.PositiveSmallIntegerField()

    class Meta:
        ordering: ClassVar = ["-created_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["release", "labelled_set", "seed", "method"],
                condition=Q(state__in=["queued", "running", "done"]),
                name="one_assurance_that_counts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.release_id[:6]} on {self.labelled_set_id}, seed {self.seed}"


class AssuredProbe(models.Model):
    """What came of one probe: `result` is a case_result.CaseResult.

    `words` is what was sent in, "" where the words are those of the case or of a real case of the last weeks.
    """

    run = models.ForeignKey(AssuranceRun, on_delete=models.CASCADE, related_name="probes")
    key = models.CharField(max_length=300)
    family = models.CharField(max_length=16)
    variant = models.CharField(max_length=80, blank=True)
    external_id = models.CharField(max_length=200)
    words = models.TextField(blank=True)
    planted = models.TextField(blank=True)  # in a document
    result = models.JSONField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["run", "key"], name="probed_once_per_run")]

    def __str__(self) -> str:
        return self.key
