"""Readiness assessments as they were made. Part of `models`."""

from typing import ClassVar

from django.db import models
from uuid6 import uuid7


class Readiness(models.Model):
    """One assessment: what was answered, what live records showed, what followed. Written once."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    questions = models.PositiveSmallIntegerField()  # version of the questions
    answers = models.JSONField()  # question → "yes", "partly", "no", "unknown"
    result = models.JSONField()  # readiness.Assessment as JSON
    created_by = models.CharField(max_length=64)
    created_name = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d %H:%M}"
