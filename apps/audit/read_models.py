"""What has been read lately, so that one look is one entry."""

from django.db import models


class Read(models.Model):
    """That somebody's read is in the log for the span that begins at `since`. Of no use when the span is over."""

    pk = models.CompositePrimaryKey("actor", "object", "purpose", "since")
    actor = models.CharField(max_length=120)
    object = models.CharField(max_length=200)
    purpose = models.CharField(max_length=16)
    since = models.DateTimeField()

    class Meta:
        app_label = "audit"

    def __str__(self) -> str:
        return f"{self.actor} read {self.object}"
