"""What went to a model and came back, byte for byte, and the store of trained classifiers."""

import hashlib
from typing import ClassVar, Literal

from django.db import models
from django.db.models import Q
from uuid6 import uuid7

from apps.audit.sealing import unseal

Part = Literal["request", "response", "problem"]


class Exchange(models.Model):
    """One HTTP round trip to a model provider. Written once, before the answer is used.

    The bodies are exact, and sealed under the key of the person that they are about; headers, and with them the API
    key, are not kept. The digests are keyed by the same key: they find the answer to a later request with the same
    bytes for the same case and purpose, and say nothing to anyone once the key is destroyed.
    """

    class Outcome(models.TextChoices):
        ANSWERED = "answered", "Answered"
        UNUSABLE = "unusable", "Answered, but not in the form asked for"
        FAILED = "failed", "No answer"
        SURPLUS = "surplus", "Answered twice at once; the other answer counts"
        RERUN = "rerun", "Asked again, to compare"

    REPLAYED: ClassVar = (Outcome.ANSWERED, Outcome.UNUSABLE)

    id = models.UUIDField(primary_key=True, default=uuid7)
    case_id = models.UUIDField()
    person = models.UUIDField(null=True)  # whose key seals it; none in a row from before there were seals
    purpose = models.CharField(max_length=40)  # "intake", "action"
    route = models.CharField(max_length=120)  # "anthropic:claude-sonnet-4-5"
    request = models.BinaryField()  # sealed, as are the other two
    request_digest = models.CharField(max_length=80)  # hmac-sha256:<hex>
    response = models.BinaryField()  # of no bytes when none came
    response_digest = models.CharField(max_length=80)
    content_type = models.CharField(max_length=100, blank=True)
    status = models.PositiveSmallIntegerField()  # HTTP, 0 when the connection failed or timed out
    outcome = models.CharField(max_length=10, choices=Outcome)
    problem = models.BinaryField()  # why there is no answer, which may quote from one
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
                fields=["case_id", "purpose", "request_digest"],
                condition=Q(outcome__in=["answered", "unusable"]),
                name="one_answer_per_request",
            ),
            # Put on by the migration as NOT VALID: rows from before are sealed by `manage.py seal_exchanges`.
            models.CheckConstraint(condition=Q(person__isnull=False), name="exchange_is_sealed"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["case_id", "purpose"], name="exchange_by_case"),
            models.Index(fields=["started_at"], name="exchange_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.route} for {self.purpose}, {self.outcome}"

    def place(self, part: Part) -> str:
        return f"exchange:{self.pk}:{part}"

    def plain(self, part: Part) -> bytes:
        """The exact bytes. Raises SubjectForgotten and SealBroken."""
        if self.person is None:
            return bytes(getattr(self, part))
        return unseal(self.person, self.place(part), getattr(self, part))

    def fingerprints(self) -> dict[str, str]:
        """What the log says of it: digests of the words, and hashes of the sealed bytes that anyone can check."""
        return {
            "exchange": str(self.pk),
            "request": self.request_digest,
            "response": self.response_digest,
            "sealed_request": hashlib.sha256(self.request).hexdigest(),
            "sealed_response": hashlib.sha256(self.response).hexdigest(),
        }


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
