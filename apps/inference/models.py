"""What went to a model and came back, byte for byte, and the store of trained classifiers."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from uuid6 import uuid7


class Exchange(models.Model):
    """One HTTP round trip to a model provider. Written once, before the answer is used.

    The bodies are exact; headers, and with them the API key, are not kept. An answered exchange is the answer to every
    later request with the same bytes for the same case and purpose.
    """

    class Outcome(models.TextChoices):
        ANSWERED = "answered", "Answered"
        UNUSABLE = "unusable", "Answered, but not in the form asked for"
        FAILED = "failed", "No answer"
        SURPLUS = "surplus", "Answered twice at once; the other answer counts"

    REPLAYED: ClassVar = (Outcome.ANSWERED, Outcome.UNUSABLE)

    id = models.UUIDField(primary_key=True, default=uuid7)
    case_id = models.UUIDField()
    purpose = models.CharField(max_length=40)  # "intake", "action"
    route = models.CharField(max_length=120)  # "anthropic:claude-sonnet-4-5"
    request = models.BinaryField()
    request_sha256 = models.CharField(max_length=64)
    response = models.BinaryField(default=bytes)  # empty when none came
    response_sha256 = models.CharField(max_length=64)
    content_type = models.CharField(max_length=100, blank=True)
    status = models.PositiveSmallIntegerField()  # HTTP, 0 when the connection failed or timed out
    outcome = models.CharField(max_length=10, choices=Outcome)
    problem = models.CharField(max_length=400, blank=True)
    input_tokens = models.PositiveIntegerField(default=0)
    output_tokens = models.PositiveIntegerField(default=0)
    cost = models.DecimalField(max_digits=12, decimal_places=6, default=0)  # USD
    cost_estimated = models.BooleanField(default=False)  # the model had no known price, so a high one was assumed
    started_at = models.DateTimeField()
    microseconds = models.BigIntegerField()

    class Meta:
        ordering: ClassVar = ["started_at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["case_id", "purpose", "request_sha256"],
                condition=Q(outcome__in=["answered", "unusable"]),
                name="one_answer_per_request",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["case_id", "purpose"], name="exchange_by_case"),
            models.Index(fields=["started_at"], name="exchange_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.route} for {self.purpose}, {self.outcome}"


class Artefact(models.Model):
    """Bytes under their own SHA-256: a trained classifier that releases name by this fingerprint."""

    sha256 = models.CharField(primary_key=True, max_length=64)
    kind = models.CharField(max_length=40)
    bytes = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.kind} {self.sha256[:6]}"


class Budget(models.Model):
    """The tenant's spending limit for models. At most one row; without it `budgets.DEFAULT_PER_DAY` holds."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    per_day = models.DecimalField(max_digits=12, decimal_places=2)  # USD, a UTC day

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=Q(id=1), name="one_budget")]

    def __str__(self) -> str:
        return f"{self.per_day} USD a day"
