"""A workflow and the immutable releases that decide how its cases are handled."""

from typing import ClassVar

from django.db import models


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
