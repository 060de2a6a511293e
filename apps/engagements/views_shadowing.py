"""Notes beside operators, taken on a phone: each tap is a form, so they work without a script."""

import csv
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Max
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.compliance.exports.table import harmless
from apps.engagements.board_models import ShadowedStep, Shadowing
from apps.engagements.discovery.shadowing import (
    ShadowingRefused,
    end_shadowing,
    start_shadowing,
    start_step,
    stop_step,
    undo_last,
)
from apps.engagements.discovery.shadowing_figures import Figures, figures
from apps.engagements.engagements import current
from apps.tenants.actors import actor_of
from apps.tenants.capabilities import Capability, requires
from apps.tenants.requests import MemberRequest, posted

PER_PAGE = 20
COLUMNS = ("sitting", "role", "place", "case", "step", "system", "kind", "started", "stopped", "seconds", "note")


@requires(Capability.CONFIG_VIEW)
@require_GET
def shadowing_list(request: MemberRequest) -> HttpResponse:
    return _list(request, "")


@requires(Capability.LABELS_GIVE)
@require_POST
def shadowing_beginning(request: MemberRequest) -> HttpResponse:
    engagement, form = current(), posted(request)
    if engagement is None:
        return redirect("shadowing")
    try:
        made = start_shadowing(
            actor=actor_of(request), engagement=engagement, role=form.get("role", ""), place=form.get("place", "")
        )
    except ShadowingRefused as error:
        return _list(request, str(error))
    return redirect("shadowing_notes", made.pk)


@requires(Capability.CONFIG_VIEW)
@require_GET
def shadowing_notes(request: MemberRequest, shadowing_id: int) -> HttpResponse:
    return _notes(request, _shadowing(shadowing_id), "")


@requires(Capability.LABELS_GIVE)
@require_http_methods(["POST"])
def shadowing_tap(request: MemberRequest, shadowing_id: int) -> HttpResponse:
    """One tap: start, stop, undo or end."""
    held, form, actor = _shadowing(shadowing_id), posted(request), actor_of(request)
    kind, note = form.get("kind", "normal"), form.get("note", "")
    try:
        match form.get("tap", ""):
            case "start":
                start_step(
                    actor=actor, shadowing=held, title=form.get("title", ""), system=form.get("system", ""),
                    new_case="new_case" in form,
                )  # fmt: skip
            case "stop":
                stop_step(actor=actor, shadowing=held, kind=kind, note=note)
            case "undo":
                messages.success(request, undo_last(actor=actor, shadowing=held))
            case "end":
                end_shadowing(actor=actor, shadowing=held)
            case _:
                raise ShadowingRefused("That is no tap that is known here.")
    except ShadowingRefused as error:
        return _notes(request, held, str(error))
    return redirect("shadowing_notes", held.pk)


@requires(Capability.CONFIG_VIEW)
@require_GET
def shadowing_table(_: MemberRequest) -> HttpResponse:
    """All steps as CSV, times in UTC."""
    steps = ShadowedStep.objects.select_related("shadowing").order_by("shadowing_id", "started_at", "id")
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="shadowing.csv"'
    table = csv.writer(response)
    table.writerow(COLUMNS)
    for step in steps:
        of, end = step.shadowing, step.stopped_at
        said = (of.pk, of.role, of.place, step.case, step.title, step.system, step.kind)
        times = (f"{step.started_at:%Y-%m-%dT%H:%M:%SZ}", f"{end:%Y-%m-%dT%H:%M:%SZ}" if end else "")
        seconds = "" if step.seconds is None else step.seconds
        table.writerow([harmless(str(cell)) for cell in (*said, *times, seconds, step.note)])
    return response


def _list(request: MemberRequest, problem: str) -> HttpResponse:
    engagement = current()
    rows = Shadowing.objects.annotate(of_steps=Count("steps"), of_cases=Max("steps__case")).order_by("-began_at", "-id")
    found = figures(ShadowedStep.objects.all())
    context = {
        "engagement": engagement,
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "figures": found,
        "baselines": _as_baselines(found),
        "problem": problem,
        "typed": request.POST,
    }
    return render(request, "engagements/shadowing.html", context, status=400 if problem else 200)


def _notes(request: MemberRequest, held: Shadowing, problem: str) -> HttpResponse:
    steps = list(held.steps.all())
    last = steps[-1] if steps else None
    running = last if last and last.stopped_at is None else None
    titles = dict.fromkeys(ShadowedStep.objects.order_by("-id").values_list("title", flat=True)[:200])
    systems = dict.fromkeys(
        ShadowedStep.objects.order_by("-id").exclude(system="").values_list("system", flat=True)[:200]
    )
    context = {
        "held": held,
        "steps": steps[::-1],
        "last": last,
        "running": running,
        "figures": figures(steps),
        "titles": list(titles)[:12],
        "systems": list(systems)[:12],
        "kinds": ShadowedStep.Kind.choices,
        "may_note": held.ended_at is None and held.by == actor_of(request).id,
        "problem": problem,
        "typed": request.POST,
    }
    return render(request, "engagements/shadowing_notes.html", context, status=400 if problem else 200)


def _as_baselines(found: Figures) -> list[tuple[str, str]]:
    """(What is taken over, the address of the form that is filled in with it.)"""
    minutes = found.minutes
    if minutes.value is None or found.per_hour is None:
        return []
    source = f"Shadowing, {found.cases} cases in {found.hours:.1f} hours"
    days = {"begin": found.begin, "end": found.end, "source": source}
    interval = {name: f"{end:.2f}" for name, end in (("low", minutes.low), ("high", minutes.high)) if end is not None}
    values = {
        "handling time": {"measure": "handling_time", "value": f"{minutes.value:.2f}", "n": minutes.n, **interval},
        "throughput": {"measure": "throughput", "value": f"{found.per_hour:.2f}", "n": max(1, round(found.hours))},
    }
    form = reverse("engagement_baselines")
    return [(title, f"{form}?{urlencode({**said, **days})}#record") for title, said in values.items()]


def _shadowing(shadowing_id: int) -> Shadowing:
    return get_object_or_404(Shadowing.objects.select_related("engagement__workflow"), pk=shadowing_id)
