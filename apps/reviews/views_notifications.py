"""What is new for a person, what they want to hear of, and when they are away."""

from datetime import date
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from apps.reviews import absences, calendars, notifying
from apps.reviews.refusals import Refused
from apps.reviews.terms import Absence
from apps.tenants.actors import actor_of
from apps.tenants.capabilities import Capability, capabilities_of, member_page
from apps.tenants.models import Membership
from apps.tenants.requests import MemberRequest

PER_PAGE = 25


@member_page
@require_GET
def notifications_page(request: MemberRequest) -> HttpResponse:
    actor = actor_of(request)
    members = Membership.objects.select_related("user").filter(active=True).order_by("user__name")
    anybodys = capabilities_of(actor.role) & {Capability.REVIEWS_TAKE_OVER, Capability.PEOPLE_MANAGE}
    context = {
        "page": Paginator(notifying.of_person(actor), PER_PAGE).get_page(request.GET.get("page")),
        "choices": notifying.choices_of(actor),
        "members": members,
        "people": members if anybodys else members.filter(user_id=actor.id),
        "absences": Absence.objects.filter(last__gte=calendars.today()),
        "anybodys": bool(anybodys),
    }
    return render(request, "reviews/notifications.html", context)


@member_page
@require_GET
def bell(request: MemberRequest) -> HttpResponse:
    """How many are new: the page's header asks every few seconds."""
    return render(request, "pieces/bell.html")


@member_page
@require_POST
def open_notification(request: MemberRequest, notification_id: UUID) -> HttpResponse:
    """Mark it as seen, and go where it leads."""
    actor = actor_of(request)
    found = get_object_or_404(notifying.of_person(actor), pk=notification_id)
    notifying.see(actor=actor, notification=found.pk)
    return redirect(found.link)


@member_page
@require_POST
def see_all(request: MemberRequest) -> HttpResponse:
    notifying.see(actor=actor_of(request))
    return redirect("notifications")


@member_page
@require_POST
def choose_notifications(request: MemberRequest) -> HttpResponse:
    notifying.choose(
        actor=actor_of(request), in_app=request.POST.getlist("in_app"), by_mail=request.POST.getlist("by_mail")
    )
    messages.success(request, "Kept. It holds for what comes from now on.")
    return redirect("notifications")


@member_page
@require_POST
def enter_absence(request: MemberRequest) -> HttpResponse:
    members = Membership.objects.select_related("user").filter(active=True)
    person = get_object_or_404(members, pk=_uuid(request.POST.get("person", "")))
    stand_in = members.filter(pk=_uuid(request.POST.get("stand_in", ""))).first()
    try:
        first, last = (date.fromisoformat(request.POST.get(name, "")) for name in ("first", "last"))
        absences.enter_absence(actor=actor_of(request), person=person, first=first, last=last, stand_in=stand_in)
    except Refused as refused:
        messages.error(request, f"Not entered. {refused}")
    except ValueError:
        messages.error(request, "Not entered. Give the first and the last day.")
    else:
        messages.success(request, f"{person.user.name} is away from {first:%d %B} to {last:%d %B}.")
    return redirect("notifications")


@member_page
@require_POST
def remove_absence(request: MemberRequest, absence_id: UUID) -> HttpResponse:
    absence = get_object_or_404(Absence, pk=absence_id)
    try:
        absences.remove_absence(actor=actor_of(request), absence=absence)
    except Refused as refused:
        messages.error(request, f"Not removed. {refused}")
    return redirect("notifications")


def _uuid(text: str) -> UUID:
    """Of nobody, where the text is none."""
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)
