"""The reviewer's pages: the queue, a case, and the decisions about it."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from apps.cases.listing import LANES, present_types
from apps.cases.models import Case
from apps.cases.reading import case_types
from apps.reviews import services
from apps.reviews.forms import DecisionForm
from apps.reviews.queue import (
    BANDS,
    REASONS,
    SORTS,
    URGENCIES,
    Selection,
    counts,
    neighbours,
    next_to_decide,
    queue,
    still_undoable,
    undo_seconds,
)
from apps.reviews.reading import rows, view_of
from apps.reviews.reasons import REASONS as REASON_CODES
from apps.reviews.story import story
from apps.tenants.actors import actor_of
from apps.tenants.capabilities import Capability, requires
from apps.tenants.rendering import render_found
from apps.tenants.requests import MemberRequest
from apps.workflows.models import Workflow

PER_PAGE = 25
FIRST = ("case_type", "reason", "sort")  # the filters that are always in sight
MORE = ("workflow", "lane", "band", "urgency")


@requires(Capability.CASES_VIEW)
@require_GET
def queue_page(request: MemberRequest) -> HttpResponse:
    actor, selection = actor_of(request), Selection.of(request.GET)
    page = Paginator(queue(selection, actor).select_related("workflow"), PER_PAGE).get_page(request.GET.get("page"))
    offered = _filters()
    context = {
        "selection": selection,
        "chosen": asdict(selection),
        "page": page,
        "rows": rows(list(page.object_list), actor),
        "counts": counts(actor),
        "filters": [each for each in offered if each[0] in FIRST],
        "more": [each for each in offered if each[0] in MORE],
        "more_chosen": any(value for name, value in asdict(selection).items() if name in MORE),
        **_undo(request),
    }
    return render_found(request, "reviews/queue.html", context)


def _filters() -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Name, label and options of each filter; those without a choice are left out."""
    workflows = list(Workflow.objects.select_related("production"))
    waiting = Case.objects.filter(state=Case.State.REVIEW)
    releases = [workflow.production_id for workflow in workflows if workflow.production_id]
    titles = case_types(releases)
    types = [(slug, titles.get(slug, slug.replace("_", " "))) for slug in present_types(waiting)]
    offered = [
        ("workflow", "Workflow", [(workflow.slug, workflow.title) for workflow in workflows]),
        ("case_type", "Case type", sorted(types, key=lambda each: each[1])),
        ("reason", "Why here", list(REASONS.items())),
        ("lane", "Lane", list(LANES.items())),
        ("band", "Confidence", list(BANDS.items())),
        ("urgency", "Urgency", list(URGENCIES.items())),
        ("sort", "Order", list(SORTS.items())),
    ]
    return [each for each in offered if len(each[2]) > 1]


def _undo(request: MemberRequest) -> dict[str, Any]:
    last = still_undoable(actor_of(request))
    return {"undoable": last, "undo_seconds": undo_seconds(last)} if last else {}


@requires(Capability.CASES_VIEW)
@require_GET
def case_page(request: MemberRequest, number: str) -> HttpResponse:
    case = get_object_or_404(Case.objects.select_related("workflow", "release"), number=number)
    return _show(request, case, DecisionForm(), doing=request.GET.get("do", ""))


def _show(
    request: MemberRequest, case: Case, form: DecisionForm, *, doing: str = "", problem: str = "", status: int = 200
) -> HttpResponse:
    """The case's page: read-only when it does not wait, with `doing`'s form open and what was typed into it kept."""
    actor, selection = actor_of(request), Selection.of(request.GET)
    waiting = case.state == Case.State.REVIEW
    before, after, place, total = neighbours(case, selection, actor) if waiting else (None, None, 0, 0)
    context = {
        "view": view_of(case, form.edits),
        "selection": selection,
        "before": before,
        "after": after,
        "place": place,
        "total": total,
        "may_decide": waiting and services.may_decide(actor, case),
        "may_escalate": waiting and services.may_escalate(actor, case),
        "roles": [role for role in services.ESCALATION_ROLES if role.value != case.escalated_to],
        "reasons": REASON_CODES,
        "form": form,
        "doing": doing,
        "problem": problem,
        **_undo(request),
    }
    return render(request, "reviews/case.html", context, status=status)


@requires(Capability.CASES_VIEW)
@require_POST
def approve_case(request: MemberRequest, number: str) -> HttpResponse:
    case = get_object_or_404(Case, number=number)
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
    case = get_object_or_404(Case, number=number)
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
    case = get_object_or_404(Case, number=number)
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


def _refuse(
    request: MemberRequest, case: Case, form: DecisionForm, refused: services.Refused, *, doing: str
) -> HttpResponse:
    """Say what is missing where it is missing, keep what was typed; or say kindly that somebody was quicker."""
    case.refresh_from_db()
    status = 409 if isinstance(refused, services.AlreadyDecided) else 422
    return _show(request, case, form, doing=doing, problem=str(refused), status=status)


def _go_on(request: MemberRequest, case: Case) -> HttpResponse:
    """On to the next case that the person may decide, else back to the queue. The page says what can be undone."""
    selection = Selection.of(request.GET)
    following = next_to_decide(selection, actor_of(request), case)
    address = reverse("review_case", args=[following.number]) if following else reverse("queue")
    return redirect(f"{address}?{selection.address}" if selection.address else address)


@requires(Capability.CASES_VIEW)
@require_GET
def story_page(request: MemberRequest, number: str) -> HttpResponse:
    """The case's timeline. Every entry is checked against its hash as the page is made."""
    case = get_object_or_404(Case.objects.select_related("workflow", "release"), number=number)
    chapters = story(case)
    context = {
        "view": view_of(case),
        "chapters": chapters,
        "intact": all(chapter.entry.intact for chapter in chapters),
        "placed": sum(chapter.entry.sequence is not None for chapter in chapters),
    }
    return render(request, "reviews/story.html", context)
