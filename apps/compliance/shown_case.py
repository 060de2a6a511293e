"""A case for a page that proves: found by its number, kept from who is in conflict, and the look entered in the log."""

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404

from apps.audit.reads import case_read
from apps.cases.models import Case
from apps.reviews.distribution import refuse_conflict
from apps.reviews.refusals import ConflictOfInterest
from apps.tenants.actors import actor_of
from apps.tenants.requests import MemberRequest


def shown_case(request: MemberRequest, number: str, *, part: str) -> Case:
    """`part` says what of it is shown: "dossier", "exchanges". Raises Http404, PermissionDenied, PurposeMissing."""
    case = get_object_or_404(Case.objects.select_related("workflow", "release"), number=number)
    try:
        refuse_conflict(actor=actor_of(request), case_id=case.pk)
    except ConflictOfInterest as refused:
        raise PermissionDenied(str(refused)) from refused
    case_read(request, case.pk, part=part)
    return case
