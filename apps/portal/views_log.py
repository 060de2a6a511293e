"""The audit log itself: how far it is sealed, under which key, and where its checkpoints go."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from apps.audit.models import Destination, SignedCheckpoint
from apps.audit.publishing import HOURS, add_destination, stop_destination
from apps.audit.schema_changes import guard
from apps.audit.signer.client import SignerAway
from apps.audit.signing import origin, published, rotate_key
from apps.audit.state import MERGE_DELAY, state
from apps.tenants.actors import actor_of
from apps.tenants.capabilities import Capability, capabilities_of, requires
from apps.tenants.requests import MemberRequest


@requires(Capability.AUDIT_VIEW)
@require_GET
def log_page(request: MemberRequest) -> HttpResponse:
    return _page(request, [])


@requires(Capability.AUDIT_VIEW)
@require_GET
def checkpoint_text(request: MemberRequest, size: int) -> HttpResponse:  # noqa: ARG001
    """A signed checkpoint as anybody may keep it: a C2SP signed note."""
    signed = get_object_or_404(SignedCheckpoint, pk=size)
    return HttpResponse(str(published(signed)), content_type="text/plain; charset=utf-8")


@requires(Capability.AUDIT_EXPORT)
@require_POST
def destination_creation(request: MemberRequest) -> HttpResponse:
    typed = {name: request.POST.get(name, "").replace("\x00", "") for name in ("kind", "address", "key")}
    hours = request.POST.get("every_hours", "")
    try:
        if not hours.isascii() or not hours.isdigit() or len(hours) > 3:
            raise ValidationError(f"Say how often in whole hours, from {HOURS[0]} to {HOURS[-1]}.")
        made = add_destination(actor=actor_of(request), **typed, every_hours=int(hours))
    except ValidationError as error:
        return _page(request, error.messages)
    messages.success(request, f"Checkpoints go to {made.get_kind_display().lower()} {made.address} from now on.")
    return redirect("log")


@requires(Capability.AUDIT_EXPORT)
@require_POST
def destination_end(request: MemberRequest, destination_id: UUID) -> HttpResponse:
    destination = get_object_or_404(Destination, pk=destination_id)
    stop_destination(actor=actor_of(request), destination=destination)
    messages.success(request, "Nothing goes there any more. What has gone there stays there.")
    return redirect("log")


@requires(Capability.AUDIT_EXPORT)
@require_POST
def key_rotation(request: MemberRequest) -> HttpResponse:
    reason = request.POST.get("reason", "").replace("\x00", "").strip()[:400]
    if not reason:
        return _page(request, ["Say why the key changes: whoever checks a bundle in years will read it."])
    try:
        key = rotate_key(actor=actor_of(request), reason=reason)
    except SignerAway as error:
        return _page(request, [f"The key was not changed. {error}"])
    messages.success(request, f"A new key signs from now on. Publish it: {key.encoded}")
    return redirect("log")


def _page(request: MemberRequest, problems: list[str]) -> HttpResponse:
    found = state()
    destinations = list(Destination.objects.filter(stopped_at=None).prefetch_related("deliveries"))
    context = {
        "log": found,
        "origin": origin(),
        "note": str(published(found.signed)) if found.signed else "",
        "guard": guard(),
        "merge_delay": MERGE_DELAY,
        "destinations": destinations,
        "only_here": all(each.kind == Destination.Kind.FOLDER for each in destinations),
        "kinds": Destination.Kind.choices,
        "may_change": Capability.AUDIT_EXPORT in capabilities_of(actor_of(request).role),
        "problems": problems,
        "typed": request.POST,
    }
    return render(request, "portal/log.html", context, status=400 if problems else 200)
