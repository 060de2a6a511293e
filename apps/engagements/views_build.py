"""The board of Build: exit criteria as the records show them, slippage, and changes against what was agreed on."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Sum
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from apps.engagements.build.acceptance import acceptance
from apps.engagements.build.changes import (
    ChangeRefused,
    Wanted,
    ask_change,
    decidable,
    decide_change,
    may_take_back,
    seen,
)
from apps.engagements.build.closing import begin_run, give_up
from apps.engagements.build.standings import stand
from apps.engagements.build.timeline import timeline
from apps.engagements.build_models import ChangeRequest
from apps.engagements.cadence.calendar_of_run import monday_of
from apps.engagements.engagement_models import Engagement
from apps.engagements.engagements import EngagementRefused, current
from apps.engagements.statement import sow
from apps.engagements.typed_numbers import ungrouped
from apps.reviews.calendars import today
from apps.tenants.actors import Actor, actor_of
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
    messages.success(request, "The change waits for the other side to decide.")
    return redirect("build_board")


@requires(Capability.CONFIG_EDIT)
@require_POST
def change_deciding(request: MemberRequest, change_id: int) -> HttpResponse:
    form, change = posted(request), get_object_or_404(ChangeRequest, pk=change_id)
    try:
        if form.get("do") not in ("accept", "decline"):
            raise ChangeRefused("Choose: accept, or decline.")
        accept = form["do"] == "accept"
        decide_change(actor=actor_of(request), change=change, accept=accept, reason=form.get("reason", ""))
    except ChangeRefused as error:
        return _build(request, str(error), change.pk)
    said = "accepted" if accept else "taken back" if change.asked_by == actor_of(request).id else "declined"
    messages.success(request, f"“{change.title}” is {said}.")
    return redirect("build_board")


@requires(Capability.RELEASES_PROMOTE)
@require_POST
def build_closing(request: MemberRequest) -> HttpResponse:
    """Into Run, or given up."""
    engagement, form = current(), posted(request)
    if engagement is None:
        raise Http404("There is no engagement.")
    try:
        actor, reason = actor_of(request), form.get("why_closed", "")[:4000]
        if form.get("do") == "give_up":
            give_up(actor=actor, engagement=engagement, reason=reason)
            messages.success(request, "Given up. What was built and decided stays on record.")
            return redirect("build_board")
        begun = begin_run(actor=actor, engagement=engagement, on=form.get("run_on", ""), reason=reason)
    except EngagementRefused as error:
        return _build(request, str(error))
    messages.success(request, f"Run begins on {begun.run_on:%d %B %Y}: from then on its cadence is kept here.")
    return redirect("cadence")


def _build(request: MemberRequest, problem: str, deciding: int | None = None) -> HttpResponse:
    engagement, typed = current(), posted(request)
    context: dict[str, Any] = {"engagement": engagement, "problem": problem, "typed": typed, "deciding": deciding}
    if engagement and engagement.build_on:
        actor = actor_of(request)
        owner = Capability.RELEASES_PROMOTE in capabilities_of(actor.role)
        context |= _stages(engagement, engagement.build_on, today()) | _changes(
            engagement, actor, request.GET.get("page")
        )
        context |= {
            "seen": seen(engagement),
            "acceptance": acceptance(engagement),
            "agreed": sow.accepted(engagement),
            "may_close": engagement.phase == Engagement.Phase.BUILD and owner,
            "run_on": typed.get("run_on") or str(max(today(), engagement.build_on)),
        }
    return render(request, "engagements/build.html", context, status=400 if problem else 200)


def _stages(engagement: Engagement, build_on: date, day: date) -> dict[str, Any]:
    standings, monday = stand(engagement), monday_of(build_on)
    return {
        "standings": [(each, each.late(day), day > each.due) for each in standings],
        "timeline": timeline(standings, monday, day),
        "week": max((day - monday).days // 7 + 1, 1),
        "ahead": day < build_on,
        "met": sum(each.met for each in standings),
    }


def _changes(engagement: Engagement, actor: Actor, number: str | None) -> dict[str, Any]:
    changes = ChangeRequest.objects.filter(engagement=engagement)
    accepted = changes.filter(state=ChangeRequest.State.ACCEPTED)
    mine = set(decidable(actor).values_list("pk", flat=True))
    page = Paginator(changes, PER_PAGE).get_page(number)
    return {
        "changes": page,
        "rows": [(each, each.pk in mine, may_take_back(actor, each)) for each in page],
        "accepted": accepted.aggregate(usd=Sum("price"), days=Sum("days")),
    }


def _whole(form: object, name: str) -> int:
    text = ungrouped(str(form.get(name, ""))).replace("−", "-") or "0"  # type: ignore[attr-defined]
    try:
        return int(text)
    except ValueError:
        raise ChangeRefused(f"“{text[:40]}” is no whole number.") from None
