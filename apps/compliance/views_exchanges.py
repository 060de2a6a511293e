"""A case's model calls: what was asked and answered, each layer run again, and a model asked again."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from apps.audit.commitments import SubjectForgotten
from apps.audit.sealing import SealBroken
from apps.cases.models import Case
from apps.cases.reading import headline
from apps.compliance.kept_calls import calls_of, erased_at, forgotten_at
from apps.compliance.reconstruct import NotRun, Reconstruction, reconstruct
from apps.compliance.rerun import Comparison, Refused, compare_rerun, may_rerun, rerun
from apps.compliance.shown_case import shown_case
from apps.inference.models import Exchange
from apps.tenants.actors import actor_of
from apps.tenants.capabilities import Capability, requires
from apps.tenants.requests import MemberRequest
from apps.workflows.releases import manifest_of

LAYERS = {"intake": "Intake", "context": "Context", "action": "Action", "review": "Review gate"}
LOCAL = {
    "intake": "rules, then the classifier that the release names",
    "context": "search in the snapshot that the release pins",
    "action": "the decision table and the local drafter",
    "review": "the gate’s rules on what the other layers found",
}


@dataclass(frozen=True)
class LayerRow:
    name: str
    title: str
    by: str  # what does the layer's work
    asked: bool  # whether a hosted model answered
    ran: bool


@requires(Capability.AUDIT_VERIFY)
@require_GET
def exchanges_page(request: MemberRequest, number: str) -> HttpResponse:
    """What is kept, checked as the page is made; `?layer=` runs one layer again, `?rerun=` compares its last rerun."""
    case = shown_case(request, number, part="exchanges")
    calls = calls_of(case)
    context = {
        "case": case,
        "headline": headline(case),
        "calls": calls,
        "layers": _layers(case),
        "forgotten_at": forgotten_at(case),
        "erased_at": erased_at(case),
        "logged": all(call.logged for call in calls),
        "agree": all(call.words_agree for call in calls),
        "may_rerun": may_rerun(actor_of(request)),
    }
    return render(request, "compliance/exchanges.html", context | _again(request, case))


@requires(Capability.AUDIT_VERIFY)
@require_POST
def rerun_layer(request: MemberRequest, number: str) -> HttpResponse:
    layer = request.POST.get("layer", "")
    case = shown_case(request, number, part="exchanges")
    try:
        rerun(actor=actor_of(request), case=case, layer=layer, reason=request.POST.get("reason", ""))
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("exchanges", case.number)
    messages.success(request, "The model was asked again. The case is as it was; the log names the new answer.")
    return redirect(f"{reverse('exchanges', args=[case.number])}?rerun={layer}#again")


def _layers(case: Case) -> list[LayerRow]:
    manifest = manifest_of(case.release)
    routes = {"intake": manifest.intake.route, "action": manifest.action.route}
    ran = set(case.steps.filter(revision=case.revision).values_list("layer", flat=True))
    kept = Exchange.objects.filter(case_id=case.pk, outcome__in=Exchange.REPLAYED)
    asked = set(kept.values_list("purpose", flat=True))
    return [
        LayerRow(name, title, routes[name] if name in asked else LOCAL[name], name in asked, name in ran)
        for name, title in LAYERS.items()
    ]


def _again(request: MemberRequest, case: Case) -> dict[str, object]:
    """What was asked for by the address: a layer run again, or a rerun compared."""
    layer, compared = request.GET.get("layer", ""), request.GET.get("rerun", "")
    made: Reconstruction | None = None
    comparison: Comparison | None = None
    problem = ""
    try:
        made = reconstruct(case, layer) if layer in LAYERS else None
        comparison = compare_rerun(case, compared) if compared in LAYERS else None
    except SubjectForgotten:
        pass  # the page says so for all of the case
    except (NotRun, SealBroken) as stopped:
        problem = str(stopped)
    return {
        "made": made,
        "made_title": LAYERS.get(layer, ""),
        "comparison": comparison,
        "compared_title": LAYERS.get(compared, ""),
        "problem": problem,
        "inline": True,
        "rows": comparison.rows if comparison else [],
    }
