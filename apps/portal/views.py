"""The first page of a tenant, per role, and the public site's page."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from apps.cases.models import Case
from apps.evaluations.lifecycle import for_people
from apps.portal.health import health
from apps.reviews.queue import Selection, counts, first, still_undoable, undo_seconds
from apps.reviews.rows import rows
from apps.tenants.actors import actor_of
from apps.tenants.capabilities import Capability, capabilities_of, member_page, public_page
from apps.tenants.models import Domain
from apps.tenants.requests import MemberRequest
from apps.workflows.models import Notice

FIRST = 5


@member_page
@require_GET
def home(request: MemberRequest) -> HttpResponse:
    """What needs me now, and is the workflow healthy."""
    actor = actor_of(request)
    context: dict[str, object] = {"decisions": for_people()[:FIRST]}
    context |= {"notices": Notice.objects.filter(seen_at=None).select_related("workflow")[:FIRST]}
    if Capability.CASES_VIEW in capabilities_of(actor.role):
        last = still_undoable(actor)
        context |= {
            "counts": counts(actor),
            "rows": rows(first(Selection(sort="urgent", mine="1"), actor, FIRST), actor),
            "health": health(),
            "any_case": Case.objects.exists(),
            "undoable": last,
            "undo_seconds": undo_seconds(last) if last else 0,
        }
    return render(request, "portal/home.html", context)


@public_page
@require_GET
def landing(request: HttpRequest) -> HttpResponse:
    """What this is. Who uses it is nobody's business: the tenants are listed on a developer's machine only."""
    domains = Domain.objects.select_related("tenant").order_by("tenant__name") if settings.DEBUG else []
    port = "" if settings.HTTPS else f":{settings.PORT}"
    scheme = "https" if settings.HTTPS else "http"
    links = [(domain.tenant, f"{scheme}://{domain.domain}{port}/") for domain in domains]
    return render(request, "portal/landing.html", {"links": links})
