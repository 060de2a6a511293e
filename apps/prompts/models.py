"""Versions of the prompts that a model is given. What a version says never changes."""

from typing import ClassVar

from django.db import models


class PromptVersion(models.Model):
    """`sha256` is of purpose, model and text in canonical JSON: what a release names and an exchange records."""

    class Purpose(models.TextChoices):
        INTAKE = "intake", "Intake"
        ACTION = "action", "Action"

    slug = models.SlugField()
    version = models.PositiveIntegerField()
    purpose = models.CharField(max_length=10, choices=Purpose)
    model = models.CharField(max_length=100)
    text = models.TextField()
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=64)

    class Meta:
        ordering: ClassVar = ["slug", "-version"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["slug", "version"], name="prompt_version_once"),
            models.UniqueConstraint(fields=["slug", "sha256"], name="prompt_content_once"),
        ]

    def __str__(self) -> str:
        return f"{self.slug}, version {self.version}"
