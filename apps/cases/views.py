"""The list of all cases."""

from dataclasses import asdict

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from apps.audit.reads import rows_read
from apps.cases.listing import LANES, CaseSelection, case_rows, find_cases, present_types
from apps.cases.models import Case
from apps.cases.reading import case_types
from apps.tenants.capabilities import Capability, requires
from apps.tenants.rendering import render_found
from apps.tenants.requests import MemberRequest
from apps.workflows.models import Workflow

PER_PAGE = 25


@requires(Capability.CASES_VIEW)
@require_GET
def cases_page(request: MemberRequest) -> HttpResponse:
    selection = CaseSelection.of(request.GET)
    page = Paginator(find_cases(selection), PER_PAGE).get_page(request.GET.get("page"))
    found = list(page.object_list)
    rows_read(request, [case.pk for case in found], part="search" if selection.q else "list")
    context = {
        "selection": selection,
        "chosen": asdict(selection),
        "page": page,
        "rows": case_rows(found),
        "filters": _filters(),
    }
    return render_found(request, "cases/list.html", context)


def _filters() -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Name, label and options of each filter; those without a choice are left out."""
    production = Workflow.objects.exclude(production=None).values_list("production", flat=True)
    titles = case_types([release for release in production if release])
    types = [(slug, titles.get(slug, slug.replace("_", " "))) for slug in present_types(Case.objects.all())]
    offered = [
        ("state", "State", [(str(value), label) for value, label in Case.State.choices]),
        ("outcome", "Outcome", [(str(value), label) for value, label in Case.Outcome.choices]),
        ("case_type", "Case type", sorted(types, key=lambda each: each[1])),
        ("lane", "Lane", list(LANES.items())),
    ]
    return [each for each in offered if len(each[2]) > 1]
