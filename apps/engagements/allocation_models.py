"""How many hours a week somebody of the delivery team gives to an engagement. Part of `models`."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from apps.engagements.engagement_models import Engagement

WEEK = 168  # hours


class Allocation(models.Model):
    """In one phase. Where a person has said nothing the phase's usual hours are assumed (`allocation.USUAL`)."""

    engagement = models.ForeignKey(Engagement, on_delete=models.PROTECT, related_name="allocations")
    person = models.UUIDField()  # the number of their account
    phase = models.CharField(max_length=10, choices=Engagement.Phase)
    hours = models.PositiveSmallIntegerField()  # a week

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["engagement", "person", "phase"], name="one_allocation_per_phase"),
            models.CheckConstraint(condition=Q(hours__lte=WEEK), name="allocation_within_a_week"),
        ]

    def __str__(self) -> str:
        return f"{self.hours} hours a week of {self.get_phase_display()}"
