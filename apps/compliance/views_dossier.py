"""A case's dossier: how it was handled, as of any moment, and proved in place."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_GET

from apps.audit.proofs import NoProof
from apps.audit.reads import reads_of
from apps.audit.timeline import TimelineEntry
from apps.cases.models import Case
from apps.cases.reading import case_types, headline
from apps.cases.strip import strip
from apps.compliance.chapters import chapters_of
from apps.compliance.dossier import Dossier, dossier
from apps.compliance.proving import prove
from apps.compliance.shown_case import shown_case
from apps.compliance.sources import sources_then
from apps.compliance.then import case_then, layers_then
from apps.reviews.views_queue import undo
from apps.tenants.capabilities import Capability, Role, requires
from apps.tenants.models import Membership
from apps.tenants.requests import MemberRequest


@requires(Capability.CASES_VIEW)
@require_GET
def dossier_page(request: MemberRequest, number: str) -> HttpResponse:
    """The case as of `at`, with each entry checked against its hash as the page is made."""
    case = shown_case(request, number, part="dossier")
    asked = request.GET.get("at", "")
    at = _moment(asked)
    context = _page(case, dossier(case.pk, at)) | {"asked": asked, "unreadable": bool(asked) and at is None}
    context["looks"] = _looks(case.pk)
    return render(request, "compliance/dossier.html", context | undo(request))


@requires(Capability.CASES_VIEW)
@require_GET
def dossier_address(request: MemberRequest, number: str) -> HttpResponse:
    """The case's page is its dossier."""
    query = request.META.get("QUERY_STRING", "")
    address = reverse("case", args=[shown_case(request, number, part="dossier").number])
    return redirect(f"{address}?{query}" if query else address)


@requires(Capability.CASES_VIEW)
@require_GET
def proof_page(request: MemberRequest, number: str) -> HttpResponse:
    """Each entry's inclusion in the tree, computed now against the newest signed checkpoint."""
    case = shown_case(request, number, part="dossier")
    entries = dossier(case.pk).entries
    context: dict[str, Any] = {"case": case, "entries": entries}
    try:
        context["proof"] = proof = prove(entries)
        context["places"] = [(entry, proof.paths.get(entry.id)) for entry in entries]
    except NoProof as problem:
        context["problem"] = problem
    return render(request, "compliance/proof.html" if request.htmx else "compliance/proof_page.html", context)


def _looks(case_id: UUID) -> list[tuple[TimelineEntry, str]]:
    """Who read the case, by name."""
    looks = reads_of(case_id)
    people = {look.actor.removeprefix("person:") for look in looks if look.actor.startswith("person:")}
    members = Membership.objects.filter(user_id__in=people).select_related("user")
    names = {f"person:{each.user_id}": f"{each.user.name}, {Role(each.role).label.lower()}" for each in members}
    return [(look, names.get(look.actor, "a program, " + look.actor)) for look in looks]


def _page(case: Case, found: Dossier) -> dict[str, Any]:
    layers = layers_then(found)
    titles = case_types([case.release_id])
    chapters = chapters_of(found)
    then = case if found.at is None else case_then(found.entries)
    return {
        "case": case,
        "then": then,
        "dossier": found,
        "headline": headline(case),
        "case_type": titles.get(layers.intake.case_type.value, "") if layers.intake else "",
        "strip": strip(then, layers, titles),
        "layers": layers,
        "chapters": chapters,
        "others": [
            each for each in found.found.exchanges if not any(each in chapter.exchanges for chapter in chapters)
        ],
        "sources": sources_then(found, layers),
        "effects": [(effect, found.state_of(effect)) for effect in found.found.effects],
        "before": found.entries[-2].at if len(found.entries) > 1 else None,
        "after": next((at for at in found.found.moments if found.at and at > found.at), None),
    }


def _moment(text: str) -> datetime | None:
    """An ISO time, UTC unless it says otherwise; None for what is none."""
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    if moment is None:
        return None
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)
