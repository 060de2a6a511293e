"""What a case means, as a vector: kept of the cases that come to a person, so that the next one like it is found.

Beside the case, whose frequent updates would drag it along. No index over the vectors: the few thousand cases that were
decided last are compared exactly, which takes milliseconds, and no write waits for a graph.
"""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from pgvector.django import HalfVectorField


class CaseVector(models.Model):
    case = models.OneToOneField("cases.Case", primary_key=True, on_delete=models.CASCADE, related_name="vector")
    encoder = models.CharField(max_length=64)  # its fingerprint: vectors of two encoders cannot be compared
    case_type = models.CharField(max_length=60)
    embedding = HalfVectorField(dimensions=384)
    decided_at = models.DateTimeField(null=True)  # by a person; None while it waits

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["case_type", "-decided_at"], condition=~Q(decided_at=None), name="vector_decided"),
        ]

    def __str__(self) -> str:
        return f"meaning of {self.case_id}"
