"""Many cases at once: choose what is to be done, see what would happen to each, do it, take it back."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from apps.cases.models import Case
from apps.reviews import bulk, services
from apps.reviews.desk import BulkAction
from apps.reviews.queue import Selection, first
from apps.reviews.refusals import Refused
from apps.tenants.actors import Actor, actor_of
from apps.tenants.capabilities import Capability, capabilities_of, requires
from apps.tenants.models import Membership
from apps.tenants.requests import MemberRequest

DECIDES = {Capability.REVIEWS_DECIDE, Capability.REVIEWS_DECIDE_RESERVED}
SHOWN = 20


@requires(Capability.CASES_VIEW)
@require_POST
def bulk_page(request: MemberRequest) -> HttpResponse:
    """Says what would happen to each case; with `do`, does it. 422 with the reason where more has to be said first."""
    actor, selection = actor_of(request), Selection.of(request.GET)
    order = _order(request)
    if order is None:
        messages.warning(request, "Choose what is to be done with the cases.")
        return redirect("queue")
    cases = _chosen(request, selection, actor)
    problem, outcomes = "", list[bulk.Outcome]()
    try:
        if "do" in request.POST:
            return redirect("bulk_action", bulk.act(actor=actor, order=order, cases=cases).pk)
        outcomes = bulk.preview(actor=actor, order=order, cases=cases)
    except Refused as refused:
        # Whoever has just chosen the cases has not been asked yet.
        problem = str(refused) if "previewed" in request.POST or not cases else ""
    context = {"order": order, "cases": cases, "outcomes": outcomes, "problem": problem, "selection": selection}
    return render(request, "reviews/bulk.html", context | _offered(order, outcomes), status=422 if problem else 200)


def _offered(order: bulk.Order, outcomes: Sequence[bulk.Outcome]) -> dict[str, object]:
    """What can be chosen on the page, and how many of the cases it can be done to."""
    return {
        "possible": sum(not each.problem for each in outcomes),
        "people": _deciders() if order.kind == bulk.Kind.REASSIGN else [],
        "roles": services.ESCALATION_ROLES,
    }


@requires(Capability.CASES_VIEW)
@require_GET
def bulk_actions(request: MemberRequest) -> HttpResponse:
    return render(request, "reviews/bulk_actions.html", {"actions": BulkAction.objects.all()[:SHOWN]})


@requires(Capability.CASES_VIEW)
@require_GET
def bulk_action(request: MemberRequest, bulk_id: UUID) -> HttpResponse:
    action = get_object_or_404(BulkAction, pk=bulk_id)
    left = (action.at + timedelta(seconds=settings.UNDO_SECONDS) - timezone.now()).total_seconds()
    given = action.kind in {bulk.Kind.REASSIGN, bulk.Kind.SHARE_OUT, bulk.Kind.SNOOZE}  # nothing leaves the house
    mine = str(action.actor_id) == actor_of(request).id and action.undone_at is None
    context = {"action": action, "undoable": mine and (given or left > 0), "seconds": None if given else int(left)}
    return render(request, "reviews/bulk_action.html", context)


@requires(Capability.CASES_VIEW)
@require_POST
def bulk_undo(request: MemberRequest, bulk_id: UUID) -> HttpResponse:
    try:
        stayed = bulk.undo(actor=actor_of(request), bulk_id=bulk_id)
    except Refused as refused:
        messages.warning(request, str(refused))
    else:
        messages.success(request, "It is taken back.")
        for outcome in stayed:
            messages.warning(request, f"{outcome.number} stays as it is: {outcome.problem}")
    return redirect("bulk_action", bulk_id)


def _order(request: MemberRequest) -> bulk.Order | None:
    posted = request.POST
    if posted.get("kind", "") not in bulk.Kind:
        return None
    member = _uuid(posted.get("to", ""))
    to = Membership.objects.select_related("user").filter(active=True, pk=member).first() if member else None
    text = posted.get("rationale", "").replace("\x00", "")[:2000]
    return bulk.Order(bulk.Kind(posted["kind"]), to, posted.get("role", ""), text, _moment(posted.get("until", "")))


def _chosen(request: MemberRequest, selection: Selection, actor: Actor) -> Sequence[Case]:
    """Those that were ticked, or with `all` those of the filter, from the front."""
    if "all" in request.POST:
        return first(selection, actor, bulk.LARGEST)
    ids = [each for each in map(_uuid, request.POST.getlist("case")) if each][: bulk.LARGEST + 1]
    return list(Case.objects.filter(pk__in=ids, state=Case.State.REVIEW).select_related("workflow"))


def _deciders() -> list[Membership]:
    members = Membership.objects.filter(active=True).select_related("user").order_by("user__name")
    return [member for member in members if capabilities_of(member.role) & DECIDES]


def _moment(text: str) -> datetime | None:
    """As a browser's field gives it, in UTC."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        return None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
