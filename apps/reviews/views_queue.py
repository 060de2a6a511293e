"""The queue's page: filters, rows in order, and what can be done to many."""

from dataclasses import asdict
from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from apps.audit.reads import rows_read
from apps.cases.listing import LANES
from apps.cases.reading import case_types
from apps.reviews.bulk import LARGEST, kinds_of
from apps.reviews.distribution import Whose
from apps.reviews.queue import (
    BANDS,
    REASONS,
    SORTS,
    URGENCIES,
    Selection,
    counts,
    page,
    present_types,
    still_undoable,
    undo_seconds,
)
from apps.reviews.rows import rows
from apps.reviews.saved import filters_of
from apps.tenants.actors import actor_of
from apps.tenants.capabilities import Capability, capabilities_of, requires
from apps.tenants.rendering import render_found
from apps.tenants.requests import MemberRequest
from apps.workflows.models import Workflow

FIRST = ("case_type", "reason", "sort")  # the filters that are always in sight
MORE = ("workflow", "lane", "band", "urgency", "held")


@requires(Capability.CASES_VIEW)
@require_GET
def queue_page(request: MemberRequest) -> HttpResponse:
    actor, selection = actor_of(request), Selection.of(request.GET)
    shown = page(selection, actor, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    rows_read(request, [case.pk for case in shown.cases], part="queue", deciding=True)
    offered = _filters()
    context = {
        "selection": selection,
        "chosen": asdict(selection),
        "page": shown,
        "rows": rows(shown.cases, actor),
        "counts": counts(actor),
        "filters": [each for each in offered if each[0] in FIRST],
        "more": [each for each in offered if each[0] in MORE],
        "more_chosen": any(value for name, value in asdict(selection).items() if name in MORE),
        "bulk_kinds": kinds_of(actor),
        "largest": LARGEST,
        "saved": filters_of(actor),
        "me": actor.id,
        "may_share": Capability.REVIEWS_TAKE_OVER in capabilities_of(actor.role),
        **undo(request),
    }
    return render_found(request, "reviews/queue.html", context)


def _filters() -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Name, label and options of each filter; those without a choice are left out."""
    workflows = list(Workflow.objects.select_related("production"))
    titles = case_types([workflow.production_id for workflow in workflows if workflow.production_id])
    types = [(slug, titles.get(slug, slug.replace("_", " "))) for slug in present_types()]
    offered = [
        ("workflow", "Workflow", [(workflow.slug, workflow.title) for workflow in workflows]),
        ("case_type", "Case type", sorted(types, key=lambda each: each[1])),
        ("reason", "Why here", list(REASONS.items())),
        ("lane", "Lane", list(LANES.items())),
        ("band", "Confidence", list(BANDS.items())),
        ("urgency", "Urgency", list(URGENCIES.items())),
        ("held", "Held", [(each.value, each.label) for each in Whose if each != Whose.ANYBODYS]),
        ("sort", "Order", list(SORTS.items())),
    ]
    return [each for each in offered if len(each[2]) > 1]


def undo(request: MemberRequest) -> dict[str, Any]:
    """What pages/undo.html shows: the person's last decision, while it can be taken back."""
    last = still_undoable(actor_of(request))
    return {"undoable": last, "undo_seconds": undo_seconds(last)} if last else {}
