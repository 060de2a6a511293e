"""The reviewer's pages: a case, and the decisions about it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from apps.audit.reads import case_read
from apps.cases.models import Case
from apps.reviews import services
from apps.reviews.assignments import left_over, next_after, open_case
from apps.reviews.desk import Assignment
from apps.reviews.forms import DecisionForm
from apps.reviews.queue import Selection, to_show
from apps.reviews.refusals import ConflictOfInterest
from apps.reviews.stage import stage
from apps.reviews.views_queue import undo
from apps.tenants.actors import actor_of
from apps.tenants.capabilities import Capability, requires
from apps.tenants.rendering import render_found
from apps.tenants.requests import MemberRequest


@requires(Capability.CASES_VIEW)
@require_GET
def case_page(request: MemberRequest, number: str) -> HttpResponse:
    case = get_object_or_404(to_show(), number=number)
    return show_case(request, case, DecisionForm(), doing=request.GET.get("do", ""))


def show_case(
    request: MemberRequest, case: Case, form: DecisionForm, *, doing: str = "", problem: str = "", status: int = 200
) -> HttpResponse:
    """The case's page: read-only when it does not wait, with `doing`'s form open and what was typed into it kept."""
    try:
        held = open_case(actor=actor_of(request), case=case)
    except ConflictOfInterest as refused:
        raise PermissionDenied(str(refused)) from refused
    last = {} if request.htmx else undo(request)  # the part that is swapped does not tell it
    return draw_case(request, case, held, form, status=status, doing=doing, problem=problem, **last)


def draw_case(
    request: MemberRequest,
    case: Case,
    held: Assignment | None,
    form: DecisionForm,
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    """The page of a case that is open already, `held` by somebody or by nobody, with `more` for its template."""
    case_read(request, case.pk, part="draft", deciding=True)
    context = stage(actor_of(request), case, held, Selection.of(request.GET), form) | more
    return render_found(request, "reviews/case.html", context, status=status)


@requires(Capability.CASES_VIEW)
@require_POST
def approve_case(request: MemberRequest, number: str) -> HttpResponse:
    case = _asked(number)
    form = DecisionForm(request.POST)
    try:
        services.approve(
            actor=actor_of(request), case_id=case.pk, revision=form.revision, edits=form.edits,
            reason_code=form.reason_code, rationale=form.rationale,
        )  # fmt: skip
    except services.Refused as refused:
        return _refuse(request, case, form, refused, doing="edit" if form.edits else "")
    return _go_on(request, case)


@requires(Capability.CASES_VIEW)
@require_POST
def reject_case(request: MemberRequest, number: str) -> HttpResponse:
    case = _asked(number)
    form = DecisionForm(request.POST)
    try:
        services.reject(
            actor=actor_of(request), case_id=case.pk, revision=form.revision,
            reason_code=form.reason_code, rationale=form.rationale,
        )  # fmt: skip
    except services.Refused as refused:
        return _refuse(request, case, form, refused, doing="reject")
    return _go_on(request, case)


@requires(Capability.CASES_VIEW)
@require_POST
def escalate_case(request: MemberRequest, number: str) -> HttpResponse:
    case = _asked(number)
    form = DecisionForm(request.POST)
    try:
        services.escalate(
            actor=actor_of(request), case_id=case.pk, revision=form.revision, to=form.to,
            reason_code=form.reason_code, rationale=form.rationale,
        )  # fmt: skip
    except services.Refused as refused:
        return _refuse(request, case, form, refused, doing="escalate")
    return _go_on(request, case)


@requires(Capability.CASES_VIEW)
@require_POST
def undo_decision(request: MemberRequest, disposition_id: UUID) -> HttpResponse:
    try:
        case = services.undo(actor=actor_of(request), disposition_id=disposition_id)
    except services.Refused as refused:
        messages.warning(request, str(refused))
        return redirect("queue")
    messages.success(request, f"{case.number} is with you again. Nothing was sent.")
    return redirect("review_case", case.number)


def _asked(number: str) -> Case:
    """The case that a decision is about, with its place as it is before; the service reads the rest under its lock."""
    known = Case.objects.select_related("place").only("number", "place__weight", "place__since")
    return get_object_or_404(known, number=number)


def _refuse(
    request: MemberRequest, case: Case, form: DecisionForm, refused: services.Refused, *, doing: str
) -> HttpResponse:
    """Say what is missing where it is missing, keep what was typed; or say kindly that somebody was quicker."""
    if isinstance(refused, ConflictOfInterest):
        raise PermissionDenied(str(refused)) from refused
    status = 409 if isinstance(refused, services.AlreadyDecided) else 422
    return show_case(request, to_show().get(pk=case.pk), form, doing=doing, problem=str(refused), status=status)


def _go_on(request: MemberRequest, case: Case) -> HttpResponse:
    """On to the next case, which is the person's from here on, else back to the queue. The page says what to undo."""
    if request.htmx:  # the page shows the next case already
        return render(request, "pieces/undo.html", undo(request))
    actor, selection = actor_of(request), Selection.of(request.GET)
    try:
        following = next_after(actor=actor, selection=selection, case=case) or left_over(
            actor=actor, selection=selection
        )
    except services.Refused as refused:
        messages.info(request, str(refused))
        following = None
    address = reverse("review_case", args=[following.number]) if following else reverse("queue")
    return redirect(f"{address}?{selection.address}" if selection.address else address)
