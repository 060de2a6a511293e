"""The pages of figures: what it came to, the cases behind each figure, and what an hour of a person costs."""

from collections.abc import Mapping
from dataclasses import asdict
from decimal import Decimal, InvalidOperation

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from apps.audit.reads import rows_read
from apps.cases.reading import case_types
from apps.insights.kpis import KPIS, figure
from apps.insights.models import HourRate
from apps.insights.overview import Overview
from apps.insights.rates import LONGEST_SOURCE, RateRefused, rate_in_force, set_rate
from apps.insights.rows import behind, shown
from apps.insights.selection import DIMENSIONS, WEEKS, Selection
from apps.tenants.actors import actor_of
from apps.tenants.capabilities import Capability, requires
from apps.tenants.rendering import render_found
from apps.tenants.requests import MemberRequest, posted
from apps.workflows.models import Workflow

PER_PAGE = 25
Filters = list[tuple[str, str, list[tuple[str, str]]]]


@requires(Capability.CONFIG_VIEW)
@require_GET
def insights(request: MemberRequest) -> HttpResponse:
    query = request.GET.urlencode()
    return redirect(f"{reverse('kpis')}?{query}" if query else reverse("kpis"))


@requires(Capability.CONFIG_VIEW)
@require_GET
def kpis_page(request: MemberRequest) -> HttpResponse:
    selection = Selection.of(request.GET)
    workflows = list(Workflow.objects.all())
    workflow = _workflow(workflows, selection)
    context = {
        "workflows": workflows,
        "workflow": workflow,
        "selection": selection,
        "chosen": asdict(selection),
        "overview": Overview(workflow, selection) if workflow else None,
        "weeks": WEEKS.items(),
        "filters": _filters(workflow) if workflow else [],
        "dimensions": [(name, title, selection.within(by=name)) for name, title in DIMENSIONS.items()],
    }
    return render_found(request, "insights/kpis.html", context)


@requires(Capability.CONFIG_VIEW)
@require_GET
def kpis_data(request: MemberRequest, form: str) -> HttpResponse:
    """The same figures for programs: `form` is json or csv."""
    selection = Selection.of(request.GET)
    workflow = _workflow(list(Workflow.objects.all()), selection)
    if workflow is None:
        raise Http404
    overview = Overview(workflow, selection)
    if form == "json":
        return JsonResponse(overview.as_json())
    name = f"figures-{workflow.slug}-{overview.begin}-{overview.end}.csv"
    return HttpResponse(
        overview.as_csv(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@requires(Capability.CASES_VIEW)
@require_GET
def kpi_cases(request: MemberRequest, name: str) -> HttpResponse:
    """The cases that a figure counts, as many as its n."""
    selection, only = Selection.of(request.GET), bool(request.GET.get("only"))
    workflow = _workflow(list(Workflow.objects.all()), selection)
    if name not in KPIS or workflow is None:
        raise Http404
    overview = Overview(workflow, selection)
    rate = rate_in_force(workflow)
    found = behind(name, overview.found, rate, only=only)
    page = Paginator(list(zip(found.ids, found.worth, strict=True)), PER_PAGE).get_page(request.GET.get("page"))
    listed = list(page.object_list)
    rows_read(request, [case for case, _ in listed], part="list")
    context = {
        "figure": figure(name, overview.found, rate),
        "selection": selection,
        "overview": overview,
        "only": only,
        "page": page,
        "address": f"{selection.address}&only=1" if only else selection.address,
        "rows": shown(name, [case for case, _ in listed], [worth for _, worth in listed]),
    }
    return render(request, "insights/cases.html", context)


@requires(Capability.CONFIG_VIEW)
@require_GET
def rate_page(request: MemberRequest, slug: str) -> HttpResponse:
    return _rate_page(request, get_object_or_404(Workflow, slug=slug), {}, "")


@requires(Capability.CONFIG_EDIT)
@require_POST
def rate_creation(request: MemberRequest, slug: str) -> HttpResponse:
    workflow, typed = get_object_or_404(Workflow, slug=slug), posted(request).dict()
    try:
        set_rate(
            actor=actor_of(request),
            workflow=workflow,
            usd=_usd(str(typed.get("usd", ""))),
            source=str(typed.get("source", "")),
        )
    except RateRefused as refused:
        return _rate_page(request, workflow, typed, str(refused))
    messages.success(request, "The rate is set. What a case costs is reckoned with it from now on.")
    return redirect(f"{reverse('kpis')}?workflow={workflow.slug}")


def _rate_page(request: MemberRequest, workflow: Workflow, typed: Mapping[str, object], problem: str) -> HttpResponse:
    rates = Paginator(HourRate.objects.filter(workflow=workflow), PER_PAGE).get_page(request.GET.get("page"))
    context = {"workflow": workflow, "typed": typed, "problem": problem, "page": rates, "longest": LONGEST_SOURCE}
    return render(request, "insights/rate.html", context, status=422 if problem else 200)


def _usd(typed: str) -> Decimal:
    """A comma may stand for the point, but not between thousands, where it would make an hour a thousandth as dear."""
    try:
        usd = Decimal(typed.strip().replace(",", "."))
    except InvalidOperation:
        usd = Decimal("NaN")
    if usd.is_nan() or "," in typed[-4:-3]:
        raise RateRefused("The rate is a number of USD without separators of thousands, such as 36.50 or 1250.")
    return usd


def _workflow(workflows: list[Workflow], selection: Selection) -> Workflow | None:
    """The one that is asked for, else the first."""
    return next((each for each in workflows if each.slug == selection.workflow), workflows[0] if workflows else None)


def _filters(workflow: Workflow) -> Filters:
    titles = case_types([workflow.production_id] if workflow.production_id else [])
    releases = list(workflow.releases.values_list("pk", "label"))
    offered: Filters = [
        ("case_type", "Case type", sorted(titles.items(), key=lambda each: each[1])),
        ("release", "Release", releases),
        ("arm", "Arm", [("incumbent", "Incumbent"), ("slice", "Slice")]),
    ]
    return [each for each in offered if len(each[2]) > 1]
