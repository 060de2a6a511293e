"""Who has what: a case's place in the queue, who holds it, what a person is given, and what was done to many at once.

The queue is read from `Place`, a narrow table beside the case. The database keeps it: a trigger (migration 0003) makes
the row when a case comes to a person and removes it, with whoever held it, when the case goes on.
"""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from uuid6 import uuid7

from apps.cases.models import Case


class Place(models.Model):
    """A waiting case, by what the queue is ordered and filtered. `weight` x time waited is its priority."""

    class Away(models.TextChoices):
        HERE = "", "In the queue"
        SNOOZED = "snoozed", "Snoozed"
        SENT_BACK = "sent_back", "Sent back to the sender"

    class Pressure(models.IntegerChoices):
        """How much its clock presses: the factor that the service level adds to the priority."""

        IN_TIME = 1, "in time"
        DUE_SOON = 2, "due soon"
        OVERDUE = 4, "overdue"

    case = models.OneToOneField(Case, primary_key=True, on_delete=models.CASCADE, related_name="place")
    workflow = models.ForeignKey("workflows.Workflow", on_delete=models.CASCADE, related_name="+", db_index=False)
    since = models.DateTimeField()
    case_type = models.CharField(max_length=60, blank=True)
    language = models.CharField(max_length=12, blank=True)
    customer = models.CharField(max_length=200, blank=True)
    lane = models.CharField(max_length=10, blank=True)
    band = models.CharField(max_length=10, blank=True)
    urgency = models.CharField(max_length=10, blank=True)
    rule = models.CharField(max_length=40, blank=True)  # of the review gate
    reason = models.CharField(max_length=40, blank=True)  # why it is here: the rule, "escalated" or "machine"
    awaits = models.CharField(max_length=40, blank=True)  # "" anybody who decides, "reserved", or a role
    risk = models.SmallIntegerField()  # urgency 1 to 3 x impact 1 or 2
    pressure = models.SmallIntegerField(choices=Pressure, default=Pressure.IN_TIME, db_default=Pressure.IN_TIME)
    weight = models.GeneratedField(
        expression=F("risk") * F("pressure"), output_field=models.SmallIntegerField(), db_persist=True
    )
    away = models.CharField(max_length=10, choices=Away, default=Away.HERE, db_default=Away.HERE, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["weight", "since", "case"], condition=Q(away=""), name="place_in_order"),
            models.Index(fields=["awaits", "weight", "since", "case"], condition=Q(away=""), name="place_for_whom"),
            models.Index(fields=["case_type", "weight", "since", "case"], condition=Q(away=""), name="place_of_type"),
            models.Index(fields=["away", "since"], condition=~Q(away=""), name="place_away"),
            models.Index(fields=["since"], condition=Q(away=""), name="place_oldest"),
            models.Index(fields=["case"], condition=Q(away="", urgency="high"), name="place_urgent"),
            models.Index(fields=["case"], condition=Q(away="", band="low"), name="place_unsure"),
        ]

    def __str__(self) -> str:
        return f"place of {self.case_id}"


class Assignment(models.Model):
    """A person holds a case, for as long as the lease lasts; without one until they decide or give it back."""

    class Source(models.TextChoices):
        NEXT = "next", "Handed out as the next one"
        OPENED = "opened", "Opened"
        REASSIGNED = "reassigned", "Given by somebody else"
        TAKEN_OVER = "taken_over", "Taken over"

    # A constraint would lock the case, which whoever decides holds. The trigger removes both rows together.
    case = models.OneToOneField(
        Case, primary_key=True, on_delete=models.CASCADE, related_name="assignment", db_constraint=False
    )
    holder_id = models.UUIDField()
    holder_name = models.CharField(max_length=120)
    source = models.CharField(max_length=10, choices=Source)
    taken_over_from = models.CharField(max_length=120, blank=True)
    turn = models.IntegerField(default=1)  # counts the holders; it shuts out a page that was left open before
    since = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)  # null: given for good
    beaten_at = models.DateTimeField()
    active_ms = models.BigIntegerField(default=0)  # worked on it so far, without idle time

    class Meta:
        indexes: ClassVar = [models.Index(fields=["holder_id", "lease_until"], name="assignment_of_holder")]

    def __str__(self) -> str:
        return f"{self.case_id} with {self.holder_name}"


class Reviewer(models.Model):
    """What a person is given. Empty lists mean everything; who is not here is given everything, without a cap."""

    person_id = models.UUIDField(primary_key=True)
    case_types = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    languages = ArrayField(models.CharField(max_length=12), default=list, blank=True)
    workflows = ArrayField(models.CharField(max_length=60), default=list, blank=True)  # slugs
    conflicts = ArrayField(models.CharField(max_length=200), default=list, blank=True)  # customers' references
    most_held = models.SmallIntegerField(null=True, blank=True)  # cases at once
    most_a_day = models.SmallIntegerField(null=True, blank=True)  # decisions

    def __str__(self) -> str:
        return f"what {self.person_id} is given"


class SavedFilter(models.Model):
    """A selection of the queue under a name, for one's own use or for everybody's."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    owner_id = models.UUIDField()
    owner_name = models.CharField(max_length=120)
    name = models.CharField(max_length=60)
    address = models.CharField(max_length=2000)  # the selection as a query string
    shared = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["name", "id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["owner_id", "name"], name="one_filter_per_name")]

    def __str__(self) -> str:
        return self.name


class BulkAction(models.Model):
    """One deed on many cases, which is taken back as one. `done` names each case and what undoes it there."""

    class Kind(models.TextChoices):
        REASSIGN = "reassign", "Reassigned"
        SHARE_OUT = "share_out", "Shared out"
        ESCALATE = "escalate", "Escalated"
        APPROVE = "approve", "Approved"
        SNOOZE = "snooze", "Snoozed"

    id = models.UUIDField(primary_key=True, default=uuid7)
    kind = models.CharField(max_length=10, choices=Kind)
    actor_id = models.UUIDField()
    actor_name = models.CharField(max_length=120)
    selection = models.CharField(max_length=2000, blank=True)  # the filter that they were chosen by
    said = models.TextField(blank=True)  # the rationale, or to whom
    done = models.JSONField(default=list)
    refused = models.JSONField(default=list)
    at = models.DateTimeField(auto_now_add=True)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-at"]
        indexes: ClassVar = [models.Index(fields=["actor_id", "-at"], name="bulk_of_actor")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {len(self.done)} cases"
