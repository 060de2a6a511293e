"""The cadence of Run: rituals as they were held, what they left to be done, and the hand-over. Part of `models`."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from uuid6 import uuid7

from apps.compliance.models import Signature
from apps.engagements.engagement_models import Engagement


class Ritual(models.TextChoices):
    METRICS = "metrics", "Metric review"
    REFRESH = "refresh", "Prompt and retrieval refresh"
    CALIBRATION = "calibration", "Calibration audit"
    RETROSPECTIVE = "retrospective", "Architecture retrospective"


class CadenceBegin(models.Model):
    """From which day on rituals are kept here, where Run began before that. Written once for an engagement."""

    engagement = models.OneToOneField(Engagement, on_delete=models.PROTECT, related_name="cadence_begin")
    on = models.DateField()
    reason = models.TextField()
    said_at = models.DateTimeField()
    said_by = models.CharField(max_length=64)
    said_name = models.CharField(max_length=200)

    def __str__(self) -> str:
        return f"{self.engagement}: kept from {self.on}"


class RitualDraft(models.Model):
    """A ritual that somebody has begun: the figures as they were taken, and what is written down so far.

    `figures` are ritual_steps.Step as JSON, `notes` step → text, `decisions` [{"what", "owner", "due_on"}] as typed.
    """

    engagement = models.ForeignKey(Engagement, on_delete=models.PROTECT, related_name="ritual_drafts")
    ritual = models.CharField(max_length=13, choices=Ritual)
    day = models.DateField()  # by the calendar of the cadence; a holiday may move what is due, never this
    figures = models.JSONField()
    taken_at = models.DateTimeField()
    notes = models.JSONField(default=dict)
    decisions = models.JSONField(default=list)
    saved_at = models.DateTimeField()
    saved_by = models.CharField(max_length=64)
    saved_name = models.CharField(max_length=200)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["engagement", "ritual", "day"], name="one_draft_of_a_ritual")
        ]

    def __str__(self) -> str:
        return f"{self.get_ritual_display()}, {self.day}"


class RitualRecord(models.Model):
    """A ritual that was held and signed, or left out for a reason. Written once."""

    class Outcome(models.TextChoices):
        HELD = "held", "Held"
        SKIPPED = "skipped", "Skipped"

    id = models.UUIDField(primary_key=True, default=uuid7)
    engagement = models.ForeignKey(Engagement, on_delete=models.PROTECT, related_name="rituals")
    ritual = models.CharField(max_length=13, choices=Ritual)
    outcome = models.CharField(max_length=7, choices=Outcome)
    day = models.DateField()
    due_on = models.DateField()  # the working day on which it was due
    held_on = models.DateField()  # or skipped, where the tenant is
    figures = models.JSONField(default=list)  # as the signer saw them
    taken_at = models.DateTimeField(null=True)
    notes = models.JSONField(default=dict)
    decisions = models.JSONField(default=list)  # [{"what", "owner", "due_on"}]
    reason = models.TextField(blank=True)  # why it was skipped
    words = models.TextField()  # notes, decisions and reason in one, to be searched
    signature = models.OneToOneField(Signature, null=True, on_delete=models.PROTECT, related_name="ritual")
    by_id = models.CharField(max_length=64)
    by_name = models.CharField(max_length=200)
    by_role = models.CharField(max_length=32)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-day", "-at"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["engagement", "ritual", "day"], name="one_record_of_a_ritual"),
            models.CheckConstraint(
                condition=Q(outcome="held", signature__isnull=False, taken_at__isnull=False)
                | (Q(outcome="skipped", signature=None) & ~Q(reason="")),
                name="held_and_signed_or_skipped_for_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_ritual_display()}, {self.day}"

    @property
    def held(self) -> bool:
        return self.outcome == self.Outcome.HELD

    @property
    def late(self) -> bool:
        return self.held and self.held_on > self.due_on


class FollowUp(models.Model):
    """A decision of a ritual that somebody is to carry out by a day."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    record = models.ForeignKey(RitualRecord, on_delete=models.PROTECT, related_name="follow_ups")
    what = models.CharField(max_length=400)
    owner_id = models.UUIDField()
    owner_name = models.CharField(max_length=200)
    due_on = models.DateField()
    outcome = models.TextField(blank=True)  # what came of it, once it is done
    done_at = models.DateTimeField(null=True)
    done_by = models.CharField(max_length=64, blank=True)
    done_name = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering: ClassVar = ["due_on", "id"]
        indexes: ClassVar = [models.Index(fields=["due_on"], condition=Q(done_at=None), name="follow_up_open")]

    def __str__(self) -> str:
        return self.what


class OverdueTold(models.Model):
    """That people were told of an overdue ritual, so that they are told once. Written once."""

    engagement = models.ForeignKey(Engagement, on_delete=models.PROTECT, related_name="+")
    ritual = models.CharField(max_length=13, choices=Ritual)
    day = models.DateField()
    told_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["engagement", "ritual", "day"], name="told_once_of_a_ritual")
        ]

    def __str__(self) -> str:
        return f"{self.get_ritual_display()}, {self.day}"


class HandOverStatement(models.Model):
    """What a named person signs for about the hand-over, where no record can show it. Written once; the last counts."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    engagement = models.ForeignKey(Engagement, on_delete=models.PROTECT, related_name="statements")
    item = models.CharField(max_length=20)  # hand_over_items.ITEMS
    holds = models.BooleanField()
    says = models.TextField()  # what was done, when and by whom
    signature = models.OneToOneField(Signature, on_delete=models.PROTECT, related_name="hand_over")
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.item}: {self.says[:60]}"
