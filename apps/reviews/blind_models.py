"""Blind reviews: a person looks at a finished case as if it were new, and what they say changes nothing about it."""

from typing import ClassVar
from uuid import uuid4

from django.db import models
from django.db.models import F, Q

from apps.cases.models import Case


class BlindReview(models.Model):
    """One case for one more pair of eyes. It stands beside the case: nothing is sent, and no traffic is counted."""

    class Kind(models.TextChoices):
        SAMPLE = "sample", "Cleared automatically"
        SECOND = "second", "Decided by somebody else"
        KNOWN = "known", "Known answer"

    class Verdict(models.TextChoices):
        APPROVE = "approve", "Send it as it is"
        EDIT = "edit", "Change it first"
        REJECT = "reject", "Reject it"

    id = models.UUIDField(primary_key=True, default=uuid4)  # random, so that the order gives no kind away
    kind = models.CharField(max_length=6, choices=Kind)
    workflow = models.ForeignKey("workflows.Workflow", on_delete=models.PROTECT, related_name="+")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="blind_reviews")
    first = models.ForeignKey("reviews.Disposition", null=True, on_delete=models.PROTECT, related_name="+")
    not_by = models.UUIDField(null=True)  # who made the first decision; the database refuses them as the second
    expected = models.JSONField(default=dict)  # of a known case: the label, and whether the machine's draft fits it
    drawn_at = models.DateTimeField()
    holder_id = models.UUIDField(null=True)
    holder_name = models.CharField(max_length=120, blank=True)
    lease_until = models.DateTimeField(null=True)
    verdict = models.CharField(max_length=8, choices=Verdict, blank=True)
    reason_code = models.CharField(max_length=40, blank=True)
    rationale = models.TextField(blank=True)
    reviewer_id = models.UUIDField(null=True)
    reviewer_name = models.CharField(max_length=120, blank=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-decided_at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "kind"], name="one_blind_review_per_case_and_kind"),
            models.CheckConstraint(
                condition=Q(not_by=None) | Q(reviewer_id=None) | ~Q(reviewer_id=F("not_by")),
                name="second_opinion_of_somebody_else",
            ),
            models.CheckConstraint(
                condition=Q(verdict="", decided_at=None, reviewer_id=None)
                | (~Q(verdict="") & Q(decided_at__isnull=False, reviewer_id__isnull=False)),
                name="blind_verdict_has_its_person",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["id"], condition=Q(verdict=""), name="blind_review_open"),
            models.Index(fields=["kind", "decided_at"], condition=~Q(verdict=""), name="blind_review_decided"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.case_id}"
