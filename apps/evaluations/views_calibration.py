"""The calibration page: a stated risk, the thresholds that keep it, and a candidate release with them."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from apps.evaluations.promise_form import PromiseForm, stated_promise, typed
from apps.evaluations.review_quality import sampled
from apps.evaluations.risk_chart import draw
from apps.evaluations.thresholds import CannotStudy, NothingToPropose, Scope, calibration_of, propose_thresholds, study
from apps.tenants.actors import actor_of
from apps.tenants.capabilities import Capability, requires
from apps.tenants.requests import MemberRequest
from apps.workflows.models import Release, Workflow

MOST_RELEASES = 50


@requires(Capability.CONFIG_VIEW)
@require_GET
def calibration_page(request: MemberRequest) -> HttpResponse:
    release = _release(request.GET.get("release", ""))
    releases = Release.objects.select_related("workflow").defer("manifest")[:MOST_RELEASES]
    context: dict[str, Any] = {"release": release, "releases": releases}
    if release is None:
        return render(request, "evaluations/calibration.html", context)
    context["sampled"] = sampled(release.workflow)
    stated = typed(stated_promise(release.workflow))
    form = PromiseForm({name: request.GET.get(name, stated[name]) for name in stated})
    context |= {"form": form, "stated": stated}
    if not form.is_valid():
        return render(request, "evaluations/calibration.html", context, status=400)
    try:
        found = study(release, form.promise())
    except CannotStudy as problem:
        return render(request, "evaluations/calibration.html", context | {"problem": problem})
    context |= {"study": found, "chart": draw(found) if found.asked else None}
    context["calibration"] = calibration_of(release)
    return render(request, "evaluations/calibration.html", context)


@requires(Capability.CONFIG_EDIT)
@require_POST
def threshold_proposal(request: MemberRequest) -> HttpResponse:
    release = get_object_or_404(Release, pk=request.POST.get("release", "").replace("\x00", ""))
    form = PromiseForm(request.POST)
    if not form.is_valid():
        raise Http404("No page sends this.")
    scope: Scope = "per_type" if request.POST.get("scope") == "per_type" else "overall"
    try:
        candidate = propose_thresholds(actor=actor_of(request), release=release, promise=form.promise(), scope=scope)
    except (CannotStudy, NothingToPropose) as problem:
        messages.error(request, str(problem))
        query = {"release": release.pk, **typed(form.promise())}
        return redirect(f"{reverse('calibration')}?{urlencode(query)}")
    messages.success(
        request, f"{candidate.label} is a candidate now. It takes no traffic before it has passed the gate."
    )
    return redirect("release", candidate.pk)


def _release(asked: str) -> Release | None:
    """The one asked for; else the one in production, else the newest."""
    releases = Release.objects.select_related("workflow")
    if asked:
        return get_object_or_404(releases, pk=asked.replace("\x00", ""))
    return releases.filter(pk__in=Workflow.objects.values("production")).order_by("workflow__title").first() or (
        releases.first()
    )
