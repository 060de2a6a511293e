"""“The customer complained”: a form beside a closed case's story."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from apps.cases.complaints import NotTaken, record_complaint, withdraw_complaint
from apps.cases.models import Case, Complaint
from apps.tenants.actors import actor_of
from apps.tenants.capabilities import Capability, requires
from apps.tenants.requests import MemberRequest


@requires(Capability.REVIEWS_DECIDE)
@require_POST
def complain(request: MemberRequest, number: str) -> HttpResponse:
    case = get_object_or_404(Case, number=number)
    try:
        record_complaint(actor=actor_of(request), case=case, said=request.POST.get("said", "").replace("\x00", ""))
        messages.success(request, f"The complaint about {case.number} is recorded.")
    except NotTaken as refused:
        messages.error(request, str(refused))
    return redirect("case", number)


@requires(Capability.REVIEWS_DECIDE)
@require_POST
def withdraw(request: MemberRequest, complaint_id: UUID) -> HttpResponse:
    complaint = get_object_or_404(Complaint.objects.select_related("case"), pk=complaint_id)
    try:
        withdraw_complaint(actor=actor_of(request), complaint=complaint)
        messages.success(request, f"The complaint about {complaint.case.number} is withdrawn and counts no longer.")
    except NotTaken as refused:
        messages.error(request, str(refused))
    return redirect("case", complaint.case.number)
