"""What a member is given to decide: skills, limits and conflicts of interest."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from apps.cases.reading import case_types
from apps.reviews.refusals import Refused
from apps.reviews.reviewers import Limits, limits_of, set_limits
from apps.tenants.actors import actor_of
from apps.tenants.capabilities import Capability, requires
from apps.tenants.models import Membership
from apps.tenants.requests import MemberRequest
from apps.workflows.models import Workflow


@requires(Capability.PEOPLE_MANAGE)
@require_http_methods(["GET", "POST"])
def reviewer_page(request: MemberRequest, member_id: UUID) -> HttpResponse:
    """The form; what was typed stays in it when it is refused."""
    member = get_object_or_404(Membership.objects.select_related("user"), pk=member_id, active=True)
    problem, known = "", limits_of([member.user_id]).get(member.user_id)
    shown: object = known or Limits()
    if request.method == "POST":
        try:
            shown = typed = _typed(request.POST)
            set_limits(actor=actor_of(request), member=member, limits=typed)
        except Refused as refused:
            problem = str(refused)
        else:
            messages.success(request, f"{member.user.name} is given cases by this from now on.")
            return redirect("people")
    workflows = list(Workflow.objects.select_related("production"))
    context = {
        "member": member,
        "limits": shown,
        "problem": problem,
        "workflows": [(each.slug, each.title) for each in workflows],
        "types": sorted(case_types([each.production_id for each in workflows if each.production_id]).items()),
    }
    return render(request, "portal/reviewer.html", context, status=422 if problem else 200)


def _typed(posted: QueryDict) -> Limits:
    return Limits(
        case_types=posted.getlist("case_type"),
        languages=_words(posted.get("languages", "").replace(",", " ").split()),
        workflows=posted.getlist("workflow"),
        conflicts=_words(posted.get("conflicts", "").splitlines()),
        most_held=_number(posted.get("most_held", "")),
        most_a_day=_number(posted.get("most_a_day", "")),
    )


def _words(texts: list[str]) -> list[str]:
    return [text.replace("\x00", "") for text in texts]


def _number(text: str) -> int | None:
    """None for nothing; what is no number is refused by the service as too high or low."""
    text = text.strip()
    return (int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0) if text else None
