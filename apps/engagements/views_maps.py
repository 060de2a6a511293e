"""The workflow map: today's and the target, drawn, written, taken back, and read out of an event log."""

from contextlib import suppress
from typing import IO, cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.engagements.engagement_models import Engagement
from apps.engagements.engagements import current
from apps.engagements.map_models import MapVersion, MinedLog
from apps.engagements.workflow_map import maps
from apps.engagements.workflow_map.map_content import MapContent, wanting
from apps.engagements.workflow_map.map_form import content_from, typed, typed_again
from apps.engagements.workflow_map.mining import COLUMNS, LogRefused, as_map
from apps.engagements.workflow_map.swimlanes import draw
from apps.tenants.actors import actor_of
from apps.tenants.capabilities import Capability, requires
from apps.tenants.requests import MemberRequest, posted

PER_PAGE = 25
LEAST = 5.0  # percent: rarer ways are left out of a drawing unless somebody asks for them
Side = MapVersion.Side


@requires(Capability.CONFIG_VIEW)
@require_GET
def map_page(request: MemberRequest) -> HttpResponse:
    engagement = current()
    if engagement is None:
        return render(request, "engagements/map.html", {"engagement": None})
    sides = [_side(engagement, side) for side in Side]
    both = [each["content"] for each in sides if each["version"]]
    context = {"engagement": engagement, "sides": sides, "gains": _gains(*both) if len(both) == len(Side) else []}
    return render(request, "engagements/map.html", context)


@requires(Capability.CONFIG_EDIT)
@require_http_methods(["GET", "POST"])
def map_writing(request: MemberRequest, side: str) -> HttpResponse:
    """All steps and ways of a side in one form; what is saved is a new version."""
    engagement, last = _engagement(side)
    if request.method == "GET":
        return _form(request, side, typed(maps.content_of(last)), last.number if last else 0, "")
    form = posted(request)
    given = form.get("base", "")
    base = int(given) if given.isdecimal() else 0
    try:
        made = maps.write_map(
            actor=actor_of(request),
            engagement=engagement,
            side=side,
            content=content_from(form),
            note=form.get("note", ""),
            base=base,
            agreed="agreed" in form,
        )
    except ValueError as error:
        return _form(request, side, typed_again(form), base, str(error))
    messages.success(request, f"Version {made.number} of {made.get_side_display().lower()}’s map is drawn.")
    return redirect("map_writing" if "more" in form else "workflow_map", *([side] if "more" in form else []))


@requires(Capability.CONFIG_EDIT)
@require_POST
def target_beginning(request: MemberRequest) -> HttpResponse:
    engagement, _ = _engagement(Side.TARGET)
    try:
        maps.start_target(actor=actor_of(request), engagement=engagement)
    except maps.MapRefused as error:
        messages.error(request, str(error))
        return redirect("workflow_map")
    return redirect("map_writing", Side.TARGET)


@requires(Capability.CONFIG_VIEW)
@require_GET
def map_versions(request: MemberRequest, side: str) -> HttpResponse:
    engagement, _ = _engagement(side)
    versions = MapVersion.objects.filter(engagement=engagement, side=side)
    page = Paginator(versions, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "engagements/map_versions.html", {"page": page, "side": Side(side).label})


@requires(Capability.CONFIG_EDIT)
@require_POST
def map_taking_again(request: MemberRequest, version_id: int) -> HttpResponse:
    version = get_object_or_404(MapVersion.objects.select_related("engagement__workflow"), pk=version_id)
    try:
        made = maps.take_again(actor=actor_of(request), version=version)
        messages.success(request, f"Version {version.number} is in force again, as version {made.number}.")
    except maps.MapRefused as error:
        messages.error(request, str(error))
    return redirect("workflow_map")


