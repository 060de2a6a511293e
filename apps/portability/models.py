"""Hand-overs: a tenant's whole state, asked for by one person and approved by another."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models
from django.utils import timezone

from apps.evaluations.leased_run import LeasedRun

KEPT = timedelta(days=3)


class HandOver(LeasedRun):
    """One archive on its way. `total` and `done` count rows; `report` names tables and their rows."""

    NOUN = "archive"

    approved_by = models.CharField(max_length=64, blank=True)
    approved_name = models.CharField(max_length=200, blank=True)
    approved_at = models.DateTimeField(null=True)
    salt = models.BinaryField()
    secret = models.BinaryField(null=True)  # the travel key under our master key; gone once the archive is made
    file_bytes = models.BigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    downloads = models.PositiveIntegerField(default=0)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "portability_handover"
        ordering: ClassVar = ["-created_at"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~models.Q(approved_by=models.F("created_by")), name="hand_over_approved_by_another"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d %H:%M}"

    @property
    def awaits(self) -> bool:
        """Whether somebody has yet to approve it."""
        return self.approved_at is None and not self.resting

    @property
    def kept_until(self) -> datetime | None:
        return self.finished_at + KEPT if self.finished_at else None

    @property
    def at_hand(self) -> bool:
        kept = self.removed_at is None and self.kept_until is not None and timezone.now() < self.kept_until
        return kept and self.state == self.State.DONE
