"""Hand-overs of everything: the tenant's administrator asks, a compliance officer approves."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET, require_POST

from apps.portability import services
from apps.portability.models import KEPT, HandOver
from apps.portability.tables import LEFT_BEHIND
from apps.portability.travel_key import SHORTEST
from apps.tenants.actors import actor_of
from apps.tenants.capabilities import Capability, capabilities_of, requires
from apps.tenants.rendering import render_found
from apps.tenants.requests import MemberRequest, posted

PAGE = 20


@requires(Capability.AUDIT_VIEW)
@require_GET
def hand_overs_page(request: MemberRequest) -> HttpResponse:
    return _page(request)


@requires(Capability.PEOPLE_MANAGE)
@require_POST
def hand_over_creation(request: MemberRequest) -> HttpResponse:
    form = posted(request)
    try:
        services.ask(actor=actor_of(request), passphrase=form.get("passphrase", ""), again=form.get("again", ""))
    except ValidationError as error:
        return _page(request, error)
    messages.success(request, "Asked for. A compliance officer has to approve it before anything is written.")
    return redirect("hand_overs")


@requires(Capability.AUDIT_EXPORT)
@require_POST
def hand_over_approval(request: MemberRequest, hand_over_id: UUID) -> HttpResponse:
    try:
        services.approve(actor=actor_of(request), hand_over=get_object_or_404(HandOver, pk=hand_over_id))
    except ValidationError as error:
        return _page(request, error)
    messages.success(request, "Approved. The archive is being made.")
    return redirect("hand_overs")


@requires(Capability.AUDIT_EXPORT)
@require_POST
def hand_over_refusal(request: MemberRequest, hand_over_id: UUID) -> HttpResponse:
    return _end(request, hand_over_id, "Refused. Nothing of it is kept.")


@requires(Capability.PEOPLE_MANAGE)
@require_POST
def hand_over_end(request: MemberRequest, hand_over_id: UUID) -> HttpResponse:
    return _end(request, hand_over_id, "Cancelled. Nothing of it is kept.")


@requires(Capability.PEOPLE_MANAGE)
@require_GET
def hand_over_file(request: MemberRequest, hand_over_id: UUID) -> HttpResponseBase:
    hand_over = get_object_or_404(HandOver, pk=hand_over_id)
    try:
        path = services.fetch(actor=actor_of(request), hand_over=hand_over)
    except FileNotFoundError as gone:
        messages.error(request, str(gone))
        return redirect("hand_overs")
    name = f"{request.tenant.slug}-everything-{hand_over.created_at:%Y-%m-%d}.zip"
    return FileResponse(path.open("rb"), as_attachment=True, filename=name, content_type="application/zip")


def _end(request: MemberRequest, hand_over_id: UUID, said: str) -> HttpResponse:
    if services.cancel(actor=actor_of(request), hand_over=get_object_or_404(HandOver, pk=hand_over_id)):
        messages.success(request, said)
    return redirect("hand_overs")


def _page(request: MemberRequest, error: ValidationError | None = None) -> HttpResponse:
    held = capabilities_of(actor_of(request).role)
    page = Paginator(HandOver.objects.all(), PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": page.object_list,
        "busy": HandOver.objects.filter(state__in=HandOver.UNFINISHED, approved_at__isnull=False).exists(),
        "may_ask": Capability.PEOPLE_MANAGE in held,
        "may_approve": Capability.AUDIT_EXPORT in held,
        "problems": _problems(error),
        "left_behind": LEFT_BEHIND,
        "kept_days": KEPT.days,
        "shortest": SHORTEST,
    }
    return render_found(request, "portability/hand_overs.html", context, status=400 if error else 200)


def _problems(error: ValidationError | None) -> dict[str, list[str]]:
    if error is None:
        return {}
    return error.message_dict if hasattr(error, "error_dict") else {"form": error.messages}
