"""The statement of work: its versions, what is said about them, and what became of them. Part of `models`."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from apps.compliance.models import Signature
from apps.engagements.engagement_models import Engagement


class SowVersion(models.Model):
    """One version of the statement of work: `content` is a `sow_content.SowContent`. Written once."""

    engagement = models.ForeignKey(Engagement, on_delete=models.PROTECT, related_name="sow_versions")
    number = models.PositiveIntegerField()
    content = models.JSONField()
    sha256 = models.CharField(max_length=64)  # of the canonical JSON of the content
    note = models.CharField(max_length=400)  # what this version changes, and why
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=64)
    created_name = models.CharField(max_length=200)

    class Meta:
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["engagement", "number"], name="sow_version_once")]

    def __str__(self) -> str:
        return f"Statement of work, version {self.number}"


class SowMove(models.Model):
    """What happened to a version. The last one of a version counts. Written once."""

    class Kind(models.TextChoices):
        OFFERED = "offered", "Offered"
        WITHDRAWN = "withdrawn", "Withdrawn"
        ACCEPTED = "accepted", "Accepted"
        DECLINED = "declined", "Declined"

    version = models.ForeignKey(SowVersion, on_delete=models.PROTECT, related_name="moves")
    kind = models.CharField(max_length=10, choices=Kind)
    reason = models.TextField(blank=True)
    signature = models.ForeignKey(Signature, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    by = models.CharField(max_length=64)
    by_name = models.CharField(max_length=200)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(kind="accepted", signature__isnull=False) | (~Q(kind="accepted") & Q(signature=None)),
                name="sow_accepted_with_signature",
            )
        ]

    def __str__(self) -> str:
        return f"{self.version}: {self.get_kind_display()}"


class SowComment(models.Model):
    """A remark on one section. It stays when it is resolved."""

    engagement = models.ForeignKey(Engagement, on_delete=models.PROTECT, related_name="sow_comments")
    section = models.CharField(max_length=40)  # a key of `sow_content.SECTIONS`
    number = models.PositiveIntegerField()  # of the version that it was made on
    text = models.TextField()
    at = models.DateTimeField()
    by = models.CharField(max_length=64)
    by_name = models.CharField(max_length=200)
    resolved_at = models.DateTimeField(null=True)
    resolved_name = models.CharField(max_length=200, blank=True)
    resolution = models.TextField(blank=True)

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"{self.by_name} on {self.section}"
