"""The board of Discovery."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from apps.engagements.artefact_sources import artefacts_of
from apps.engagements.engagements import current
from apps.tenants.capabilities import Capability, requires
from apps.tenants.requests import MemberRequest


@requires(Capability.CONFIG_VIEW)
@require_GET
def board_page(request: MemberRequest) -> HttpResponse:
    engagement = current()
    context = {"engagement": engagement, "artefacts": artefacts_of(engagement) if engagement else []}
    return render(request, "engagements/board.html", context)
