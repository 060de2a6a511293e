"""The monthly report, who gets it, and whether it reached them. Part of `models`."""

from typing import ClassVar

from django.db import models
from uuid6 import uuid7

from apps.workflows.models import Workflow


class Recipient(models.Model):
    """A member who gets the monthly report by e-mail."""

    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="report_recipients")
    person_id = models.UUIDField()  # a person in the public schema; the service checks that they are a member
    added_at = models.DateTimeField()
    added_by = models.CharField(max_length=64)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workflow", "person_id"], name="report_recipient_once"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} for {self.workflow_id}"


class MonthlyReport(models.Model):
    """One month of one workflow. What it says never changes, as it is what people were sent."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="reports")
    month = models.DateField()  # its first day
    figures = models.JSONField()  # what the document was set from
    pdf = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-month", "-id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["workflow", "month"], name="one_report_a_month")]

    def __str__(self) -> str:
        return f"{self.workflow_id}, {self.month:%B %Y}"


class Delivery(models.Model):
    """One report to one person: tried until it is sent, or given up."""

    report = models.ForeignKey(MonthlyReport, on_delete=models.PROTECT, related_name="deliveries")
    person_id = models.UUIDField()
    person_name = models.CharField(max_length=200)
    attempts = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(max_length=400, blank=True)
    again_at = models.DateTimeField(null=True)  # null once it is sent, or given up
    sent_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["person_name", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["report", "person_id"], name="one_delivery_a_person"),
        ]

    def __str__(self) -> str:
        return f"{self.report_id} to {self.person_name}"
