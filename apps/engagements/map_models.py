"""Workflow maps and the event logs that they were drawn from. Part of `models`."""

from typing import ClassVar

from django.db import models

from apps.engagements.engagement_models import Engagement


class MapVersion(models.Model):
    """One version of one side of the workflow map: `content` is a `map_content.MapContent`. Written once."""

    class Side(models.TextChoices):
        TODAY = "today", "Today"
        TARGET = "target", "Target"

    engagement = models.ForeignKey(Engagement, on_delete=models.PROTECT, related_name="map_versions")
    side = models.CharField(max_length=6, choices=Side)
    number = models.PositiveIntegerField()
    content = models.JSONField()
    agreed = models.BooleanField()  # whether whoever wrote it says that operators and owner have agreed on it
    note = models.CharField(max_length=400)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=64)
    created_name = models.CharField(max_length=200)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["engagement", "side", "number"], name="map_version_once")
        ]

    def __str__(self) -> str:
        return f"Workflow map, {self.get_side_display().lower()}, version {self.number}"


class MinedLog(models.Model):
    """What an event log says about a workflow, added up: `content` is a `mining.Mined`. Written once.

    The file itself is not kept, and nobody's name: who did a step is counted by role.
    """

    engagement = models.ForeignKey(Engagement, on_delete=models.PROTECT, related_name="mined_logs")
    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    content = models.JSONField()
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=64)
    created_name = models.CharField(max_length=200)

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return self.file_name
