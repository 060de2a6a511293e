"""What is done with people's data: what they ask for, what is held or let go, and which cases have been blanked."""

from datetime import date
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from uuid6 import uuid7

from apps.cases.models import Case, Subject
from apps.workflows.models import Workflow


class DataRequest(models.Model):
    """What a person asks for about their data. It has a due date, and one end: done, or refused on a ground."""

    class Kind(models.TextChoices):
        ACCESS = "access", "A copy of their data (GDPR 15)"
        ERASURE = "erasure", "To be forgotten (GDPR 17)"
        RESTRICTION = "restriction", "No processing but keeping (GDPR 18)"
        CONTEST = "contest", "A person's look at a decision (GDPR 22)"

    class State(models.TextChoices):
        OPEN = "open", "In work"
        DONE = "done", "Done"
        REFUSED = "refused", "Refused"

    class Ground(models.TextChoices):
        """Why a request may be refused, by the article that says so."""

        EXPRESSION = "17-3-a", "Freedom of expression and information (GDPR 17(3)(a))"
        DUTY = "17-3-b", "A legal duty to keep it (GDPR 17(3)(b))"
        HEALTH = "17-3-c", "Public health (GDPR 17(3)(c))"
        ARCHIVE = "17-3-d", "Archiving, research or statistics (GDPR 17(3)(d))"
        CLAIMS = "17-3-e", "Legal claims, made or defended (GDPR 17(3)(e))"
        EXCESSIVE = "12-5-b", "Manifestly unfounded or excessive (GDPR 12(5)(b))"
        UNKNOWN = "12-6", "Who asks could not be identified (GDPR 12(6))"
        RIGHTS = "15-4", "It would harm the rights of others (GDPR 15(4))"

    id = models.UUIDField(primary_key=True, default=uuid7)
    kind = models.CharField(max_length=12, choices=Kind)
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="requests")
    case = models.ForeignKey(Case, null=True, on_delete=models.PROTECT, related_name="+")  # whose decision is contested
    received_on = models.DateField()
    due_on = models.DateField()
    wishes = models.TextField(blank=True)  # in the person's words
    extended_because = models.TextField(blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    ground = models.CharField(max_length=8, choices=Ground, blank=True)
    answer = models.TextField(blank=True)  # what the person was told
    certificate = models.JSONField(default=dict)  # erasing.Certificate, once forgotten
    opened_by = models.CharField(max_length=64)
    opened_name = models.CharField(max_length=200)
    opened_at = models.DateTimeField(auto_now_add=True)
    closed_by = models.CharField(max_length=64, blank=True)
    closed_name = models.CharField(max_length=200, blank=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "compliance_data_request"
        ordering: ClassVar = ["due_on", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["subject", "kind"],
                condition=Q(state="open") & ~Q(kind="contest"),
                name="one_open_request_of_a_kind",
            ),
            models.CheckConstraint(
                condition=~Q(kind="erasure", state="done") | ~Q(closed_by=models.F("opened_by")),
                name="erasure_by_two_people",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, received {self.received_on}"

    @property
    def overdue(self) -> bool:
        return self.state == self.State.OPEN and self.due_on < timezone.localdate()

    @property
    def days_left(self) -> int:
        today: date = timezone.localdate()
        return (self.due_on - today).days


class LegalHold(models.Model):
    """Nothing of a person, or of one case, may be let go while it stands. The database sees to it (migration 0002)."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="holds")
    case = models.ForeignKey(Case, null=True, on_delete=models.PROTECT, related_name="holds")  # None: all of theirs
    matter = models.CharField(max_length=120)  # the lawsuit or inquiry that it is for
    reason = models.TextField()
    placed_by = models.CharField(max_length=64)
    placed_name = models.CharField(max_length=200)
    placed_at = models.DateTimeField(auto_now_add=True)
    lifted_by = models.CharField(max_length=64, blank=True)
    lifted_name = models.CharField(max_length=200, blank=True)
    lifted_because = models.TextField(blank=True)
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "compliance_legal_hold"
        ordering: ClassVar = ["-placed_at"]
        indexes: ClassVar = [models.Index(fields=["subject"], condition=Q(lifted_at=None), name="hold_in_force")]

    def __str__(self) -> str:
        return self.matter


class RetentionRule(models.Model):
    """How long a class of data is kept, and who says so. Of the rules that apply the longest wins."""

    class Data(models.TextChoices):
        CASES = "cases", "What people wrote and what was found, of closed cases"
        EXCHANGES = "exchanges", "Requests to models and their answers, of closed cases"
        IMPORTS = "imports", "Rows of files that were not taken"
        NOTIFICATIONS = "notifications", "Notifications to people who work here"
        MEMORY = "memory", "What evaluations remember, to be quicker the next time"

    OF_A_WORKFLOW: ClassVar = (Data.CASES, Data.EXCHANGES, Data.IMPORTS)

    id = models.UUIDField(primary_key=True, default=uuid7)
    workflow = models.ForeignKey(Workflow, null=True, on_delete=models.PROTECT, related_name="+")  # None: every one
    data = models.CharField(max_length=16, choices=Data)
    days = models.PositiveIntegerField()
    source = models.CharField(max_length=300)  # the law, contract or schedule that says so
    made_name = models.CharField(max_length=200)
    made_at = models.DateTimeField(auto_now_add=True)
    ended_name = models.CharField(max_length=200, blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "compliance_retention_rule"
        ordering: ClassVar = ["data", "-days", "id"]

    def __str__(self) -> str:
        return f"{self.get_data_display()}: {self.days} days"


class Restriction(models.Model):
    """A person's data is kept and nothing else is done with it (GDPR 18), until it is lifted."""

    subject = models.OneToOneField(Subject, primary_key=True, on_delete=models.PROTECT, related_name="restriction")
    request = models.ForeignKey(DataRequest, on_delete=models.PROTECT, related_name="+")
    since = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"since {self.since:%Y-%m-%d}"


class ErasedCase(models.Model):
    """A case that says nothing about anybody any more. Written once; only its row opens what is else written once."""

    case = models.OneToOneField(Case, primary_key=True, on_delete=models.PROTECT, related_name="erased")
    reason = models.CharField(max_length=300)
    request = models.ForeignKey(DataRequest, null=True, on_delete=models.PROTECT, related_name="cases")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "compliance_erased_case"

    def __str__(self) -> str:
        return f"{self.case_id}: {self.reason}"
