"""Laying a case aside and bringing it back, the sender's answer, and settling an effect that is in doubt."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from apps.cases.models import Case
from apps.reviews import settling, snoozing
from apps.reviews.refusals import Refused
from apps.tenants.actors import Actor, actor_of
from apps.tenants.capabilities import Capability, requires
from apps.tenants.requests import MemberRequest


@requires(Capability.CASES_VIEW)
@require_POST
def snooze_case(request: MemberRequest, number: str) -> HttpResponse:
    given = request.POST.get("for", "")
    hours = int(given) if given.isascii() and given.isdigit() and len(given) < 5 else 0
    until = timezone.now() + timedelta(hours=hours)
    note = request.POST.get("note", "")
    return _try(
        request, number, lambda actor, case: snoozing.snooze(actor=actor, case_id=case, until=until, note=note),
        "is snoozed. It is under “Snoozed” in the queue until then.", "queue",
    )  # fmt: skip


@requires(Capability.CASES_VIEW)
@require_POST
def send_back_case(request: MemberRequest, number: str) -> HttpResponse:
    question = request.POST.get("question", "")
    return _try(
        request, number, lambda actor, case: snoozing.send_back(actor=actor, case_id=case, question=question),
        "waits for the sender. Bring it back within the time to undo, and the question is not sent.", "review_case",
    )  # fmt: skip


@requires(Capability.CASES_VIEW)
@require_POST
def fetch_case(request: MemberRequest, number: str) -> HttpResponse:
    return _try(
        request, number, lambda actor, case: snoozing.fetch(actor=actor, case_id=case), "is in the queue again.",
        "review_case",
    )  # fmt: skip


@requires(Capability.REVIEWS_DECIDE)
@require_POST
def answer_case(request: MemberRequest, number: str) -> HttpResponse:
    text = request.POST.get("answer", "")
    return _try(
        request, number, lambda actor, case: snoozing.answer(actor=actor, case_id=case, text=text),
        "is in the queue again, with the answer.", "review_case",
    )  # fmt: skip


@requires(Capability.REVIEWS_DECIDE_RESERVED)
@require_POST
def settle_effect(request: MemberRequest, number: str, effect_id: UUID) -> HttpResponse:
    finding, reason = request.POST.get("finding", ""), request.POST.get("reason", "").replace("\x00", "")
    return _try(
        request, number,
        lambda actor, case: settling.settle(
            actor=actor, case_id=case, effect_id=effect_id, finding=finding, reason=reason
        ),
        "has this effect settled. Approve again to go on with what is left.", "review_case",
    )  # fmt: skip


def _try(
    request: MemberRequest, number: str, deed: Callable[[Actor, UUID], object], done: str, onward: str
) -> HttpResponse:
    case = get_object_or_404(Case, number=number.replace("\x00", ""))
    try:
        deed(actor_of(request), case.pk)
    except Refused as refused:
        messages.error(request, f"Nothing was changed. {refused}")
        return redirect("review_case", case.number)
    messages.success(request, f"{case.number} {done}")
    return redirect("queue") if onward == "queue" else redirect(onward, case.number)
