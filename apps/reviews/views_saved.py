"""Keeping a filter of the queue, and removing one."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from apps.reviews.queue import Selection
from apps.reviews.refusals import Refused
from apps.reviews.saved import remove_filter, save_filter
from apps.tenants.actors import actor_of
from apps.tenants.capabilities import Capability, requires
from apps.tenants.requests import MemberRequest


@requires(Capability.CASES_VIEW)
@require_POST
def filter_saving(request: MemberRequest) -> HttpResponse:
    selection = Selection.of(request.POST)
    name = request.POST.get("name", "").replace("\x00", "")
    try:
        kept = save_filter(actor=actor_of(request), name=name, selection=selection, shared="shared" in request.POST)
    except Refused as refused:
        messages.warning(request, str(refused))
    else:
        messages.success(request, f"“{kept.name}” is kept{' for everybody' if kept.shared else ''}.")
    return redirect(f"{reverse('queue')}?{selection.address}" if selection.address else reverse("queue"))


@requires(Capability.CASES_VIEW)
@require_POST
def filter_removal(request: MemberRequest, filter_id: UUID) -> HttpResponse:
    try:
        name = remove_filter(actor=actor_of(request), filter_id=filter_id)
    except Refused as refused:
        messages.warning(request, str(refused))
    else:
        messages.success(request, f"The filter “{name}” is removed. No case is touched by that.")
    return redirect("queue")