@requires(Capability.CONFIG_EDIT)
@require_http_methods(["GET", "POST"])
def log_importing(request: MemberRequest) -> HttpResponse:
    engagement, _ = _engagement(Side.TODAY)
    named = {what: posted(request).get(what, "").strip()[:200] for what in COLUMNS}
    columns = [(what, named[what], usual[:3]) for what, usual in COLUMNS.items()]
    context: dict[str, object] = {"columns": columns}
    context |= {"logs": MinedLog.objects.filter(engagement=engagement)[:PER_PAGE]}
    if request.method == "GET":
        return render(request, "engagements/map_import.html", context)
    file = request.FILES.get("file")
    try:
        if file is None or (file.size or 0) > maps.LARGEST:
            raise LogRefused(f"Choose a file of at most {maps.LARGEST >> 20} MB.")
        content = cast("IO[bytes]", file.file)
        log = maps.import_log(
            actor=actor_of(request), engagement=engagement, file=content, name=file.name or "log.csv", named=named
        )
    except LogRefused as error:
        return render(request, "engagements/map_import.html", context | {"problem": str(error)}, status=400)
    return redirect("mined_log", log.pk)


@requires(Capability.CONFIG_VIEW)
@require_GET
def log_page(request: MemberRequest, log_id: int) -> HttpResponse:
    """What a log shows, with rare ways left out below a share that the reader chooses."""
    return _log(request, log_id, _least(request.GET.get("least", "")), "")


@requires(Capability.CONFIG_EDIT)
@require_POST
def log_adopting(request: MemberRequest, log_id: int) -> HttpResponse:
    log, least = get_object_or_404(MinedLog, pk=log_id), _least(posted(request).get("least", ""))
    try:
        made = maps.adopt(actor=actor_of(request), log=log, least=least)
    except ValueError as error:
        return _log(request, log_id, least, str(error))
    messages.success(request, f"The log is today’s map, as version {made.number}. Add minutes, systems and pain to it.")
    return redirect("workflow_map")


def _log(request: MemberRequest, log_id: int, least: float, problem: str) -> HttpResponse:
    log = get_object_or_404(MinedLog, pk=log_id)
    mined = maps.mined_of(log)
    content = MapContent()
    try:
        content = as_map(mined, least)
    except ValueError as error:
        problem = problem or str(error)
    context = {"log": log, "mined": mined, "least": least, "problem": problem, "content": content}
    context |= {"drawing": draw(content) if content.steps else None}
    context |= {"variants": [(each, 100 * each.cases / mined.cases) for each in mined.variants]}
    return render(request, "engagements/mined_log.html", context, status=400 if problem else 200)


def _side(engagement: Engagement, side: Side) -> dict[str, object]:
    version = maps.newest(engagement, side)
    content = maps.content_of(version)
    return {
        "side": side,
        "version": version,
        "content": content,
        "drawing": draw(content) if content.steps else None,
        "wanting": wanting(content) if version else [],
    }


def _gains(today: object, target: object) -> list[tuple[str, str, str, str]]:
    """Measure, today, target, and the change; nothing where today's is not measured."""
    rows = []
    for name, title, unit in (
        ("minutes", "People’s work", "min a case"),
        ("wait", "Waiting", "h a case"),
        ("hours_a_month", "People’s work", "h a month"),
    ):
        before, after = getattr(today, name), getattr(target, name)
        if before:
            rows.append(
                (title, f"{before:,.1f} {unit}", f"{after:,.1f} {unit}", f"{100 * (after / before - 1):+.0f} %")
            )
    return rows


def _form(request: MemberRequest, side: str, fields: dict[str, object], base: int, problem: str) -> HttpResponse:
    context = {"fields": fields, "base": base, "problem": problem, "side": Side(side), "typed": request.POST}
    context |= {"layers": ("intake", "context", "action", "review"), "lanes": ("automatic", "drafted", "reserved")}
    return render(request, "engagements/map_form.html", context, status=400 if problem else 200)


def _engagement(side: str) -> tuple[Engagement, MapVersion | None]:
    engagement = current()
    if engagement is None or side not in Side.values:
        raise Http404("There is no such map.")
    return engagement, maps.newest(engagement, side)


def _least(text: str) -> float:
    with suppress(ValueError):
        return min(max(float(text), 0.0), 100.0)
    return LEAST
