"""Searching the log: the page, and the page as a table for a spreadsheet."""

import csv
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from apps.audit.entries import record, timestamp
from apps.audit.search import Hit, HitPage, search, unindexed
from apps.cases.models import Case
from apps.compliance.exports.table import harmless
from apps.compliance.search_form import LogSelection, NothingSuch, asked
from apps.compliance.titles import title_of
from apps.corpora.models import Document
from apps.tenants.actors import Actor, actor_of
from apps.tenants.capabilities import Capability, requires
from apps.tenants.models import ApiKey, Membership
from apps.tenants.rendering import render_found
from apps.tenants.requests import MemberRequest
from apps.workflows.models import Release

KINDS = ("person", "key")
HEAD = ("place", "at", "action", "object", "actor", "case", "id")


@dataclass(frozen=True)
class Line:
    hit: Hit
    title: str
    who: str
    case: str  # its number, "" where the entry is about no case


@requires(Capability.AUDIT_VIEW)
@require_GET
def search_page(request: MemberRequest) -> HttpResponse:
    selection = LogSelection.of(request.GET)
    try:
        found, problem = _found(request, selection), ""
    except NothingSuch as nothing:
        found, problem = HitPage([], "", ""), str(nothing)
    lines = _lines(found.hits)
    if request.GET.get("format") == "csv":
        return _table(actor_of(request), lines)
    context = {"selection": selection, "lines": lines, "page": found, "problem": problem, "behind": unindexed()}
    return render_found(request, "compliance/search.html", context | _choices())


def _found(request: MemberRequest, selection: LogSelection) -> HitPage:
    return search(asked(selection), after=_number(request, "after"), before=_number(request, "before"))


def _number(request: MemberRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def _lines(hits: list[Hit]) -> list[Line]:
    cases = {hit.case_id for hit in hits if hit.case_id}
    numbers = {str(pk): number for pk, number in Case.objects.filter(pk__in=cases).values_list("pk", "number")}
    names = _names({hit.actor for hit in hits})
    return [
        Line(hit, title_of(hit.action), names.get(hit.actor, hit.actor), numbers.get(str(hit.case_id), ""))
        for hit in hits
    ]


def _names(actors: set[str]) -> dict[str, str]:
    ids = {kind: [UUID(each.partition(":")[2]) for each in actors if each.startswith(f"{kind}:")] for kind in KINDS}
    members = Membership.objects.filter(user__in=ids["person"]).select_related("user")
    names = {f"person:{each.user_id}": each.user.name for each in members}
    names |= {f"key:{key.pk}": f"API key “{key.name}”" for key in ApiKey.objects.filter(pk__in=ids["key"])}
    return names | {"service:thinslice": "Thinslice"}


def _choices() -> dict[str, Any]:
    members = Membership.objects.select_related("user").order_by("user__name")
    return {
        "people": [(str(each.user_id), each.user.name) for each in members],
        "releases": list(Release.objects.order_by("-created_at").values_list("fingerprint", "label")),
        "sources": list(Document.objects.order_by("slug").values_list("slug", flat=True).distinct()),
    }


@transaction.atomic
def _table(actor: Actor, lines: list[Line]) -> HttpResponse:
    """The page for a spreadsheet. What leaves is in the log, too."""
    taken = (
        {"entries": len(lines), "newest": lines[0].hit.seq, "oldest": lines[-1].hit.seq} if lines else {"entries": 0}
    )
    record(actor=actor, action="log.page_taken", object="log:search", after=taken)
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="log-entries.csv"'
    rows = csv.writer(answer, quoting=csv.QUOTE_ALL)
    rows.writerow(HEAD)
    for line in lines:
        hit = line.hit
        cells = (str(hit.seq), timestamp(hit.at), hit.action, hit.object, hit.actor, line.case, str(hit.id))
        rows.writerow([harmless(cell) for cell in cells])
    return answer
