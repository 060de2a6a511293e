from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models


class Indexed(models.Model):
    """What an entry can be found by. Made from the log, holds nothing that it does not, and can be made again."""

    seq = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    terms = ArrayField(models.TextField(db_collation="C"))  # "by:person:…", "source:returns": apps.audit.indexing

    class Meta:
        db_table = "audit_indexed"
        indexes = (
            GinIndex(fields=["terms"], name="audit_indexed_terms", fastupdate=False),
            models.Index(fields=["at"], name="audit_indexed_at"),
        )

    def __str__(self) -> str:
        return f"{self.seq}: {', '.join(self.terms)}"
