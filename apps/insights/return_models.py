"""What the return is reckoned with beside the records: prices, dates, assumptions. Part of `models`."""

from typing import ClassVar

from django.db import models

from apps.workflows.models import Workflow


class ReturnTerms(models.Model):
    """One version of the terms: `content` is a `return_terms.Terms`. Written once; the last one counts."""

    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="return_terms")
    content = models.JSONField()
    source = models.CharField(max_length=400)
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=64)
    recorded_name = models.CharField(max_length=200)

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"Terms of {self.recorded_at:%d %B %Y}"
