"""What an hour of a person's work costs. Part of `models`."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from apps.workflows.models import Workflow


class HourRate(models.Model):
    """USD for an hour of review, all that it costs included, and from where that is known. Written once; the last
    one counts.
    """

    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="hour_rates")
    usd = models.DecimalField(max_digits=8, decimal_places=2)
    source = models.CharField(max_length=200)
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=64)
    recorded_name = models.CharField(max_length=200)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [models.CheckConstraint(condition=Q(usd__gt=0), name="hour_rate_above_nothing")]

    def __str__(self) -> str:
        return f"{self.usd} USD an hour"
