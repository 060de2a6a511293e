"""What the case's page asks for while one works on it: the next case, and the verdict on a sentence that is typed."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from apps.cases.models import Case
from apps.reviews import assignments
from apps.reviews.desk import Place
from apps.reviews.drafts import context_of, proposal_of
from apps.reviews.evidence import evidence_of
from apps.reviews.forms import CLAIM, DecisionForm
from apps.reviews.ordering import spot_of
from apps.reviews.queue import Selection
from apps.reviews.reading import claim_view
from apps.reviews.refusals import Refused
from apps.reviews.views import draw_case
from apps.tenants.actors import actor_of
from apps.tenants.capabilities import Capability, requires
from apps.tenants.requests import MemberRequest


@requires(Capability.CASES_VIEW)
@require_POST
def set_aside_next(request: MemberRequest) -> HttpResponse:
    """The next case of the selection after those that the page has, as the part of the page that shows it.

    It is the person's from here on, so nobody else decides it before it is shown. 204 when there is none for now.
    """
    have = request.POST.getlist("have")
    last = Place.objects.filter(case__number=have[-1]).first() if have else None
    after = spot_of(last, timezone.now()) if last else None
    try:
        case = assignments.take_next(actor=actor_of(request), selection=Selection.of(request.GET), after=after)
    except Refused:
        return HttpResponse(status=204)
    if case is None or case.number in have:
        return HttpResponse(status=204)
    return draw_case(request, case, case.assignment, DecisionForm())


@requires(Capability.CASES_VIEW)
@require_POST
def check_claim(request: MemberRequest, number: str, position: int) -> HttpResponse:
    """The verdict on a sentence as it is typed, by the verifier that judges it again when it is sent."""
    case = get_object_or_404(Case, number=number)
    proposal, context = proposal_of(case), context_of(case)
    if proposal is None or position >= len(proposal.claims):
        return HttpResponse(status=204)
    text = DecisionForm(request.POST).edits.get(position, request.POST.get(f"{CLAIM}{position}", ""))
    numbers = {each.passage.id: each.number for each in evidence_of(context, proposal.claims)}
    claim = claim_view(position, proposal.claims[position], text, context, numbers)
    return render(request, "reviews/verdict.html", {"claim": claim})
