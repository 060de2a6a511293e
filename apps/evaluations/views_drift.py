"""The drift page: how far the cases of now are from the reference, day by day, and a look at once."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from apps.evaluations.drift import NothingToLookAt, look
from apps.evaluations.drift_chart import MOST_DAYS, draw
from apps.evaluations.drift_measures import ALPHA
from apps.evaluations.drift_models import DriftReport
from apps.evaluations.drift_streams import FIRST_WEEKS, LEAST_FIRST, LONGEST, MOST
from apps.tenants.actors import actor_of
from apps.tenants.capabilities import Capability, requires
from apps.tenants.rendering import render_found
from apps.tenants.requests import MemberRequest
from apps.workflows.models import Workflow

LIMITS = {
    "alpha": ALPHA,
    "first_days": FIRST_WEEKS.days,
    "first_cases": LEAST_FIRST,
    "most": MOST,
    "longest_days": LONGEST.days,
}


@requires(Capability.CONFIG_VIEW)
@require_GET
def drift_page(request: MemberRequest) -> HttpResponse:
    workflows = list(Workflow.objects.select_related("production"))
    asked = request.GET.get("workflow", "")
    workflow = next((each for each in workflows if each.slug == asked), workflows[0] if workflows else None)
    reports = DriftReport.objects.filter(workflow=workflow).select_related("release")
    finished = list(reports.filter(state=DriftReport.State.DONE)[:MOST_DAYS])
    context = {
        "workflows": workflows,
        "workflow": workflow,
        "running": reports.exclude(state=DriftReport.State.DONE).first(),
        "report": _shown(request.GET.get("report", ""), finished),
        "finished": finished,
        "chart": draw(finished),
        "judged": LIMITS,
    }
    return render_found(request, "evaluations/drift.html", context)


@requires(Capability.CONFIG_EDIT)
@require_POST
def drift_look(request: MemberRequest, slug: str) -> HttpResponse:
    workflow = get_object_or_404(Workflow.objects.select_related("production"), slug=slug)
    try:
        look(actor=actor_of(request), workflow=workflow)
    except NothingToLookAt as nothing:
        messages.error(request, str(nothing))
    return redirect(f"{reverse('drift')}?workflow={workflow.slug}")


def _shown(asked: str, finished: list[DriftReport]) -> DriftReport | None:
    """The report that is asked for, else the newest."""
    newest = finished[0] if finished else None
    try:
        wanted = UUID(asked)
    except ValueError:
        return newest
    known = DriftReport.objects.filter(state=DriftReport.State.DONE).select_related("release")
    return get_object_or_404(known, pk=wanted)
