"""What was found to be out of the ordinary, and what people made of it. Part of `models`."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from apps.workflows.models import Workflow


class Anomaly(models.Model):
    """One stream that left its usual range, for a unit or several in a row. `value`, `low` and `high` are of the worst.

    `sentence` names nobody: `subject` is a case type, or the id of a reviewer, whose name only some may read.
    """

    class Kind(models.TextChoices):
        VOLUME = "volume", "Volume"
        LATENCY = "latency", "Latency"
        COST = "cost", "Cost"
        MIX = "mix", "Mix"
        UNCHANGED = "unchanged", "Reviewer: accepted unchanged"
        PACE = "pace", "Reviewer: time for a decision"
        TOGETHER = "together", "Several at once"

    class State(models.TextChoices):
        OPEN = "open", "Open"
        ACKNOWLEDGED = "known", "Acknowledged"
        DISMISSED = "dismissed", "Dismissed"

    PEOPLE: ClassVar = (Kind.UNCHANGED, Kind.PACE)

    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="anomalies")
    kind = models.CharField(max_length=9, choices=Kind)
    subject = models.CharField(max_length=80, blank=True)
    grain = models.CharField(max_length=4)  # "day" or "week"
    begin = models.DateField()
    end = models.DateField()  # the last day
    value = models.FloatField(null=True)  # cases, hours, USD, minutes or a share, by its kind; none for several at once
    low = models.FloatField(null=True)  # 95 of 100 such units lie from here
    high = models.FloatField(null=True)  # to here
    n = models.PositiveIntegerField()  # cases behind the value
    chance = models.FloatField()  # of being as far off where nothing has happened
    severe = models.BooleanField(default=False)
    sentence = models.TextField()
    found_at = models.DateTimeField()
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    note = models.TextField(blank=True)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.CharField(max_length=64, blank=True)
    settled_name = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering: ClassVar = ["-end", "chance"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workflow", "kind", "subject", "begin"], name="anomaly_once"),
            models.CheckConstraint(condition=Q(begin__lte=F("end")), name="anomaly_period_in_order"),
        ]

    def __str__(self) -> str:
        return self.sentence


class AnomalyLook(models.Model):
    """That a night's look was done: up to which day, and at how much. A look that finds nothing is a finding, too."""

    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="anomaly_looks")
    day = models.DateField()  # the last one looked at
    grain = models.CharField(max_length=4)
    streams = models.PositiveIntegerField()  # of the last unit, those that had enough behind them
    units = models.PositiveIntegerField()  # judged in this look
    found = models.PositiveIntegerField()
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-day"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["workflow", "day"], name="one_anomaly_look_a_day")]

    def __str__(self) -> str:
        return f"Look up to {self.day}"
