"""Exports of the audit log: asking for one, watching it, fetching it."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET, require_POST

from apps.audit.models import LogKey
from apps.compliance.export_models import KEPT, Export
from apps.compliance.exports.links import LASTS, is_good
from apps.compliance.exports.listing import shown
from apps.compliance.exports.scopes import Kind, Scope, read_scope
from apps.compliance.exports.services import ask, cancel, fetch
from apps.compliance.frameworks import the_map
from apps.tenants.actors import actor_of
from apps.tenants.capabilities import Capability, capabilities_of, requires
from apps.tenants.models import Membership
from apps.tenants.rendering import render_found
from apps.tenants.requests import MemberRequest, posted
from apps.workflows.models import Workflow

PAGE = 20
FIELDS = ("kind", "which", "begin", "end")


@requires(Capability.AUDIT_VIEW)
@require_GET
def exports_page(request: MemberRequest) -> HttpResponse:
    kind = request.GET.get("kind", "")
    return _page(request, {"kind": kind if kind in set(Kind) else Kind.CASE, "which": request.GET.get("which", "")})


@requires(Capability.AUDIT_EXPORT)
@require_POST
def export_creation(request: MemberRequest) -> HttpResponse:
    form = posted(request)
    typed = {name: form.get(name, "") for name in FIELDS}
    try:
        ask(actor=actor_of(request), scope=read_scope(typed))
    except ValidationError as error:
        return _page(request, typed, error)
    messages.success(request, "The export is on its way. This page shows how far it is; you need not wait here.")
    return redirect("exports")


@requires(Capability.AUDIT_EXPORT)
@require_POST
def export_end(request: MemberRequest, export_id: UUID) -> HttpResponse:
    export = get_object_or_404(Export, pk=export_id)
    if cancel(actor=actor_of(request), export=export):
        messages.success(request, "The export is cancelled. Nothing of it is kept.")
    return redirect("exports")


@requires(Capability.AUDIT_EXPORT)
@require_POST
def export_renewal(request: MemberRequest, export_id: UUID) -> HttpResponse:
    """The same once more, with what has happened since."""
    export = get_object_or_404(Export, pk=export_id)
    try:
        ask(actor=actor_of(request), scope=Scope(**export.scope))
    except ValidationError as error:
        return _page(request, {"kind": Kind.CASE}, error)
    return redirect("exports")


@requires(Capability.AUDIT_EXPORT)
@require_GET
def bundle_file(request: MemberRequest, export_id: UUID) -> HttpResponseBase:
    export = get_object_or_404(Export, pk=export_id)
    if not is_good(export, request.GET.get("link", "")):
        messages.error(request, "This link has expired, or is not whole. The list below has a fresh one.")
        return redirect("exports")
    try:
        path = fetch(actor=actor_of(request), export=export)
    except FileNotFoundError as gone:
        messages.error(request, str(gone))
        return redirect("exports")
    name = f"{request.tenant.slug}-audit-{export.created_at:%Y-%m-%d}-{str(export.pk)[-8:]}.zip"
    return FileResponse(path.open("rb"), as_attachment=True, filename=name, content_type="application/zip")


def _page(request: MemberRequest, typed: Mapping[str, str], error: ValidationError | None = None) -> HttpResponse:
    may_export = Capability.AUDIT_EXPORT in capabilities_of(actor_of(request).role)
    page = Paginator(Export.objects.all(), PAGE).get_page(request.GET.get("page"))
    context = {
        "rows": shown(page.object_list, may_fetch=may_export),
        "page": page,
        "busy": Export.objects.filter(state__in=Export.UNFINISHED).exists(),
        "may_export": may_export,
        "kinds": [(each.value, each.label) for each in Kind],
        "typed": typed,
        "problems": _problems(error),
        "choices": _choices(typed.get("kind", "")) if may_export else [],
        "keys": LogKey.objects.order_by("-seen_at", "encoded"),
        "kept_days": KEPT.days,
        "link_hours": LASTS.days * 24,
    }
    return render_found(request, "compliance/exports.html", context, status=400 if error else 200)


def _choices(kind: str) -> Sequence[tuple[Any, str]]:
    """What `which` may be, where it is chosen and not written."""
    if kind == Kind.WORKFLOW:
        return list(Workflow.objects.values_list("slug", "title"))
    if kind == Kind.FRAMEWORK:
        return [(each.id, each.title) for each in the_map().frameworks]
    if kind != Kind.PERSON:
        return []
    members = Membership.objects.select_related("user").order_by("user__name")
    return [(str(each.user_id), each.user.name if each.active else f"{each.user.name} (left)") for each in members]


def _problems(error: ValidationError | None) -> dict[str, list[str]]:
    if error is None:
        return {}
    return error.message_dict if hasattr(error, "error_dict") else {"form": error.messages}
