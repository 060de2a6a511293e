"""What is out of the ordinary: the list, and one of them with its rows, its way, and what people made of it."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from apps.audit.reads import rows_read
from apps.cases.listing import case_rows
from apps.insights.anomalies import AnomalyRefused, settle_anomaly
from apps.insights.anomaly_chart import draw
from apps.insights.anomaly_models import Anomaly, AnomalyLook
from apps.insights.anomaly_rows import cases_behind, way
from apps.tenants.actors import Actor, actor_of
from apps.tenants.capabilities import Capability, capabilities_of, requires
from apps.tenants.models import Membership
from apps.tenants.requests import MemberRequest, posted

PER_PAGE = 25
State = Anomaly.State


@requires(Capability.CONFIG_VIEW)
@require_GET
def anomalies_page(request: MemberRequest) -> HttpResponse:
    state, kind = request.GET.get("state", State.OPEN), request.GET.get("kind", "")
    found = Anomaly.objects.all()
    found = found.filter(state=state) if state in State.values else found
    found = found.filter(kind=kind) if kind in Anomaly.Kind.values else found
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    shown = list(page.object_list)
    names = _names(request, shown)
    context = {
        "page": page,
        "rows": [(each, names.get(each.subject, "")) for each in shown],
        "state": state if state in State.values else "all",
        "states": State.choices,
        "kind": kind,
        "kinds": Anomaly.Kind.choices,
        "look": AnomalyLook.objects.first(),
        "any": Anomaly.objects.exists(),
    }
    return render(request, "insights/anomalies.html", context)


@requires(Capability.CONFIG_VIEW)
@require_GET
def anomaly_page(request: MemberRequest, anomaly_id: int) -> HttpResponse:
    return _page(request, get_object_or_404(Anomaly.objects.select_related("workflow"), pk=anomaly_id))


@requires(Capability.CONFIG_EDIT)
@require_POST
def anomaly_settle(request: MemberRequest, anomaly_id: int) -> HttpResponse:
    anomaly = get_object_or_404(Anomaly.objects.select_related("workflow"), pk=anomaly_id)
    form = posted(request)
    try:
        settle_anomaly(actor=actor_of(request), anomaly=anomaly, state=form.get("state", ""), note=form.get("note", ""))
    except AnomalyRefused as refused:
        return _page(request, anomaly, str(refused), form.get("note", ""))
    messages.success(request, "Kept, with your name and note.")
    return redirect("anomaly", anomaly_id)


def _page(request: MemberRequest, anomaly: Anomaly, problem: str = "", note: str = "") -> HttpResponse:
    sees = Capability.CASES_VIEW in capabilities_of(actor_of(request).role)
    page = Paginator(cases_behind(anomaly), PER_PAGE).get_page(request.GET.get("page"))
    found = list(page.object_list) if sees else []
    rows_read(request, [case.pk for case in found], part="anomaly")
    units = way(anomaly)
    context = {
        "anomaly": anomaly,
        "person": _names(request, [anomaly]).get(anomaly.subject, ""),
        "units": units,
        "chart": draw(units),
        "page": page,
        "rows": case_rows(found),
        "sees": sees,
        "problem": problem,
        "note": note,
    }
    return render(request, "insights/anomaly.html", context, status=409 if problem else 200)


def _names(request: MemberRequest, shown: list[Anomaly]) -> dict[str, str]:
    """Of reviewers, for themselves and for who leads the team: as on the page of review quality."""
    people = {each.subject for each in shown if each.kind in Anomaly.PEOPLE}
    actor = actor_of(request)
    seen = people if _leads(actor) else people & {actor.id}
    members = Membership.objects.select_related("user").filter(user_id__in=seen)
    return {str(each.user_id): each.user.name for each in members}


def _leads(actor: Actor) -> bool:
    return Capability.REVIEWS_TAKE_OVER in capabilities_of(actor.role)
