"""Baselines: what the workflow does before anything changes. Without one nothing can be claimed later."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from apps.engagements.discovery.baseline_reading import lacking, measures_of
from apps.engagements.discovery.forms_baseline import BaselineForm
from apps.engagements.engagements import current
from apps.insights.baselines import BaselineRefused, record_baseline
from apps.tenants.actors import actor_of
from apps.tenants.capabilities import Capability, capabilities_of, requires
from apps.tenants.requests import MemberRequest, posted


@requires(Capability.CONFIG_VIEW)
@require_http_methods(["GET"])
def baselines_page(request: MemberRequest) -> HttpResponse:
    return _page(request, None)


@requires(Capability.CONFIG_EDIT)
@require_http_methods(["POST"])
def baseline_recording(request: MemberRequest) -> HttpResponse:
    engagement = current()
    if engagement is None:
        return redirect("engagement_baselines")
    form = BaselineForm(posted(request), engagement.workflow, request.GET)
    if form.is_valid():
        try:
            made = record_baseline(actor=actor_of(request), workflow=engagement.workflow, measured=form.measured())
            messages.success(request, f"Recorded: {made.measure.replace('_', ' ')}, n = {made.n:,}.")
            return redirect("engagement_baselines")
        except BaselineRefused as error:
            form.add_error(None, str(error))
    return _page(request, form)


def _page(request: MemberRequest, form: BaselineForm | None) -> HttpResponse:
    engagement, context = current(), {}
    if engagement:
        shown = measures_of(engagement.workflow)
        context = {
            "engagement": engagement,
            "measures": shown,
            "lacking": lacking(shown),
            "form": form or BaselineForm(None, engagement.workflow, request.GET),
            "may_change": Capability.CONFIG_EDIT in capabilities_of(actor_of(request).role),
        }
    return render(request, "engagements/baselines.html", context, status=400 if form else 200)
