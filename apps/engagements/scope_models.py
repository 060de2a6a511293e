"""The integration scope of Discovery. Part of `models`."""

from typing import ClassVar

from django.db import models

from apps.engagements.engagement_models import Engagement


class ScopeItem(models.Model):
    """One system that the workflow reads from or writes to, and what it takes to get there."""

    class Direction(models.TextChoices):
        READ = "read", "reads"
        WRITE = "write", "writes"
        BOTH = "both", "reads and writes"

    class Data(models.TextChoices):
        PUBLIC = "public", "Public"
        INTERNAL = "internal", "Internal"
        PERSONAL = "personal", "Personal"
        SPECIAL = "special", "Special category or health"

    class State(models.TextChoices):
        NAMED = "named", "Named"
        ASKED = "asked", "Access asked for"
        GRANTED = "granted", "Access granted"
        TESTED = "tested", "One read tried"

    class Risk(models.TextChoices):
        LOW = "low", "Low"
        MEDIUM = "medium", "Medium"
        HIGH = "high", "High"

    engagement = models.ForeignKey(Engagement, on_delete=models.PROTECT, related_name="scope_items")
    system = models.CharField(max_length=120)
    operations = models.CharField(max_length=400)
    direction = models.CharField(max_length=5, choices=Direction, default=Direction.READ)
    authentication = models.CharField(max_length=120, blank=True)
    data = models.CharField(max_length=8, choices=Data, default=Data.PERSONAL)
    owner = models.CharField(max_length=120, blank=True)
    risk = models.CharField(max_length=6, choices=Risk, default=Risk.MEDIUM)
    note = models.CharField(max_length=400, blank=True)  # what the risk is, and what is done about it
    state = models.CharField(max_length=8, choices=State, default=State.NAMED)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["system", "id"]

    def __str__(self) -> str:
        return self.system

    @property
    def wanting(self) -> list[str]:
        """What day 10 needs to know of it still."""
        missing = {"an owner": self.owner, "how one signs in": self.authentication}
        found = [what for what, there in missing.items() if not there]
        return found + ([] if self.state in (self.State.GRANTED, self.State.TESTED) else ["access"])
