"""Rituals as they were held, and what they left to be done: listed, searched, printed."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.http import require_GET, require_POST

from apps.compliance.signatures import verified
from apps.engagements.cadence.follow_ups import FollowUpRefused, finish, of_engagement, open_again, standing
from apps.engagements.cadence.ritual_steps import shown
from apps.engagements.cadence_models import Ritual, RitualRecord
from apps.engagements.engagements import current
from apps.tenants.actors import actor_of
from apps.tenants.capabilities import Capability, requires
from apps.tenants.requests import MemberRequest, posted

PER_PAGE = 30


@requires(Capability.CONFIG_VIEW)
@require_GET
def records_page(request: MemberRequest) -> HttpResponse:
    engagement = current()
    chosen = {name: request.GET.get(name, "").replace("\x00", "")[:100] for name in ("q", "ritual", "outcome")}
    found = RitualRecord.objects.filter(engagement=engagement).defer("figures", "notes")
    if chosen["q"]:
        found = found.filter(words__icontains=chosen["q"])
    if chosen["ritual"] in Ritual:
        found = found.filter(ritual=chosen["ritual"])
    if chosen["outcome"] in RitualRecord.Outcome:
        found = found.filter(outcome=chosen["outcome"])
    context = {
        "tab": "ritual_records",
        "engagement": engagement,
        "page": Paginator(found, PER_PAGE).get_page(request.GET.get("page")),
        "chosen": chosen,
        "filters": [("ritual", "Ritual", Ritual.choices), ("outcome", "Outcome", RitualRecord.Outcome.choices)],
        "address": urlencode({name: value for name, value in chosen.items() if value}),
    }
    return render(request, "engagements/records.html", context)


@requires(Capability.CONFIG_VIEW)
@require_GET
def record_page(request: MemberRequest, record_id: UUID) -> HttpResponse:
    found = get_object_or_404(RitualRecord.objects.select_related("signature", "engagement__workflow"), pk=record_id)
    context = {
        "tab": "ritual_records",
        "record": found,
        "steps": [(step, found.notes.get(step["slug"], "")) for step in shown(found.figures)],
        "follow_ups": standing(found.follow_ups.all(), actor_of(request)),
        "unchanged": verified(found.signature) if found.signature else None,
    }
    return render(request, "engagements/record.html", context)


@requires(Capability.CONFIG_VIEW)
@require_GET
def follow_ups_page(request: MemberRequest) -> HttpResponse:
    engagement, done = current(), request.GET.get("done") == "1"
    found = of_engagement(engagement).filter(done_at__isnull=not done) if engagement else None
    found = found.order_by("-done_at") if found is not None and done else found
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page")) if found is not None else None
    context = {
        "tab": "follow_ups",
        "page": page,
        "rows": standing(page.object_list, actor_of(request)) if page else [],
        "done": done,
        "address": "done=1" if done else "",
    }
    return render(request, "engagements/follow_ups.html", context)


@requires(Capability.CONFIG_VIEW)
@require_POST
def follow_up_closing(request: MemberRequest, follow_up_id: UUID) -> HttpResponse:
    """Or opening again: by its owner, or by whoever holds rituals."""
    form, actor = posted(request), actor_of(request)
    try:
        if form.get("again"):
            open_again(actor=actor, follow_up=follow_up_id)
        else:
            finish(actor=actor, follow_up=follow_up_id, outcome=form.get("outcome", ""))
    except FollowUpRefused as problem:
        messages.error(request, str(problem))
    back = form.get("back", "")
    known = url_has_allowed_host_and_scheme(back, allowed_hosts=None) and back.startswith("/")
    return redirect(back if known else reverse("follow_ups"))
