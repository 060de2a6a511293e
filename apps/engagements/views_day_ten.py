"""The tenth day: evidence, gaps, a recommendation by rules, and the decision owner's signature."""

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from apps.compliance.signatures import SignatureRefused, verified
from apps.compliance.signing_session import components, remember_signing
from apps.engagements.board_models import DayTen
from apps.engagements.discovery.day_ten import Decided, DecisionRefused, sign_day_ten
from apps.engagements.discovery.day_ten_evidence import Evidence, gather
from apps.engagements.discovery.day_ten_rules import RULES, recommend
from apps.engagements.engagement_models import Engagement
from apps.engagements.engagements import EngagementRefused, current
from apps.reviews import calendars
from apps.tenants.actors import actor_of
from apps.tenants.capabilities import Capability, capabilities_of, requires
from apps.tenants.requests import MemberRequest, posted

LONGEST = 4000


@requires(Capability.CONFIG_VIEW)
@require_GET
def day_ten_page(request: MemberRequest) -> HttpResponse:
    return _page(request, "")


@requires(Capability.RELEASES_PROMOTE)
@require_POST
def day_ten_signing(request: MemberRequest) -> HttpResponse:
    engagement = current()
    if engagement is None:
        return redirect("day_ten")
    try:
        made = sign_day_ten(
            actor=actor_of(request), engagement=engagement, decided=_decided(request), **components(request)
        )
    except (DecisionRefused, SignatureRefused, EngagementRefused) as error:
        return _page(request, str(error))
    remember_signing(request)
    messages.success(request, f"Signed: {made.get_decision_display().lower()}.")
    return redirect("day_ten")


def _decided(request: MemberRequest) -> Decided:
    form = posted(request)
    try:
        build_on = date.fromisoformat(form.get("build_on", "")) if form.get("build_on") else None
    except ValueError:
        raise DecisionRefused("Write the first day of Build as 2026-11-30.") from None
    return Decided(
        decision=form.get("decision", ""),
        reason=form.get("reason", "")[:LONGEST],
        conditions=form.get("conditions", "")[:LONGEST],
        build_on=build_on,
        sha256=form.get("sha256", ""),
    )


def _page(request: MemberRequest, problem: str) -> HttpResponse:
    engagement = current()
    context: dict[str, Any] = {"engagement": engagement, "problem": problem, "rules": RULES}
    if engagement:
        signed = DayTen.objects.filter(engagement=engagement).select_related("signature").first()
        evidence = Evidence.model_validate(signed.evidence) if signed else gather(engagement)
        context |= {"evidence": evidence, "advice": recommend(evidence), "signed": signed, "decisions": DayTen.Decision}
        context |= {"intact": verified(signed.signature)} if signed else _form(request, engagement)
    return render(request, "engagements/day_ten.html", context, status=400 if problem else 200)


def _form(request: MemberRequest, engagement: Engagement) -> dict[str, Any]:
    today = calendars.today()
    return {
        "may_sign": Capability.RELEASES_PROMOTE in capabilities_of(actor_of(request).role)
        and engagement.phase != Engagement.Phase.ENDED,
        "first_signing": "email" in components(request),
        "typed": request.POST,
        "build_on": engagement.build_on or today + timedelta(days=7 - today.weekday()),
        "choices": [
            choice
            for choice in DayTen.Decision.choices
            if engagement.phase == Engagement.Phase.DISCOVERY or choice[0] != DayTen.Decision.WALK_AWAY
        ],
    }
