"""The board of Discovery, and the tasks on it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.engagements.board_models import Task
from apps.engagements.discovery.artefact_sources import artefacts_of
from apps.engagements.discovery.artefacts import Artefact
from apps.engagements.discovery.baseline_reading import lacking, measures_of
from apps.engagements.discovery.board import TaskRefused, add_task, change_task, lay_out, remove_task, set_state
from apps.engagements.discovery.board_reading import Board, board_of
from apps.engagements.discovery.forms_board import TaskForm
from apps.engagements.engagement_models import Engagement
from apps.engagements.engagements import current
from apps.tenants.actors import actor_of
from apps.tenants.capabilities import Capability, capabilities_of, requires
from apps.tenants.requests import MemberRequest, posted


@requires(Capability.CONFIG_VIEW)
@require_GET
def board_page(request: MemberRequest) -> HttpResponse:
    engagement = current()
    if engagement is None:
        return render(request, "engagements/board.html", {"engagement": None})
    board, artefacts = board_of(engagement), artefacts_of(engagement)
    discovery = engagement.phase == Engagement.Phase.DISCOVERY
    context = {
        "engagement": engagement,
        "board": board,
        "artefacts": artefacts,
        "missing": _missing(engagement, board, artefacts) if discovery else [],
        "may_change": _may_change(request, engagement),
    }
    return render(request, "engagements/board.html", context)


@requires(Capability.CONFIG_EDIT)
@require_POST
def board_layout(request: MemberRequest) -> HttpResponse:
    try:
        made = lay_out(actor=actor_of(request), engagement=_current())
        messages.success(request, f"{len(made)} tasks stand on ten days. Change them as it suits you.")
    except TaskRefused as error:
        messages.error(request, str(error))
    return redirect("engagement")


@requires(Capability.CONFIG_EDIT)
@require_http_methods(["GET", "POST"])
def task_creation(request: MemberRequest) -> HttpResponse:
    engagement = _current()
    form = TaskForm(posted(request) or None, initial={"day": request.GET.get("day", "1")})
    if form.is_valid():
        try:
            add_task(actor=actor_of(request), engagement=engagement, text=form.text())
            messages.success(request, "The task is on the board.")
            return redirect("engagement")
        except TaskRefused as error:
            form.add_error(None, str(error))
    context = {"form": form, "engagement": engagement}
    return render(request, "engagements/task.html", context, status=400 if form.errors else 200)


@requires(Capability.CONFIG_EDIT)
@require_http_methods(["GET", "POST"])
def task_page(request: MemberRequest, task_id: int) -> HttpResponse:
    task = _task(task_id)
    form = TaskForm(posted(request) or None, initial={name: getattr(task, name) for name in TaskForm.base_fields})
    if form.is_valid():
        try:
            change_task(actor=actor_of(request), task=task, text=form.text())
            messages.success(request, "The task is changed.")
            return redirect("engagement")
        except TaskRefused as error:
            form.add_error(None, str(error))
    context = {"form": form, "task": task, "engagement": task.engagement, "states": Task.State.choices}
    return render(request, "engagements/task.html", context, status=400 if form.errors else 200)


@requires(Capability.CONFIG_EDIT)
@require_POST
def task_moving(request: MemberRequest, task_id: int) -> HttpResponse:
    """Into another state: from the board with one click, from the task's page with a note."""
    task, form = _task(task_id), posted(request)
    try:
        moved = set_state(
            actor=actor_of(request), task=task, state=form.get("state", ""), note=form.get("note", "")[:2000]
        )
    except TaskRefused as error:
        messages.error(request, str(error))
        return redirect("task", task.pk)
    messages.success(request, f"“{moved.title}”: {moved.get_state_display().lower()}.")
    return redirect("engagement")


@requires(Capability.CONFIG_EDIT)
@require_POST
def task_removal(request: MemberRequest, task_id: int) -> HttpResponse:
    task = _task(task_id)
    try:
        remove_task(actor=actor_of(request), task=task)
        messages.success(request, f"“{task.title}” is off the board. The log keeps what it said.")
    except TaskRefused as error:
        messages.error(request, str(error))
    return redirect("engagement")


def _current() -> Engagement:
    return get_object_or_404(Engagement.objects.select_related("workflow").order_by("id")[:1])


def _missing(engagement: Engagement, board: Board, artefacts: list[Artefact]) -> list[str]:
    """What the tenth day would find missing, in sentences; what the return says, its own page works out."""
    found = [f"{each.title}: {each.word}." for each in artefacts if each.state != "ready"]
    found += [f"No baseline: {title.lower()}." for title in lacking(measures_of(engagement.workflow))]
    return found + [f"Blocked: {each.task.title}. {each.task.note}" for each in board.blocked]


def _task(task_id: int) -> Task:
    return get_object_or_404(Task.objects.select_related("engagement__workflow"), pk=task_id)


def _may_change(request: MemberRequest, engagement: Engagement) -> bool:
    held = capabilities_of(actor_of(request).role)
    return Capability.CONFIG_EDIT in held and engagement.phase == Engagement.Phase.DISCOVERY
