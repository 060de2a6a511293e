"""What was measured before the workflow began, and what is made of the records since."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from apps.insights.anomaly_models import Anomaly, AnomalyLook
from apps.insights.rate_models import HourRate
from apps.insights.report_models import Delivery, MonthlyReport, Recipient
from apps.insights.return_models import ReturnTerms
from apps.workflows.models import Workflow

__all__ = ["Anomaly", "AnomalyLook", "Baseline", "Delivery", "HourRate", "MonthlyReport", "Recipient", "ReturnTerms"]


class Baseline(models.Model):
    """One measure of the workflow as it was before, over a period, from a source. Written once; the last one counts.

    `value`, `low` and `high` are in the unit of the measure (`apps.insights.measures`); the interval is of 95 %.
    """

    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="baselines")
    measure = models.CharField(max_length=20)
    case_type = models.CharField(max_length=80, blank=True)  # "": all of them
    value = models.FloatField()
    low = models.FloatField(null=True)  # with `high`, where it was sampled
    high = models.FloatField(null=True)
    n = models.PositiveIntegerField()  # cases, or hours of work, that it was measured on
    begin = models.DateField()
    end = models.DateField()  # the last day of the period
    source = models.CharField(max_length=200)  # "Ticket system, export of 3 March"
    note = models.TextField(blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=64)
    recorded_name = models.CharField(max_length=200)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(begin__lte=F("end")), name="baseline_period_in_order"),
            models.CheckConstraint(condition=Q(n__gt=0, value__gte=0), name="baseline_was_measured"),
            models.CheckConstraint(
                condition=Q(low=None, high=None) | Q(low__lte=F("value"), high__gte=F("value")),
                name="baseline_within_interval",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.measure} {self.case_type or 'of all cases'}: {self.value:g}"
