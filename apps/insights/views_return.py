"""The return: the page, its rows, its costs and its terms; and the same as JSON and PDF."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from apps.audit.reads import rows_read
from apps.insights.models import ReturnTerms
from apps.insights.return_chart import ahead, bars, cash
from apps.insights.return_form import FIELDS, read, typed_of
from apps.insights.return_paper import as_json, assumptions, headline, pdf
from apps.insights.return_rows import behind, shown
from apps.insights.return_terms import TermsRefused, set_terms, terms_of
from apps.insights.returns import Return, return_of
from apps.planning.roi import CHANNELS, COSTS
from apps.tenants.actors import actor_of
from apps.tenants.capabilities import Capability, capabilities_of, requires
from apps.tenants.requests import MemberRequest, posted
from apps.workflows.models import Workflow

PER_PAGE = 25


@requires(Capability.CONFIG_VIEW)
@require_GET
def return_page(request: MemberRequest) -> HttpResponse:
    workflow = Workflow.objects.select_related("production").first()
    found = return_of(workflow) if workflow else None
    context: dict[str, Any] = {"workflow": workflow, "found": found}
    if found and found.whole:
        context |= {"cash": cash(found), "bars": bars(found), "headline": headline(found), "rows": _months(found)}
        context["ahead"] = ahead(found)
    if found:
        context["assumptions"] = assumptions(found)
    return render(request, "insights/return.html", context)


@requires(Capability.CONFIG_VIEW)
@require_GET
def return_data(_: MemberRequest) -> JsonResponse:
    return JsonResponse(as_json(_found()))


@requires(Capability.CONFIG_VIEW)
@require_GET
def return_print(request: MemberRequest) -> HttpResponse:
    found = _found()
    paper = pdf(found, request.tenant.name, actor_of(request).name)
    name = f"return-{found.workflow.slug}-{found.periods[-1].end}.pdf"
    return HttpResponse(
        paper, content_type="application/pdf", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


@requires(Capability.CASES_VIEW)
@require_GET
def return_cases(request: MemberRequest, month: str, channel: str) -> HttpResponse:
    found = _found()
    period = next((each for each in found.periods if each.name == month), None)
    if period is None or channel not in found.returned.channels:
        raise Http404
    rows = behind(found, period, channel)
    page = Paginator(list(zip(rows.ids, rows.worth, strict=True)), PER_PAGE).get_page(request.GET.get("page"))
    listed = list(page.object_list)
    rows_read(request, [case for case, _ in listed], part="list")
    context = {
        "title": CHANNELS[channel],
        "period": period,
        "usd": float(found.returned.measured(channel)[found.periods.index(period)]),
        "says": rows.says,
        "page": page,
        "rows": shown([case for case, _ in listed], [worth for _, worth in listed]),
    }
    return render(request, "insights/return_cases.html", context)


@requires(Capability.CONFIG_VIEW)
@require_GET
def return_costs(request: MemberRequest) -> HttpResponse:
    """The ledger, the newest first."""
    found, kind, month = _found(), request.GET.get("kind", ""), request.GET.get("month", "")
    lines = [
        line
        for period in found.periods
        for line in period.lines
        if line.kind == (kind or line.kind) and period.name == (month or period.name)
    ]
    context = {
        "found": found,
        "kind": kind,
        "kinds": COSTS.items(),
        "month": month,
        "months": [each.name for each in found.periods],
        "total": sum(line.usd for line in lines),
        "page": Paginator(lines[::-1], PER_PAGE).get_page(request.GET.get("page")),
        "titles": COSTS,
    }
    return render(request, "insights/return_costs.html", context)


@requires(Capability.CONFIG_VIEW)
@require_http_methods(["GET", "POST"])
def return_terms(request: MemberRequest) -> HttpResponse:
    """What it is reckoned with. Only who may change the configuration sets it."""
    workflow = Workflow.objects.first()
    if workflow is None:
        raise Http404
    if request.method != "POST":
        last = ReturnTerms.objects.filter(workflow=workflow).first()
        given = typed_of(terms_of(workflow)) or {"monthly_volume": str(workflow.monthly_volume or "")}
        return _terms_page(request, workflow, given | {"source": last.source if last else ""}, "")
    if Capability.CONFIG_EDIT not in capabilities_of(actor_of(request).role):
        raise PermissionDenied("The consultant or the decision owner sets the terms.")
    typed = {name: str(value) for name, value in posted(request).items()}
    try:
        set_terms(actor=actor_of(request), workflow=workflow, terms=read(typed), source=typed.get("source", ""))
    except TermsRefused as refused:
        return _terms_page(request, workflow, typed, str(refused))
    messages.success(request, "The terms are set. Everything is reckoned with them from now on.")
    return redirect("return")


def _terms_page(request: MemberRequest, workflow: Workflow, typed: Mapping[str, str], problem: str) -> HttpResponse:
    groups = [(title, [(each, typed.get(each.name, "")) for each in fields]) for title, fields in FIELDS]
    page = Paginator(ReturnTerms.objects.filter(workflow=workflow), PER_PAGE).get_page(request.GET.get("page"))
    context = {"groups": groups, "typed": typed, "problem": problem, "page": page}
    return render(request, "insights/return_terms.html", context, status=422 if problem else 200)


def _months(found: Return) -> list[dict[str, object]]:
    flows, (total, low, high) = found.returned.channels, found.returned.cumulative
    return [
        {
            "period": each,
            "cases": round(len(each.found) * each.scale),
            "channels": [(name, float(flows[name][0, at]) if found.says(name, at) else None) for name in CHANNELS],
            "cost": each.cost,
            "total": float(total[at]),
            "low": float(low[at]),
            "high": float(high[at]),
            "forecast": float(found.forecast[0][at]) if found.forecast and at < len(found.forecast[0]) else None,
        }
        for at, each in enumerate(found.periods)
    ]


def _found() -> Return:
    workflow = Workflow.objects.select_related("production").first()
    found = return_of(workflow) if workflow else None
    if found is None or not found.whole:
        raise Http404
    return found
