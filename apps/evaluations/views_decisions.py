"""Decision records: what is open, what was decided and why, and the buttons of those who decide."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from apps.evaluations import lifecycle
from apps.evaluations.lifecycle import FIRST_SLICE, NotDecided
from apps.evaluations.lifecycle_models import DecisionRecord
from apps.evaluations.promotion import NotPromoted
from apps.tenants.actors import actor_of
from apps.tenants.capabilities import Capability, requires
from apps.tenants.rendering import render_found
from apps.tenants.requests import MemberRequest
from apps.workflows.charters import CharterRefused, NoCharter
from apps.workflows.models import Workflow
from apps.workflows.moves import MoveRefused
from apps.workflows.warrants import NotWarranted

REFUSALS = (NotDecided, NotPromoted, NotWarranted, NoCharter, CharterRefused, MoveRefused)
MOST = 100


@requires(Capability.CONFIG_VIEW)
@require_GET
def decisions_page(request: MemberRequest) -> HttpResponse:
    decisions = DecisionRecord.objects.select_related("workflow", "incumbent", "candidate")[:MOST]
    context = {
        "decisions": decisions,
        "workflows": Workflow.objects.exclude(production=None).select_related("production"),
        "busy": any(not each.resting for each in decisions),
    }
    return render_found(request, "evaluations/decisions.html", context)


@requires(Capability.CONFIG_VIEW)
@require_GET
def decision_page(request: MemberRequest, decision_id: UUID) -> HttpResponse:
    decision = _decision(decision_id)
    context = {"decision": decision, "steps": decision.steps.all(), "percent": FIRST_SLICE}
    return render_found(request, "evaluations/decision.html", context)


@requires(Capability.CONFIG_EDIT)
@require_POST
def retraining(request: MemberRequest, slug: str) -> HttpResponse:
    workflow = get_object_or_404(Workflow.objects.select_related("production"), slug=slug)
    try:
        decision = lifecycle.retrain(actor=actor_of(request), workflow=workflow, why=_text(request, "why"))
    except NotDecided as refused:
        messages.error(request, str(refused))
        return redirect("decisions")
    return redirect("decision", decision.pk)


@requires(Capability.CONFIG_EDIT)
@require_POST
def decision_act(request: MemberRequest, decision_id: UUID) -> HttpResponse:
    """What is done is what the button says; the services say who may."""
    decision, actor, reason = _decision(decision_id), actor_of(request), _text(request, "reason")
    deeds: dict[str, Callable[[], None]] = {
        "start": lambda: lifecycle.start(actor=actor, decision=decision),
        "again": lambda: lifecycle.try_again(actor=actor, decision=decision),
        "accept": lambda: lifecycle.accept(actor=actor, decision=decision, reason=reason),
        "decline": lambda: lifecycle.decline(actor=actor, decision=decision, reason=reason),
    }
    deed = deeds.get(_text(request, "do"))
    if deed is None:
        return render(request, "404.html", status=404)
    try:
        deed()
    except REFUSALS as refused:
        messages.error(request, str(refused))
    return redirect("decision", decision_id)


def _decision(decision_id: UUID) -> DecisionRecord:
    everything = DecisionRecord.objects.select_related(
        "workflow__production", "incumbent", "candidate__workflow", "labelled_set", "verdict", "drift"
    )
    return get_object_or_404(everything, pk=decision_id)


def _text(request: MemberRequest, name: str) -> str:
    return request.POST.get(name, "").replace("\x00", "").strip()
