"""Holding a case: the next one, the browser's heartbeat, leaving it, taking it over, giving it back or to somebody."""

from collections.abc import Callable
from datetime import timedelta

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from apps.cases.models import Case
from apps.reviews import assignments, handing
from apps.reviews.queue import Selection
from apps.reviews.refusals import Held, Refused
from apps.tenants.actors import actor_of
from apps.tenants.capabilities import Capability, requires
from apps.tenants.requests import MemberRequest


@requires(Capability.CASES_VIEW)
@require_POST
def next_case(request: MemberRequest) -> HttpResponse:
    """Hand out the next case of the selection, and lead there."""
    selection = Selection.of(request.GET)
    try:
        case = assignments.take_next(actor=actor_of(request), selection=selection)
    except Refused as refused:
        messages.warning(request, str(refused))
        return redirect(_address(reverse("queue"), selection))
    if case is None:
        messages.info(request, "Nothing is left that is free and yours to decide.")
        return redirect(_address(reverse("queue"), selection))
    return redirect(_address(reverse("review_case", args=[case.number]), selection))


@requires(Capability.CASES_VIEW)
@require_POST
def hold_case(request: MemberRequest, number: str) -> HttpResponse:
    """The heartbeat. `idle`: seconds since the last one in which nobody touched a thing. 409 says who has it."""
    case = get_object_or_404(Case.objects.only("number"), number=number)
    try:
        held = assignments.beat(actor=actor_of(request), case_id=case.pk, idle=_seconds(request.POST.get("idle", "")))
    except Refused as refused:
        return JsonResponse({"held": isinstance(refused, Held), "problem": str(refused)}, status=409)
    until = held.lease_until.isoformat() if held.lease_until else None
    return JsonResponse({"turn": held.turn, "lease_until": until, "beat": assignments.HEARTBEAT.total_seconds()})


@requires(Capability.CASES_VIEW)
@require_POST
def release_case(request: MemberRequest, number: str) -> HttpResponse:
    """What a browser says as it leaves the page. It is no error to leave what one never held."""
    case = get_object_or_404(Case.objects.only("number"), number=number)
    assignments.release(actor=actor_of(request), case_id=case.pk)
    return HttpResponse(status=204)


@requires(Capability.REVIEWS_TAKE_OVER)
@require_POST
def take_over_case(request: MemberRequest, number: str) -> HttpResponse:
    case = get_object_or_404(Case, number=number)
    done = f"{number} is with you now. Its last holder is told when they go on."
    return _try(request, case, done, lambda: assignments.take_over(actor=actor_of(request), case_id=case.pk))


@requires(Capability.CASES_VIEW)
@require_POST
def give_back_case(request: MemberRequest, number: str) -> HttpResponse:
    case = get_object_or_404(Case, number=number)
    done = f"{number} is anybody's again."
    return _try(request, case, done, lambda: assignments.give_back(actor=actor_of(request), case_id=case.pk))


@requires(Capability.CASES_VIEW)
@require_POST
def give_case(request: MemberRequest, number: str) -> HttpResponse:
    """To somebody else; and back to the queue, as after any decision."""
    case, selection = get_object_or_404(Case, number=number), Selection.of(request.GET)
    try:
        name = handing.give_to(actor=actor_of(request), case=case, person=request.POST.get("to", ""))
    except Refused as refused:
        messages.error(request, f"Nothing was changed. {refused}")
        return redirect(_address(reverse("review_case", args=[case.number]), selection))
    messages.success(request, f"{case.number} is with {name} now, until they decide it or give it back.")
    return redirect(_address(reverse("queue"), selection))


def _try(request: MemberRequest, case: Case, done: str, deed: Callable[[], object]) -> HttpResponse:
    selection = Selection.of(request.GET)
    try:
        deed()
    except Refused as refused:
        messages.warning(request, str(refused))
    else:
        messages.success(request, done)
    return redirect(_address(reverse("review_case", args=[case.number]), selection))


def _address(path: str, selection: Selection) -> str:
    return f"{path}?{selection.address}" if selection.address else path


def _seconds(text: str) -> timedelta:
    """What is no number of seconds counts as none."""
    return timedelta(seconds=int(text)) if text.isascii() and text.isdigit() and len(text) < 6 else timedelta()
