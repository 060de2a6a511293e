"""The board of Build: exit criteria as the records show them, slippage, and changes against what was agreed on."""

from datetime import timedelta

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from apps.engagements.build.changes import ChangeRefused, Wanted, ask_change, decide_change, seen
from apps.engagements.build.criteria import stand
from apps.engagements.build.timeline import timeline
from apps.engagements.build_models import ChangeRequest
from apps.engagements.engagements import current
from apps.engagements.statement import sow
from apps.reviews.calendars import today
from apps.tenants.actors import actor_of
from apps.tenants.capabilities import Capability, capabilities_of, requires
from apps.tenants.requests import MemberRequest, posted

PER_PAGE = 25


@requires(Capability.CONFIG_VIEW)
@require_GET
def build_page(request: MemberRequest) -> HttpResponse:
    return _build(request, "")


@requires(Capability.CONFIG_EDIT)
@require_POST
def change_asking(request: MemberRequest) -> HttpResponse:
    engagement, form = current(), posted(request)
    if engagement is None:
        raise Http404("There is no engagement.")
    try:
        wanted = Wanted(form.get("title", ""), form.get("why", ""), _whole(form, "price"), _whole(form, "days"))
        ask_change(actor=actor_of(request), engagement=engagement, wanted=wanted)
    except ChangeRefused as error:
        return _build(request, str(error))
    messages.success(request, "The change waits for the decision owner.")
    return redirect("build_board")


@requires(Capability.RELEASES_PROMOTE)
@require_POST
def change_deciding(request: MemberRequest, change_id: int) -> HttpResponse:
    form, change = posted(request), get_object_or_404(ChangeRequest, pk=change_id)
    accept = form.get("do") == "accept"
    try:
        decide_change(actor=actor_of(request), change=change, accept=accept, reason=form.get("reason", ""))
    except ChangeRefused as error:
        return _build(request, str(error))
    return redirect("build_board")


def _build(request: MemberRequest, problem: str) -> HttpResponse:
    engagement, day = current(), today()
    context: dict[str, object] = {"engagement": engagement, "problem": problem, "typed": request.POST}
    if engagement and engagement.build_on:
        standings = stand(engagement.workflow, engagement.build_on)
        monday = engagement.build_on - timedelta(days=engagement.build_on.weekday())
        changes = ChangeRequest.objects.filter(engagement=engagement)
        accepted = changes.filter(state=ChangeRequest.State.ACCEPTED)
        context |= {
            "standings": [(each, each.late(day), day > each.due) for each in standings],
            "timeline": timeline(standings, monday, day),
            "week": (day - monday).days // 7 + 1,
            "met": sum(each.met for each in standings),
            "seen": seen(engagement),
            "agreed": sow.accepted(engagement),
            "changes": Paginator(changes, PER_PAGE).get_page(request.GET.get("page")),
            "price": sum(each.price for each in accepted),
            "days": sum(each.days for each in accepted),
            "may_decide": Capability.RELEASES_PROMOTE in capabilities_of(actor_of(request).role),
        }
    return render(request, "engagements/build.html", context, status=400 if problem else 200)


def _whole(form: object, name: str) -> int:
    text = str(form.get(name, "")).strip().replace(",", "").replace("−", "-") or "0"  # type: ignore[attr-defined]
    try:
        return int(text)
    except ValueError:
        raise ChangeRefused(f"“{text[:40]}” is no whole number.") from None
