"""How good review is, one's own habits beside one's own past, and what one's corrections led to."""

from datetime import timedelta
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from apps.evaluations import loop
from apps.evaluations import review_quality as quality
from apps.reviews import blind, policies
from apps.reviews.blind_reading import compared
from apps.reviews.models import BlindReview
from apps.tenants.actors import Actor, actor_of
from apps.tenants.capabilities import Capability, capabilities_of, requires
from apps.tenants.models import Membership
from apps.tenants.requests import MemberRequest
from apps.workflows.models import Workflow

PERIODS = (30, 90, 365)  # days


@requires(Capability.CASES_VIEW)
@require_GET
def quality_page(request: MemberRequest) -> HttpResponse:
    actor = actor_of(request)
    leads = _leads(actor)
    known, let_through = quality.known_answers()
    context = {
        "sampled": quality.sampled(),
        "sampled_by_type": quality.sampled_by_type(),
        "overturned": [compared(each) for each in quality.overturned()],
        "by_type": quality.agreement_by_type(),
        "by_pair": quality.agreement_by_pair() if leads else [],
        "stopped": known,
        "let_through": let_through,
        "waiting": blind.waiting_for(actor),
        "open": BlindReview.objects.filter(verdict="").count(),
        "rates": [(each, policies.in_force(each.pk)[1].blind) for each in Workflow.objects.order_by("title")],
        "leads": leads,
        "team": _team() if leads else [],
    }
    return render(request, "evaluations/quality.html", context)


@requires(Capability.CASES_VIEW)
@require_GET
def own_coaching(request: MemberRequest) -> HttpResponse:
    return _coaching(request, request.membership, own=True)


@requires(Capability.CASES_VIEW)
@require_GET
def coaching_page(request: MemberRequest, person_id: UUID) -> HttpResponse:
    """One's own page is for oneself; a colleague's is for who leads the team."""
    own = str(person_id) == actor_of(request).id
    if not own and not _leads(actor_of(request)):
        raise PermissionDenied("A coaching page is for the person, and for who leads the team.")
    member = get_object_or_404(Membership.objects.select_related("user"), user_id=person_id)
    return _coaching(request, member, own=own)


@requires(Capability.CASES_VIEW)
@require_GET
def loop_page(request: MemberRequest) -> HttpResponse:
    """What the person's own corrections led to, and what changed beside them."""
    asked = request.GET.get("days", "")
    days = next((each for each in PERIODS if str(each) == asked), PERIODS[0])
    since = timezone.now() - timedelta(days=days)
    found = loop.of_person(UUID(actor_of(request).id), since)
    return render(request, "evaluations/loop.html", {"loop": found, "days": days, "periods": PERIODS})


def _coaching(request: MemberRequest, member: Membership, *, own: bool) -> HttpResponse:
    habits = quality.habits(member.user_id)
    stopped, let_through = quality.known_answers(member.user_id)
    context = {
        "own": own,
        "person": member.user,
        "whole": habits[0] if habits else None,
        "habits": habits,
        "hints": [each for each in habits if each.trusts_more],
        "stopped": stopped,
        "let_through": let_through,
        "differing": [compared(each) for each in quality.differing_from(member.user_id)],
        "enough": quality.ENOUGH,
    }
    return render(request, "evaluations/coaching.html", context)


def _team() -> list[tuple[Membership, bool]]:
    """Who decides cases, by name; and whether something on their page is worth a talk."""
    members = Membership.objects.select_related("user").filter(active=True).order_by("user__name")
    deciding = [each for each in members if Capability.REVIEWS_DECIDE in capabilities_of(each.role)]
    return [(each, any(habit.trusts_more for habit in quality.habits(each.user_id))) for each in deciding]


def _leads(actor: Actor) -> bool:
    return Capability.REVIEWS_TAKE_OVER in capabilities_of(actor.role)
