"""The first page of a tenant, per role."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from apps.cases.models import Case
from apps.compliance.officer_home import officer_home
from apps.engagements.cadence.calendar_of_run import rituals_of
from apps.engagements.discovery.artefact_sources import artefacts_of
from apps.engagements.engagements import current
from apps.evaluations.lifecycle import for_people
from apps.portal.health import health
from apps.reviews.queue import Selection, counts, first, still_undoable, undo_seconds
from apps.reviews.rows import rows
from apps.tenants.actors import actor_of
from apps.tenants.capabilities import Capability, Role, capabilities_of, member_page
from apps.tenants.requests import MemberRequest
from apps.workflows.models import Notice

FIRST = 5


@member_page
@require_GET
def home(request: MemberRequest) -> HttpResponse:
    """What needs me now, and is the workflow healthy; before the first case, how far the engagement is."""
    actor = actor_of(request)
    context: dict[str, object] = {"decisions": for_people()[:FIRST]}
    context |= {"rituals": rituals_of(actor)}
    context |= {"notices": Notice.objects.filter(seen_at=None).select_related("workflow")[:FIRST]}
    if actor.role == Role.COMPLIANCE_OFFICER:
        return render(request, "compliance/officer_home.html", context | {"home": officer_home()})
    if Capability.CASES_VIEW in capabilities_of(actor.role):
        last, any_case = still_undoable(actor), Case.objects.exists()
        engagement = None if any_case else current()
        context |= {
            "counts": counts(actor),
            "rows": rows(first(Selection(sort="urgent", mine="1"), actor, FIRST), actor),
            "health": health(),
            "any_case": any_case,
            "engagement": engagement,
            "artefacts": artefacts_of(engagement) if engagement else [],
            "undoable": last,
            "undo_seconds": undo_seconds(last) if last else 0,
        }
    return render(request, "portal/home.html", context)
