"""The hand-over: what the client can do alone, and what is missing."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from apps.compliance.signatures import SignatureRefused
from apps.compliance.signing_session import components, remember_signing
from apps.engagements.cadence.hand_over import StatementRefused, end_engagement, hand_over, state
from apps.engagements.engagements import EngagementRefused, current
from apps.tenants.actors import actor_of
from apps.tenants.capabilities import Capability, requires
from apps.tenants.requests import MemberRequest, posted


@requires(Capability.CONFIG_VIEW)
@require_GET
def hand_over_page(request: MemberRequest) -> HttpResponse:
    return _page(request, "", "")


@requires(Capability.CONFIG_EDIT)
@require_POST
def hand_over_stating(request: MemberRequest, item: str) -> HttpResponse:
    form, engagement = posted(request), current()
    if engagement is None:
        raise Http404("No engagement is begun.")
    try:
        holds, says = form.get("holds") == "yes", form.get("says", "")
        state(actor=actor_of(request), engagement=engagement, item=item, holds=holds, says=says, **components(request))
    except (StatementRefused, SignatureRefused) as problem:
        return _page(request, item, str(problem))
    remember_signing(request)
    messages.success(request, "Your statement is signed.")
    return redirect(f"{reverse('hand_over')}#{item}")


@requires(Capability.RELEASES_PROMOTE)
@require_POST
def engagement_ending(request: MemberRequest) -> HttpResponse:
    engagement = current()
    if engagement is None:
        raise Http404("No engagement is begun.")
    try:
        end_engagement(actor=actor_of(request), engagement=engagement, reason=posted(request).get("reason", ""))
    except EngagementRefused as problem:
        return _page(request, "", str(problem))
    messages.success(request, "Handed over. The cadence goes on, and the client’s people hold it.")
    return redirect("hand_over")


def _page(request: MemberRequest, item: str, problem: str) -> HttpResponse:
    engagement = current()
    running = engagement is not None and engagement.run_on is not None
    context = {
        "tab": "hand_over",
        "engagement": engagement,
        "found": hand_over(engagement) if engagement and running else None,
        "open_item": item,
        "problem": problem,
        "typed": posted(request),
        "first_signing": "email" in components(request),
    }
    return render(request, "engagements/hand_over.html", context, status=400 if problem else 200)
