"""What was found about drift, day by day. Part of `models`."""

from typing import ClassVar

from django.db import models

from apps.evaluations.leased_run import LeasedRun
from apps.workflows.models import Release, Workflow


class DriftReport(LeasedRun):
    """The cases of a release beside its reference, as of one day. `report` is drift.report_of, once done.

    Looking again on the same day makes it anew: there is one for each release and day.
    """

    NOUN = "drift"

    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="drift_reports")
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="drift_reports")
    day = models.DateField()
    drifted = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar = ["-day", "-created_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["release", "day"], name="one_drift_report_a_day"),
        ]

    def __str__(self) -> str:
        return f"Drift of {self.release_id[:6]} on {self.day}"
