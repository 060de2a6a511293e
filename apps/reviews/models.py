"""What people decided about cases. Nothing is changed afterwards except that a disposition may be undone, once."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from uuid6 import uuid7

from apps.cases.models import Case
from apps.reviews.blind_models import BlindReview
from apps.reviews.desk import Assignment, BulkAction, Place, Reviewer, SavedFilter
from apps.reviews.keymap import KeyMap
from apps.reviews.terms import Absence, CalendarVersion, Clock, Notification, NotificationChoice, Pause, PolicyVersion

__all__ = [
    "Absence",
    "Assignment",
    "BlindReview",
    "BulkAction",
    "CalendarVersion",
    "Clock",
    "Disposition",
    "KeyMap",
    "Notification",
    "NotificationChoice",
    "Pause",
    "Place",
    "PolicyVersion",
    "Reviewer",
    "SavedFilter",
]


class Disposition(models.Model):
    """One decision of one person about one revision of a case."""

    class Kind(models.TextChoices):
        APPROVE = "approve", "Approved"
        EDIT = "edit", "Edited and approved"
        REJECT = "reject", "Rejected"
        ESCALATE = "escalate", "Escalated"
        PROPOSE = "propose", "Approved by the first of two"

    FINAL: ClassVar = (Kind.APPROVE, Kind.EDIT, Kind.REJECT)

    id = models.UUIDField(primary_key=True, default=uuid7)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="dispositions")
    revision = models.SmallIntegerField()
    turn = models.IntegerField(default=0)  # the case's fence then: it grows each time that the case comes back
    kind = models.CharField(max_length=8, choices=Kind)
    reviewer_id = (
        models.UUIDField()
    )  # a person in the public schema; checked by the service, as no foreign key crosses schemas
    reviewer_name = models.CharField(max_length=120)  # as it was then
    role = models.CharField(max_length=32)
    reason_code = models.CharField(max_length=40, blank=True)
    rationale = models.TextField(blank=True)
    escalated_to = models.CharField(max_length=32, blank=True)
    claims = models.JSONField(default=list)  # the draft as it was sent, claim by claim, verified again after an edit
    # The first of two approvals, which this one confirms. The database has none by the same person (migration 0004).
    checks = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="checked_by")
    active_ms = models.BigIntegerField(null=True)  # worked on it before, idle time left out; null where nobody measured
    created_at = models.DateTimeField(auto_now_add=True)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["created_at"]
        indexes: ClassVar = [models.Index(fields=["reviewer_id", "-created_at"], name="disposition_of_reviewer")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["case", "revision", "turn"],
                condition=Q(kind__in=["approve", "edit", "reject"], undone_at=None),
                name="one_final_disposition_per_turn",
            ),
            models.UniqueConstraint(
                fields=["case", "revision"], condition=Q(kind="propose", undone_at=None), name="one_first_of_two"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} by {self.reviewer_name}"
