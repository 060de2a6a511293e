"""What a person decided last, and taking it up again."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from apps.reviews.queue import still_undoable
from apps.reviews.refusals import Refused
from apps.reviews.reopening import last_decisions, reopen
from apps.tenants.actors import actor_of
from apps.tenants.capabilities import Capability, requires
from apps.tenants.rendering import render_found
from apps.tenants.requests import MemberRequest


@requires(Capability.CASES_VIEW)
@require_GET
def last_page(request: MemberRequest) -> HttpResponse:
    """A page of its own, or for the case's page the list alone."""
    actor = actor_of(request)
    context = {"past": last_decisions(actor), "undoable": still_undoable(actor)}
    return render_found(request, "reviews/past.html", context)


@requires(Capability.CASES_VIEW)
@require_POST
def reopen_decision(request: MemberRequest, disposition_id: UUID) -> HttpResponse:
    try:
        case = reopen(actor=actor_of(request), disposition_id=disposition_id)
    except Refused as refused:
        messages.warning(request, str(refused))
        return redirect("last_decisions")
    messages.success(request, f"{case.number} is open again, and with you. Nothing was sent.")
    return redirect("review_case", case.number)
