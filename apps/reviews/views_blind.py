"""The pages of blind review: what waits, a case as if it were new, and, once it is decided, what others did with it."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from apps.reviews import blind
from apps.reviews.blind_reading import compared, mine
from apps.reviews.distribution import refuse_conflict
from apps.reviews.forms import DecisionForm
from apps.reviews.models import BlindReview
from apps.reviews.reading import view_of
from apps.reviews.reasons import REASONS
from apps.reviews.refusals import AlreadyDecided, ConflictOfInterest, Refused
from apps.tenants.actors import actor_of
from apps.tenants.capabilities import Capability, requires
from apps.tenants.requests import MemberRequest


@requires(Capability.CASES_VIEW)
@require_GET
def blind_page(request: MemberRequest) -> HttpResponse:
    actor = actor_of(request)
    return render(request, "reviews/blind.html", {"waiting": blind.waiting_for(actor), "mine": mine(actor)})


@requires(Capability.CASES_VIEW)
@require_POST
def take_blind(request: MemberRequest) -> HttpResponse:
    review = blind.take_next(actor=actor_of(request))
    if review is None:
        messages.info(request, "Nothing waits for your second look. Thank you.")
        return redirect("blind")
    return redirect("blind_review", review.pk)


@requires(Capability.CASES_VIEW)
@require_GET
@never_cache
def blind_review(request: MemberRequest, review_id: UUID) -> HttpResponse:
    """To whoever holds it, the case without its end; to whoever decided it, how others decided. To nobody else."""
    review, actor = _found(review_id), actor_of(request)
    if review.verdict and str(review.reviewer_id) == actor.id:
        return render(request, "reviews/blind_done.html", {"compared": compared(review)})
    if review.verdict or str(review.holder_id) != actor.id:
        messages.info(request, "That one is not open at you. Take the next one.")
        return redirect("blind")
    return _show(request, review, DecisionForm())


@requires(Capability.CASES_VIEW)
@require_POST
def decide_blind(request: MemberRequest, review_id: UUID) -> HttpResponse:
    review, form = _found(review_id), DecisionForm(request.POST)
    try:
        blind.decide(
            actor=actor_of(request), review_id=review_id, verdict=request.POST.get("verdict", ""),
            reason_code=form.reason_code, rationale=form.rationale,
        )  # fmt: skip
    except ConflictOfInterest as refused:
        raise PermissionDenied(str(refused)) from refused
    except AlreadyDecided as refused:
        messages.info(request, str(refused))
        return redirect("blind")
    except Refused as refused:
        if str(review.holder_id) != actor_of(request).id:
            messages.warning(request, str(refused))
            return redirect("blind")
        return _show(request, review, form, problem=str(refused))
    return redirect("blind_review", review_id)


def _found(review_id: UUID) -> BlindReview:
    return get_object_or_404(BlindReview.objects.select_related("case__release", "first"), pk=review_id)


def _show(request: MemberRequest, review: BlindReview, form: DecisionForm, *, problem: str = "") -> HttpResponse:
    try:
        refuse_conflict(actor=actor_of(request), case_id=review.case_id)
    except ConflictOfInterest as refused:
        raise PermissionDenied(str(refused)) from refused
    context = {
        "review": review,
        "view": view_of(review.case),
        "verdicts": BlindReview.Verdict.choices,
        "chosen": request.POST.get("verdict", ""),
        "form": form,
        "reasons": REASONS,
        "problem": problem,
    }
    return render(request, "reviews/blind_case.html", context, status=422 if problem else 200)
