"""The board of Discovery, what was noted beside operators, and the decision of its tenth day. Part of `models`."""

from datetime import date
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from apps.compliance.framework_models import Signature
from apps.engagements.engagement_models import Engagement


class Task(models.Model):
    """One thing to do in Discovery, on one of its ten working days."""

    class State(models.TextChoices):
        TODO = "todo", "To do"
        DOING = "doing", "In work"
        BLOCKED = "blocked", "Blocked"
        DONE = "done", "Done"

    engagement = models.ForeignKey(Engagement, on_delete=models.PROTECT, related_name="tasks")
    day = models.PositiveSmallIntegerField()  # 1 to 10
    position = models.PositiveSmallIntegerField()  # within the day
    title = models.CharField(max_length=200)
    output = models.CharField(max_length=200, blank=True)  # what exists once it is done
    owner = models.CharField(max_length=120, blank=True)  # a name, or a role while nobody is named
    due_on = models.DateField()
    state = models.CharField(max_length=8, choices=State, default=State.TODO)
    note = models.TextField(blank=True)  # of a blocked one: by what
    done_at = models.DateTimeField(null=True)
    done_by = models.CharField(max_length=64, blank=True)
    done_name = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering: ClassVar = ["day", "position", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(day__gte=1, day__lte=10), name="task_on_one_of_ten_days"),
            models.CheckConstraint(
                condition=Q(state="done", done_at__isnull=False) | (~Q(state="done") & Q(done_at=None)),
                name="task_done_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def overdue(self, on: date) -> bool:
        return self.state != self.State.DONE and self.due_on < on

    @property
    def late(self) -> bool:
        """Whether it was done after its day."""
        return self.done_at is not None and timezone.localdate(self.done_at) > self.due_on


class Shadowing(models.Model):
    """One sitting beside an operator. Who it was is not asked: their role is enough."""

    engagement = models.ForeignKey(Engagement, on_delete=models.PROTECT, related_name="shadowings")
    role = models.CharField(max_length=120)  # "front-line agent"
    place = models.CharField(max_length=120)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    by = models.CharField(max_length=64)
    by_name = models.CharField(max_length=200)

    class Meta:
        ordering: ClassVar = ["-began_at", "-id"]

    def __str__(self) -> str:
        return f"{self.role}, {self.place}"


class ShadowedStep(models.Model):
    """One step that was watched, timed by this server's clock. `case` counts the cases of its sitting from 1."""

    class Kind(models.TextChoices):
        NORMAL = "normal", "Normal"
        EXCEPTION = "exception", "Exception"

    shadowing = models.ForeignKey(Shadowing, on_delete=models.PROTECT, related_name="steps")
    case = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=120)
    system = models.CharField(max_length=120, blank=True)
    kind = models.CharField(max_length=9, choices=Kind, default=Kind.NORMAL)
    note = models.TextField(blank=True)
    started_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["started_at", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(stopped_at=None) | Q(stopped_at__gte=F("started_at")), name="step_stops_after_it_starts"
            ),
            models.UniqueConstraint(
                fields=["shadowing"], condition=Q(stopped_at=None), name="one_step_runs_in_a_sitting"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def seconds(self) -> int | None:
        return None if self.stopped_at is None else round((self.stopped_at - self.started_at).total_seconds())


class DayTen(models.Model):
    """What the decision owner decided on the tenth day, on which evidence. Written once, and signed."""

    class Decision(models.TextChoices):
        COMMIT = "commit", "Commit"
        CONDITIONS = "conditions", "Commit with conditions"
        WALK_AWAY = "walk_away", "Walk away"

    engagement = models.OneToOneField(Engagement, on_delete=models.PROTECT, related_name="day_ten")
    decision = models.CharField(max_length=10, choices=Decision)
    recommended = models.CharField(max_length=10, choices=Decision)
    reason = models.TextField(blank=True)
    conditions = models.TextField(blank=True)
    evidence = models.JSONField()  # day_ten.Evidence as it was shown
    build_on = models.DateField(null=True)  # the first day of Build, where it was committed to
    signature = models.OneToOneField(Signature, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"{self.engagement}: {self.get_decision_display()}"
