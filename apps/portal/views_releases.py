"""Releases: their history, what each is made of, what changed between any two, and how a candidate is composed."""

import json

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from apps.evaluations.models import DecisionRecord
from apps.portal.composing import CandidateForm, compose_candidate, starting_from
from apps.portal.configuration import parts_of
from apps.portal.release_history import events, standings
from apps.tenants.actors import actor_of
from apps.tenants.capabilities import Capability, requires
from apps.tenants.requests import MemberRequest
from apps.workflows.composition import PartsDoNotFit
from apps.workflows.diff import between
from apps.workflows.history import names_of, predecessor
from apps.workflows.models import Release, Workflow


@requires(Capability.CONFIG_VIEW)
@require_GET
def releases_page(request: MemberRequest) -> HttpResponse:
    shown = []
    for workflow in Workflow.objects.select_related("production"):
        standing = standings(workflow)
        releases = [(each, standing.get(each.pk)) for each in workflow.releases.all()[:100]]
        shown.append((workflow, releases, events(workflow)))
    return render(request, "releases/list.html", {"shown": shown})


@requires(Capability.CONFIG_VIEW)
@require_GET
def release_page(request: MemberRequest, fingerprint: str) -> HttpResponse:
    release = _release(fingerprint)
    before = predecessor(release)
    context = {
        "release": release,
        "parts": parts_of(release),
        "manifest": json.dumps(json.loads(bytes(release.manifest)), indent=2, ensure_ascii=False),
        "standing": standings(release.workflow).get(release.pk),
        "events": [event for event in events(release.workflow) if event.release and event.release.pk == release.pk],
        "maker": names_of([release.created_by])[release.created_by],
        "before": before,
        "difference": between(before, release) if before else None,
        "decisions": DecisionRecord.objects.filter(Q(candidate=release) | Q(incumbent=release)),
    }
    return render(request, "releases/release.html", context)


@requires(Capability.CONFIG_VIEW)
@require_GET
def comparison_page(request: MemberRequest) -> HttpResponse:
    """Any two releases of the tenant, the earlier named first."""
    before, after = (_release(request.GET.get(side, "")) for side in ("before", "after"))
    context = {
        "before": before,
        "after": after,
        "difference": between(before, after),
        "inline": request.GET.get("view") == "inline",
        "releases": Release.objects.select_related("workflow").defer("manifest")[:100],
    }
    return render(request, "releases/comparison.html", context)


@requires(Capability.CONFIG_EDIT)
@require_http_methods(["GET", "POST"])
def composition_page(request: MemberRequest, slug: str) -> HttpResponse:
    workflow = get_object_or_404(Workflow.objects.select_related("production"), slug=slug)
    asked = request.GET.get("from", "")
    start = _release(asked) if asked else workflow.production or workflow.releases.first()
    form = CandidateForm(workflow, request.POST or None, initial=starting_from(start) if start else None)
    problems: list[str] = []
    if form.is_valid():
        try:
            release, new = compose_candidate(actor=actor_of(request), workflow=workflow, form=form)
        except PartsDoNotFit as error:
            problems = error.problems
        else:
            said = "is a candidate now" if new else "has exactly these parts already, so nothing was made"
            messages.success(request, f"{release.label} {said}.")
            return redirect("release", release.pk)
    context = {"workflow": workflow, "form": form, "start": start, "problems": problems}
    return render(request, "releases/compose.html", context, status=400 if form.is_bound else 200)


def _release(fingerprint: str) -> Release:
    return get_object_or_404(Release.objects.select_related("workflow"), pk=fingerprint.replace("\x00", ""))
