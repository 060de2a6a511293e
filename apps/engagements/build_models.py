"""Change requests against the statement of work. Part of `models`."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from apps.engagements.engagement_models import Engagement


class ChangeRequest(models.Model):
    """Something other than what was agreed on: asked by somebody, with its effect, decided by the decision owner."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        ACCEPTED = "accepted", "Accepted"
        DECLINED = "declined", "Declined"

    engagement = models.ForeignKey(Engagement, on_delete=models.PROTECT, related_name="change_requests")
    title = models.CharField(max_length=200)
    why = models.TextField()
    price = models.IntegerField()  # USD more, or less
    days = models.IntegerField()  # working days later, or sooner
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=64)
    asked_name = models.CharField(max_length=200)
    decided_at = models.DateTimeField(null=True)
    decided_name = models.CharField(max_length=200, blank=True)
    reason = models.TextField(blank=True)  # of the decision

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state="open", decided_at=None) | (~Q(state="open") & Q(decided_at__isnull=False)),
                name="change_request_decided_or_open",
            )
        ]

    def __str__(self) -> str:
        return self.title
