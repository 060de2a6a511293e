"""Exports of the audit log. Part of `models`."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models
from django.utils import timezone

from apps.evaluations.leased_run import LeasedRun

KEPT = timedelta(days=7)


class Export(LeasedRun):
    """One selection of the log on its way into a bundle. `total` and `done` count entries, `report` holds what it says.

    Written piece by piece: places below `position` have been looked at, and `lengths` says how far each growing file
    goes, so whoever takes it over cuts off what a killed worker wrote behind that.
    """

    NOUN = "export"

    scope = models.JSONField()  # apps.compliance.exports.scopes.Scope
    size = models.BigIntegerField(default=0)  # of the signed checkpoint that it is proved against; 0: not chosen yet
    position = models.BigIntegerField(default=0)
    lengths = models.JSONField(default=dict)  # file → bytes
    file_bytes = models.BigIntegerField(default=0)  # of the finished zip file
    sha256 = models.CharField(max_length=64, blank=True)
    downloads = models.PositiveIntegerField(default=0)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d %H:%M}"

    @property
    def kept_until(self) -> datetime | None:
        return self.finished_at + KEPT if self.finished_at else None

    @property
    def at_hand(self) -> bool:
        """Whether there is a file to download."""
        kept = self.removed_at is None and self.kept_until is not None and timezone.now() < self.kept_until
        return kept and self.state == self.State.DONE
