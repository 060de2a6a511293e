"""One's own hours for this engagement."""

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from apps.engagements.allocation import USUAL, allocate, hours_of
from apps.engagements.allocation_models import WEEK
from apps.engagements.engagement_models import Engagement
from apps.engagements.engagements import current
from apps.tenants.actors import actor_of
from apps.tenants.capabilities import Capability, requires
from apps.tenants.requests import MemberRequest, posted


class HoursForm(forms.Form):
    discovery = forms.IntegerField(min_value=0, max_value=WEEK, label="In Discovery, hours a week")
    build = forms.IntegerField(min_value=0, max_value=WEEK, label="In Build, hours a week")
    run = forms.IntegerField(min_value=0, max_value=WEEK, label="In Run, hours a week")


@requires(Capability.PORTFOLIO_VIEW)
@require_http_methods(["GET", "POST"])
def own_hours(request: MemberRequest) -> HttpResponse:
    engagement, person = current(), request.membership.user_id
    if engagement is None or engagement.phase == Engagement.Phase.ENDED:
        raise Http404("No engagement is under way.")
    planned = hours_of(engagement, person)
    initial = {phase: each.hours for phase, each in planned.items()}
    form = HoursForm(posted(request) if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        hours = {phase: form.cleaned_data[phase] for phase in USUAL}
        allocate(actor=actor_of(request), engagement=engagement, person=person, hours=hours)
        messages.success(request, "Your hours are kept.")
        return redirect("portfolio")
    context = {"form": form, "engagement": engagement, "assumed": all(each.assumed for each in planned.values())}
    return render(request, "engagements/own_hours.html", context, status=400 if form.errors else 200)
