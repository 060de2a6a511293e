"""The integration scope, and the governance map."""

import csv

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.compliance.exports.table import harmless
from apps.connectors.models import System
from apps.engagements.discovery import scope
from apps.engagements.discovery.governance import DUTIES, govern
from apps.engagements.engagement_models import Engagement
from apps.engagements.engagements import current
from apps.engagements.scope_models import ScopeItem
from apps.tenants.actors import actor_of
from apps.tenants.capabilities import Capability, requires
from apps.tenants.requests import MemberRequest, posted

COLUMNS = ("system", "operations", "direction", "authentication", "data", "owner", "risk", "note", "state")


class ScopeForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = ScopeItem
        fields = COLUMNS
        labels = {  # noqa: RUF012 - Django's own way
            "operations": "What is asked of it",
            "authentication": "How one signs in",
            "data": "Class of the data",
            "note": "What the risk is, and what is done about it",
        }


@requires(Capability.CONFIG_VIEW)
@require_GET
def scope_page(request: MemberRequest) -> HttpResponse:
    engagement = current()
    context: dict[str, object] = {"engagement": engagement}
    if engagement:
        items = list(scope.in_scope(engagement))
        context |= {"items": items, "removed": ScopeItem.objects.filter(engagement=engagement).exclude(removed_at=None)}
        context |= {"wanting": [item for item in items if item.wanting], "connected": System.objects.count()}
    return render(request, "engagements/scope.html", context)


@requires(Capability.CONFIG_VIEW)
@require_GET
def scope_csv(request: MemberRequest) -> HttpResponse:  # noqa: ARG001 - the tenant's, by its schema
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="integration-scope.csv"'
    writer = csv.writer(response)
    writer.writerow(COLUMNS)
    for item in scope.in_scope(_engagement()):
        writer.writerow(harmless(str(getattr(item, name))) for name in COLUMNS)
    return response


@requires(Capability.CONFIG_EDIT)
@require_http_methods(["GET", "POST"])
def scope_adding(request: MemberRequest) -> HttpResponse:
    form = ScopeForm(posted(request) or None)
    if request.method == "POST" and form.is_valid():
        try:
            scope.add_system(actor=actor_of(request), engagement=_engagement(), said=form.cleaned_data)
            return redirect("integration_scope")
        except scope.ScopeRefused as error:
            form.add_error(None, str(error))
    return render(request, "engagements/scope_form.html", {"form": form}, status=400 if form.errors else 200)


@requires(Capability.CONFIG_EDIT)
@require_http_methods(["GET", "POST"])
def scope_changing(request: MemberRequest, item_id: int) -> HttpResponse:
    item = get_object_or_404(ScopeItem, pk=item_id)
    form = ScopeForm(posted(request) if request.method == "POST" else None, instance=item)
    if request.method == "POST" and form.is_valid():
        scope.change_system(actor=actor_of(request), item=item, said=form.cleaned_data)
        return redirect("integration_scope")
    context = {"form": form, "item": item}
    return render(request, "engagements/scope_form.html", context, status=400 if form.errors else 200)


@requires(Capability.CONFIG_EDIT)
@require_POST
def scope_removing(request: MemberRequest, item_id: int) -> HttpResponse:
    """Out of the scope, or back into it."""
    item, removed = get_object_or_404(ScopeItem, pk=item_id), posted(request).get("do") != "back"
    scope.set_removed(actor=actor_of(request), item=item, removed=removed)
    messages.success(request, f"{item.system} is {'out of' if removed else 'back in'} the scope.")
    return redirect("integration_scope")


@requires(Capability.CONFIG_EDIT)
@require_POST
def scope_connected(request: MemberRequest) -> HttpResponse:
    try:
        made = scope.add_connected(actor=actor_of(request), engagement=_engagement())
        said = f"{len(made)} connected system{'' if len(made) == 1 else 's'} added."
        messages.success(request, said if made else "All connected systems are here, in the scope or taken out of it.")
    except scope.ScopeRefused as error:
        messages.error(request, str(error))
    return redirect("integration_scope")


@requires(Capability.CONFIG_VIEW)
@require_GET
def governance_page(request: MemberRequest) -> HttpResponse:
    engagement = current()
    context: dict[str, object] = {"engagement": engagement}
    if engagement:
        context |= {"map": govern(engagement), "duties": DUTIES.values()}
    return render(request, "engagements/governance.html", context)


def _engagement() -> Engagement:
    engagement = current()
    if engagement is None:
        raise Http404("There is no engagement.")
    return engagement
