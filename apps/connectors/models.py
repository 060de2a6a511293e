"""Systems of record, and the ledger of everything the platform asks them to do."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from uuid6 import uuid7


class System(models.Model):
    """A system of record, what may be asked of it, and how it tells a repeated order from a new one."""

    class Guarantee(models.TextChoices):
        KEY = "key", "Honours an idempotency key"
        LOOKUP = "lookup", "Can be asked whether it was done"
        NONE = "none", "Neither: never repeated automatically"

    slug = models.SlugField(primary_key=True, max_length=40)
    title = models.CharField(max_length=120)
    base_url = models.URLField(blank=True)  # "" for the shipped system of record
    guarantee = models.CharField(max_length=6, choices=Guarantee)
    operations = models.JSONField()  # operations.Operations; nothing else can be asked
    timeout = models.PositiveSmallIntegerField(default=5)  # seconds for one answer
    settles_after = models.PositiveSmallIntegerField(default=30)  # seconds after which a look-up's "not there" is final

    class Meta:
        ordering: ClassVar = ["slug"]

    def __str__(self) -> str:
        return self.title


class Effect(models.Model):
    """One order to a system of record.

    planned ─► sent ─► confirmed ─► compensated
       │        ├────► failed (the system said no)
       │        └────► unknown ─► reconciled (it was done) ─► compensated
       │                  └─────► planned again (it was not) or failed
       └─► cancelled

    The identity is (case, step, system, operation, business object), never a hash of what a model wrote. `fence` counts
    the claims: whoever holds an older one may not write. All times are the database's.
    """

    class State(models.TextChoices):
        PLANNED = "planned", "Planned"
        SENT = "sent", "Sent"
        CONFIRMED = "confirmed", "Confirmed"
        UNKNOWN = "unknown", "Unknown"
        RECONCILED = "reconciled", "Reconciled"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"
        COMPENSATED = "compensated", "Taken back"

    DONE: ClassVar = (State.CONFIRMED, State.RECONCILED)

    id = models.UUIDField(primary_key=True, default=uuid7)
    case_id = models.UUIDField()
    subject_id = models.UUIDField()  # whose audit key the parameters are committed under
    step = models.CharField(max_length=40)
    position = models.PositiveSmallIntegerField()  # effects of a case run in this order, one after the other
    system = models.ForeignKey(System, on_delete=models.PROTECT, related_name="effects")
    operation = models.CharField(max_length=60)
    object = models.CharField(max_length=200)  # "order:88-20417"
    params = models.JSONField()
    params_digest = models.CharField(max_length=100)  # keyed, as the audit entries have it
    summary = models.CharField(max_length=400, blank=True)
    amount = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    compensation = models.CharField(max_length=60, blank=True)  # what takes it back, recorded before it is sent
    compensates = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="compensated_by")

    state = models.CharField(max_length=12, choices=State, default=State.PLANNED)
    needs_person = models.BooleanField(default=False)  # nothing automatic may or can go on
    due_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    fence = models.IntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    answer = models.JSONField(null=True)
    problem = models.CharField(max_length=400, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["position", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["case_id", "step", "system", "operation", "object"], name="one_effect_per_key"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["case_id", "position"], name="effect_by_case"),
            models.Index(
                fields=["due_at"], condition=Q(state__in=["planned", "sent", "unknown"]), name="effect_unsettled"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.system_id}.{self.operation} {self.object}, {self.state}"
