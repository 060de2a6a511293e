"""What has been read lately, so that one look is one entry; and which changes of the schema have one."""

from typing import ClassVar

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


class SchemaChange(models.Model):
    """A change of the schema that is in the log: its number in the database's own record, and what was made of it."""

    change = models.BigIntegerField(primary_key=True)
    entry_id = models.UUIDField()
    expected = models.BooleanField()  # it belongs to a migration that was kept

    class Meta:
        app_label = "audit"
        db_table = "audit_schema_change"
        indexes: ClassVar = [
            models.Index(fields=["-change"], condition=models.Q(expected=False), name="audit_schema_unexpected"),
        ]

    def __str__(self) -> str:
        return str(self.change)
