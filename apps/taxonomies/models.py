"""Versions of a workflow's taxonomy. What a version says never changes; only its sign-off is added."""

from typing import ClassVar

from django.db import models

from apps.taxonomies.content import Taxonomy


class TaxonomyVersion(models.Model):
    """The content as canonical JSON has the SHA-256 that releases name. The database refuses to change it."""

    workflow = models.SlugField()
    version = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    content = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=64)
    signed_off_at = models.DateTimeField(null=True)
    signed_off_by = models.CharField(max_length=64, blank=True)
    signed_off_name = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering: ClassVar = ["workflow", "-version"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workflow", "version"], name="taxonomy_version_once"),
            models.UniqueConstraint(fields=["workflow", "sha256"], name="taxonomy_content_once"),
        ]

    def __str__(self) -> str:
        return f"{self.workflow} taxonomy, version {self.version}"

    def taxonomy(self) -> Taxonomy:
        return Taxonomy.model_validate(self.content)
