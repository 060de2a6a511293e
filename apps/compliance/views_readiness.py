"""The readiness assessment: of a tenant, with live evidence and kept; and a short one for anyone, kept nowhere."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from apps.compliance.readiness import ANSWERS, Answer, Assessment, answers_from, assess, public_questions, the_questions
from apps.compliance.readiness_models import Readiness
from apps.compliance.readiness_services import keep_assessment
from apps.tenants.actors import actor_of
from apps.tenants.capabilities import Capability, capabilities_of, public_page, requires
from apps.tenants.requests import MemberRequest, posted


@requires(Capability.AUDIT_VIEW)
@require_safe
def assessment_page(request: MemberRequest) -> HttpResponse:
    return _assessment(request, Readiness.objects.first())


@requires(Capability.AUDIT_VIEW)
@require_safe
def earlier_assessment(request: MemberRequest, readiness_id: UUID) -> HttpResponse:
    return _assessment(request, get_object_or_404(Readiness, pk=readiness_id))


@requires(Capability.AUDIT_EXPORT)
@require_POST
def assessment_making(request: MemberRequest) -> HttpResponse:
    form = posted(request)
    given = {name: form.get(name, "") for name in form}
    keep_assessment(actor=actor_of(request), answers=answers_from(given, public=False))
    messages.success(request, "The assessment is kept. A later one stands beside it, so that progress shows.")
    return redirect("readiness")


@public_page
@require_safe
def public_readiness(request: HttpRequest) -> HttpResponse:
    """The answers are in the address and nowhere else: no cookie, and nothing kept."""
    answers, found = _public(request)
    context = {
        "questions": [(question, answers[question.id]) for question in public_questions()],
        "choices": ANSWERS.items(),
        "found": found,
        "link": urlencode({name: answer for name, answer in answers.items() if answer != "unknown"}),
    }
    return render(request, "compliance/readiness_public.html", context)


@public_page
@require_safe
def public_readiness_data(request: HttpRequest) -> JsonResponse:
    answers, found = _public(request)
    assessment = found.model_dump(mode="json") if found else None
    return JsonResponse({"answers": answers, "assessment": assessment}, json_dumps_params={"indent": 2})


def _public(request: HttpRequest) -> tuple[dict[str, Answer], Assessment | None]:
    """The answers of the address, and what follows once one is given."""
    answers = answers_from(request.GET.dict(), public=True)
    answered = any(name in request.GET for name in answers)
    return answers, assess(answers, {}) if answered else None


def _assessment(request: MemberRequest, shown: Readiness | None) -> HttpResponse:
    before = shown.answers if shown else {}
    context = {
        "shown": shown,
        "found": Assessment.model_validate(shown.result) if shown else None,
        "questions": [(question, before.get(question.id, "unknown")) for question in the_questions().questions],
        "choices": ANSWERS.items(),
        "earlier": Readiness.objects.all()[:20],
        "may_change": Capability.AUDIT_EXPORT in capabilities_of(actor_of(request).role),
    }
    return render(request, "compliance/readiness.html", context)
