"""Where a person is named by the reference that the sending system knows them by, outside of their own cases."""

import json
from collections.abc import Callable
from urllib.parse import quote_plus
from uuid import UUID

from django.db.models import F, Func, Q, QuerySet, Value

from apps.cases.models import RejectedRow
from apps.evaluations.models import AssuredProbe, LabelledCase
from apps.reviews.models import BulkAction, Reviewer, SavedFilter

Count = dict[str, int]  # inventory's model → rows


def rejected_rows(reference: str) -> QuerySet[RejectedRow]:
    """Rows with a value that is the reference. They are kept as JSON in ASCII, and so is what is looked for."""
    return RejectedRow.objects.filter(row__contains=json.dumps(reference))


def probes(reference: str, subject: UUID) -> QuerySet[AssuredProbe]:
    """What releases were tried on that was made from the person's cases, blank by now or not."""
    cases = LabelledCase.objects.filter(Q(case__subject=subject) | Q(submission__customer=reference))
    made = Q(pk__in=[])
    for labelled_set, external_id in cases.values_list("labelled_set", "external_id"):
        made |= Q(run__labelled_set=labelled_set, external_id=external_id)
    return AssuredProbe.objects.filter(made)


def reviewers(reference: str) -> QuerySet[Reviewer]:
    return Reviewer.objects.filter(conflicts__contains=[reference])


def saved_filters(reference: str) -> QuerySet[SavedFilter]:
    return SavedFilter.objects.filter(address__contains=quote_plus(reference))


def bulk_actions(reference: str) -> QuerySet[BulkAction]:
    return BulkAction.objects.filter(selection__contains=quote_plus(reference))


def count_references(reference: str, subject: UUID) -> Count:
    """Inventory's model → how many rows name the person."""
    found: dict[str, Callable[[], int]] = {
        "cases.RejectedRow": rejected_rows(reference).count,
        "evaluations.AssuredProbe": probes(reference, subject).count,
        "reviews.Reviewer": reviewers(reference).count,
        "reviews.SavedFilter": saved_filters(reference).count,
        "reviews.BulkAction": bulk_actions(reference).count,
    }
    return {model: count() for model, count in found.items()}


def clear_references(reference: str, subject: UUID) -> Count:
    """Take the person out of all of them, in the caller's transaction, which records it. Call before the sets."""
    rest: Func = Func(F("conflicts"), Value(reference), function="array_remove")
    return {
        "cases.RejectedRow": rejected_rows(reference).delete()[0],
        "evaluations.AssuredProbe": probes(reference, subject).delete()[0],
        "reviews.Reviewer": reviewers(reference).update(conflicts=rest),
        "reviews.SavedFilter": saved_filters(reference).delete()[0],
        "reviews.BulkAction": bulk_actions(reference).update(selection=""),
    }
