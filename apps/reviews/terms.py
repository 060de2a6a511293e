"""What is agreed about time and hands: the calendar, the review policy, and what follows from them for a case."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from uuid6 import uuid7

from apps.cases.models import Case
from apps.workflows.models import Workflow


class CalendarVersion(models.Model):
    """When the tenant works: `content` is a calendars.CalendarContent. The highest version counts. Written once."""

    version = models.PositiveIntegerField(unique=True)
    content = models.JSONField()
    note = models.CharField(max_length=400)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=64)
    created_name = models.CharField(max_length=200)

    class Meta:
        ordering: ClassVar = ["-version"]

    def __str__(self) -> str:
        return f"calendar {self.version}"


class PolicyVersion(models.Model):
    """How a workflow's cases are reviewed: `content` is a policies.PolicyContent. The highest version counts.

    Written once. The triggers that ask for two people read it as well (migration 0004).
    """

    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="policies", db_index=False)
    version = models.PositiveIntegerField()
    content = models.JSONField()
    note = models.CharField(max_length=400)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=64)
    created_name = models.CharField(max_length=200)

    class Meta:
        ordering: ClassVar = ["-version"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["workflow", "version"], name="policy_version_once")]

    def __str__(self) -> str:
        return f"policy {self.version} of {self.workflow_id}"


class Clock(models.Model):
    """By when a case is to be decided. It follows from calendar, policy and pauses, and can be reckoned again."""

    case = models.OneToOneField(Case, primary_key=True, on_delete=models.CASCADE, related_name="clock")
    terms = models.CharField(max_length=40)  # the versions of calendar and policy that it was reckoned with
    started_at = models.DateTimeField()
    allowed = models.DurationField(null=True)  # working time; null where the policy sets no service level
    warn_at = models.DateTimeField(null=True)  # null while it is paused
    due_at = models.DateTimeField(null=True)
    left = models.DurationField(null=True)  # working time, while it is paused
    warned_at = models.DateTimeField(null=True)
    breached_at = models.DateTimeField(null=True)
    escalated_by = ArrayField(models.CharField(max_length=64), default=list)  # rules that have had their turn

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["warn_at"], condition=Q(warned_at=None), name="clock_to_warn"),
            models.Index(fields=["due_at"], condition=Q(breached_at=None), name="clock_to_breach"),
            models.Index(fields=["terms"], name="clock_terms"),
        ]

    def __str__(self) -> str:
        return f"clock of {self.case_id}"


class Pause(models.Model):
    """A case that is not in the queue for a while: snoozed, or sent back with a question to whoever sent it."""

    class Kind(models.TextChoices):
        SNOOZED = "snoozed", "Snoozed"
        SENT_BACK = "sent_back", "Sent back"

    class End(models.TextChoices):
        OVER = "over", "The time was over"
        ANSWERED = "answered", "Answered"
        FETCHED = "fetched", "Fetched back"
        UNSENT = "unsent", "The question could not be sent"

    id = models.UUIDField(primary_key=True, default=uuid7)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="pauses")
    kind = models.CharField(max_length=10, choices=Kind)
    note = models.TextField()  # why it is snoozed, or the question
    by_id = models.UUIDField()
    by_name = models.CharField(max_length=120)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)  # of a snoozed case
    ended_at = models.DateTimeField(null=True)
    end = models.CharField(max_length=10, choices=End, blank=True)
    ended_name = models.CharField(max_length=120, blank=True)
    answer = models.TextField(blank=True)

    class Meta:
        ordering: ClassVar = ["since"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case"], condition=Q(ended_at=None), name="one_pause_at_a_time"),
            models.CheckConstraint(condition=Q(kind="sent_back") | Q(until__isnull=False), name="a_snooze_ends"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.case_id}"


class Absence(models.Model):
    """Days on which a person is away, the first and the last included, and who stands in for them."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    person_id = models.UUIDField()
    person_name = models.CharField(max_length=120)
    first = models.DateField()
    last = models.DateField()
    stand_in_id = models.UUIDField(null=True)
    stand_in_name = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering: ClassVar = ["first"]
        indexes: ClassVar = [models.Index(fields=["person_id", "last"], name="absence_of_person")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(first__lte=models.F("last")), name="absence_in_order"),
            models.CheckConstraint(condition=~Q(stand_in_id=models.F("person_id")), name="absence_by_somebody_else"),
        ]

    def __str__(self) -> str:
        return f"{self.person_name}, {self.first} to {self.last}"


class Notification(models.Model):
    """Something that one person should know, with the page where it is dealt with."""

    class Kind(models.TextChoices):
        GIVEN = "given", "A case was given to me"
        ESCALATED = "escalated", "A case was escalated to my role"
        CHECK = "check", "An approval needs a second person"
        CHECKED = "checked", "My approval was checked, or changed"
        ANSWERED = "answered", "My question was answered"
        RETURNED = "returned", "A case that I snoozed is back"
        DUE_SOON = "due_soon", "A case of mine is due soon"
        OVERDUE = "overdue", "A case of mine is overdue"
        RITUAL = "ritual", "A ritual of the cadence is overdue"
        FOLLOW_UP = "follow_up", "A ritual gave me something to do"

    id = models.UUIDField(primary_key=True, default=uuid7)
    person_id = models.UUIDField()
    kind = models.CharField(max_length=10, choices=Kind)
    text = models.CharField(max_length=400)
    link = models.CharField(max_length=200)
    in_app = models.BooleanField()
    by_mail = models.BooleanField()
    created_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["person_id", "-id"], name="notification_of_person"),
            models.Index(fields=["person_id"], condition=Q(by_mail=True, mailed_at=None), name="notification_to_mail"),
        ]

    def __str__(self) -> str:
        return self.text


class NotificationChoice(models.Model):
    """What a person wants to hear of, and how. Without a row: in the app and by mail."""

    person_id = models.UUIDField()
    kind = models.CharField(max_length=10, choices=Notification.Kind)
    in_app = models.BooleanField()
    by_mail = models.BooleanField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["person_id", "kind"], name="one_choice_per_kind")]

    def __str__(self) -> str:
        return f"{self.kind} for {self.person_id}"
