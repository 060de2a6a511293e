"""Behavioural assurance in the browser: what was tried, what was found, and the cases behind it."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.evaluations import looks
from apps.evaluations.assurance.findings import SEVERITIES
from apps.evaluations.assurance.listing import estimate, finding_in, seen_by, shown, workflows_with_assurances
from apps.evaluations.assurance.runs import assure, cancel, counting
from apps.evaluations.assurance_models import AssuranceRun
from apps.evaluations.labelled_sets import cases_in, current_frozen
from apps.evaluations.runs import NotEvaluable
from apps.tenants.actors import actor_of
from apps.tenants.capabilities import Capability, requires
from apps.tenants.rendering import render_found
from apps.tenants.requests import MemberRequest
from apps.workflows.models import Release

PER_PAGE = 10  # cases behind a finding


@requires(Capability.CONFIG_VIEW)
@require_GET
def assurance_page(request: MemberRequest) -> HttpResponse:
    groups = workflows_with_assurances()
    context = {"groups": groups, "busy": any(each.busy for each in groups)}
    return render_found(request, "evaluations/assurance.html", context)


@requires(Capability.CONFIG_EDIT)
@require_http_methods(["GET", "POST"])
def assurance_creation(request: MemberRequest, fingerprint: str) -> HttpResponse:
    """What it will take, and then the start."""
    known = Release.objects.select_related("workflow__production")
    release = get_object_or_404(known, pk=fingerprint.replace("\x00", ""))
    labelled_set = current_frozen(release.workflow)
    if labelled_set is None:
        messages.error(request, "No labelled set has been frozen and signed yet: there is nothing to try it on.")
        return redirect("assurance")
    run = counting(release, labelled_set)
    if run is None and request.method == "POST":
        try:
            run = assure(actor=actor_of(request), release=release, labelled_set=labelled_set)
        except NotEvaluable as refused:
            messages.error(request, str(refused))
            return redirect("assurance")
    if run:
        return redirect("assurance_run", run.pk)
    context = {"release": release, "labelled_set": labelled_set, "estimate": estimate(release, labelled_set)}
    return render(request, "evaluations/assurance_new.html", context)


@requires(Capability.CONFIG_VIEW)
@require_GET
def assurance_run(request: MemberRequest, run_id: UUID) -> HttpResponse:
    run = _run(run_id)
    context = {"run": run, "report": run.report, "severities": SEVERITIES}
    return render_found(request, "evaluations/assurance_run.html", context)


@requires(Capability.CONFIG_EDIT)
@require_POST
def assurance_cancellation(request: MemberRequest, run_id: UUID) -> HttpResponse:
    run = _run(run_id)
    if cancel(actor=actor_of(request), run=run):
        messages.success(request, "Cancelled. What the layers found is remembered for the next run.")
    return redirect("assurance_run", run.pk)


@requires(Capability.CONFIG_VIEW)
@require_GET
def finding_page(request: MemberRequest, run_id: UUID, key: str) -> HttpResponse:
    """The cases behind a finding: as they were and as they were tried, side by side."""
    run, actor = _run(run_id), actor_of(request)
    finding = finding_in(run, key)
    if finding is None:
        raise Http404
    page = Paginator(finding["probes"], PER_PAGE).get_page(request.GET.get("page"))
    cases = shown(run, list(page.object_list), actor)
    closed = len({each.tried.external_id for each in cases} - seen_by(run, actor))
    context = {"run": run, "finding": finding, "page": page, "cases": cases, "closed": closed}
    return render(request, "evaluations/assurance_finding.html", context)


@requires(Capability.CONFIG_VIEW)
@require_POST
def finding_look(request: MemberRequest, run_id: UUID, key: str) -> HttpResponse:
    """Open the words of the holdout cases on the page, each counted as a look by this person."""
    run, actor = _run(run_id), actor_of(request)
    finding = finding_in(run, key)
    if finding is None:
        raise Http404
    page = Paginator(finding["probes"], PER_PAGE).get_page(request.POST.get("page"))
    wanted = {probe.external_id for probe in run.probes.filter(key__in=list(page.object_list))} - seen_by(run, actor)
    for case in cases_in(run.labelled_set, "holdout").filter(external_id__in=wanted):
        looks.look(actor=actor, case=case)
    response = redirect("assurance_finding", run.pk, key)
    response["Location"] += f"?page={page.number}"
    return response


def _run(run_id: UUID) -> AssuranceRun:
    return get_object_or_404(AssuranceRun.objects.select_related("release__workflow", "labelled_set"), pk=run_id)
