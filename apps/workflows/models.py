"""A workflow, its immutable releases, who answers for it, and which release takes the next case."""

from typing import ClassVar

from django.db import models
from uuid6 import uuid7


class Release(models.Model):
    """Everything that decides how a case is handled, bundled under the SHA-256 of its canonical JSON (RFC 8785).

    Rows are never changed: the database refuses UPDATE and DELETE (migration 0001).
    """

    fingerprint = models.CharField(primary_key=True, max_length=64)
    workflow = models.ForeignKey("workflows.Workflow", on_delete=models.PROTECT, related_name="releases")
    label = models.CharField(max_length=40)  # "2026.47-a", for people
    manifest = models.BinaryField()  # the exact canonical bytes
    note = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=64)

    class Meta:
        ordering: ClassVar = ["-created_at"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["workflow", "label"], name="one_label_per_workflow")]

    def __str__(self) -> str:
        return f"{self.label} · {self.fingerprint[:6]}"

    @property
    def short(self) -> str:
        return self.fingerprint[:6]


class Workflow(models.Model):
    slug = models.SlugField(unique=True)
    title = models.CharField(max_length=120)
    owner = models.EmailField()  # the decision owner: no owner, no traffic
    kpi = models.CharField(max_length=200, blank=True)
    monthly_volume = models.PositiveIntegerField(default=0)
    case_prefix = models.CharField(max_length=4, default="C")  # of the case numbers people read aloud: "R-20418"
    production = models.ForeignKey(Release, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["title"]

    def __str__(self) -> str:
        return self.title


# --- who answers for it ---------------------------------------------------------------------------------------------


class Charter(models.Model):
    """What a workflow is for, who answers for it, and when it stops: `content` is a charters.CharterContent.

    What a version says never changes; only its signature is added (migration 0002). The latest signed one is in force.
    """

    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="charters")
    version = models.PositiveIntegerField()
    content = models.JSONField()
    note = models.TextField(blank=True)  # what this version changes and why
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=64)
    created_name = models.CharField(max_length=200)
    signed_at = models.DateTimeField(null=True)
    signed_by = models.CharField(max_length=64, blank=True)
    signed_name = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering: ClassVar = ["-version"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["workflow", "version"], name="charter_version_once")]

    def __str__(self) -> str:
        return f"Charter of {self.workflow_id}, version {self.version}"


# --- which release takes traffic ------------------------------------------------------------------------------------


class Warrant(models.Model):
    """Why `release` may take traffic, and the two people who stand for it. Written once.

    The database lets no release into production or into a slice without one that has not expired (migration 0002).
    """

    class Kind(models.TextChoices):
        FIRST = "first", "First release"
        GATE = "gate", "Passed the gate"
        OVERRIDE = "override", "Emergency override"
        ROLLBACK = "rollback", "Back to an earlier release"

    TWO_PEOPLE: ClassVar = (Kind.FIRST, Kind.GATE, Kind.OVERRIDE)  # going back is the safe way, and needs only one

    id = models.UUIDField(primary_key=True, default=uuid7)
    kind = models.CharField(max_length=8, choices=Kind)
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="warrants")
    incumbent = models.ForeignKey(Release, null=True, on_delete=models.PROTECT, related_name="+")  # None: the first
    evidence = models.JSONField(default=dict)  # {"verdict": id, "sentence": "…"}, as its kind has it
    proposed_by = models.CharField(max_length=64)
    proposed_name = models.CharField(max_length=200)
    approved_by = models.CharField(max_length=64)
    approved_name = models.CharField(max_length=200)
    reason = models.TextField()
    expires_at = models.DateTimeField(null=True)  # of an override, and of nothing else
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-created_at"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(kind="rollback") | ~models.Q(proposed_by=models.F("approved_by")),
                name="warrant_by_two_people",
            ),
            models.CheckConstraint(
                condition=models.Q(kind="override", expires_at__isnull=False)
                | (~models.Q(kind="override") & models.Q(expires_at=None)),
                name="warrant_override_expires",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.release_id[:6]}"


class TrafficPlan(models.Model):
    """Who handles the next case. Every move writes a new version; the highest is in force. Written once."""

    class Move(models.TextChoices):
        PROMOTE = "promote", "All traffic"
        SHADOW = "shadow", "Shadow"
        SLICE = "slice", "Slice"
        WIDEN = "widen", "Widened"
        HOLD = "hold", "Held"
        NARROW = "narrow", "Narrowed"
        STOP = "stop", "Stopped"
        RESTART = "restart", "Restarted"

    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="plans")
    version = models.PositiveIntegerField()
    incumbent = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="+")
    shares = models.JSONField(default=list)  # traffic.Share, one for each release beside the incumbent
    stopped = models.BooleanField(default=False)  # every case goes to a person until the owner restarts
    move = models.CharField(max_length=8, choices=Move)
    reason = models.TextField()
    evidence = models.JSONField(default=dict)  # what the move rested on, as it was then
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=64)
    created_name = models.CharField(max_length=200)

    class Meta:
        ordering: ClassVar = ["-version"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["workflow", "version"], name="plan_version_once")]

    def __str__(self) -> str:
        return f"Traffic of {self.workflow_id}, version {self.version}"

    @property
    def title(self) -> str:
        """What happened; of a promotion, whether it led back to an earlier release."""
        if self.evidence.get("kind") == Warrant.Kind.ROLLBACK:
            return "Rolled back"
        return self.Move(self.move).label


class Notice(models.Model):
    """Something that the decision owner must know, on the home page until they have seen it."""

    class Kind(models.TextChoices):
        BREACH = "breach", "A stop condition was breached"
        STOPPED = "stopped", "The workflow was stopped"
        OVERRIDE = "override", "Emergency override"
        ASSURANCE = "assured", "Behavioural assurance failed"
        ANOMALY = "anomaly", "Out of the ordinary"

    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="notices")
    kind = models.CharField(max_length=8, choices=Kind)
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    evidence = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField(null=True)
    seen_name = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering: ClassVar = ["-created_at"]

    def __str__(self) -> str:
        return self.text
