"""Evaluations in the browser: what was measured, the comparison with the incumbent, and what follows from it."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.evaluations import gate, promotion
from apps.evaluations.assurance.guard import unassured
from apps.evaluations.comparison import bins_of, flips_of, other_lines, sections, wrong_cases
from apps.evaluations.estimates import estimate
from apps.evaluations.labelled_sets import current_frozen
from apps.evaluations.run_listing import verdict_on, workflows_with_runs
from apps.evaluations.run_models import EvaluationRun, GateVerdict, Override
from apps.evaluations.runs import NotEvaluable, cancel, counting, evaluate
from apps.tenants.actors import actor_of
from apps.tenants.capabilities import Capability, requires
from apps.tenants.rendering import render_found
from apps.tenants.requests import MemberRequest
from apps.workflows.charters import CharterRefused, NoCharter
from apps.workflows.models import Release
from apps.workflows.moves import MoveRefused
from apps.workflows.warrants import LONGEST_OVERRIDE, NotWarranted

REFUSALS = (
    promotion.NotPromoted, gate.NotJudgeable, NotEvaluable, NotWarranted, NoCharter, CharterRefused, MoveRefused,
)  # fmt: skip


@requires(Capability.CONFIG_VIEW)
@require_GET
def runs_page(request: MemberRequest) -> HttpResponse:
    groups = workflows_with_runs()
    return render_found(request, "evaluations/runs.html", {"groups": groups, "busy": any(each.busy for each in groups)})


@requires(Capability.CONFIG_EDIT)
@require_http_methods(["GET", "POST"])
def run_creation(request: MemberRequest, fingerprint: str) -> HttpResponse:
    """What it will take, and then the start."""
    release = _release(fingerprint)
    labelled_set = current_frozen(release.workflow)
    if labelled_set is None:
        messages.error(request, "No labelled set has been frozen and signed yet: there is nothing to measure on.")
        return redirect("runs")
    known = counting(release, labelled_set)
    if known:
        return redirect("run", known.pk)
    if request.method == "POST":
        run = evaluate(actor=actor_of(request), release=release, labelled_set=labelled_set)
        return redirect("run", run.pk)
    context = {"release": release, "labelled_set": labelled_set, "estimate": estimate(release, labelled_set)}
    return render(request, "evaluations/run_new.html", context)


@requires(Capability.CONFIG_VIEW)
@require_GET
def run_page(request: MemberRequest, run_id: UUID) -> HttpResponse:
    run = get_object_or_404(EvaluationRun.objects.select_related("release__workflow", "labelled_set"), pk=run_id)
    done = run.state == EvaluationRun.State.DONE
    context = {
        "run": run,
        "resting": run.state not in EvaluationRun.UNFINISHED,
        "sections": sections(run) if done else [],
        "bins": bins_of(run) if done else [],
        "wrong": wrong_cases(run) if done else [],
        "incumbent": run.release.workflow.production,
    }
    return render_found(request, "evaluations/run.html", context)


@requires(Capability.CONFIG_EDIT)
@require_POST
def run_cancellation(request: MemberRequest, run_id: UUID) -> HttpResponse:
    run = get_object_or_404(EvaluationRun, pk=run_id)
    if cancel(actor=actor_of(request), run=run):
        messages.success(request, "Cancelled. What was computed is remembered for the next evaluation.")
    return redirect("run", run.pk)


@requires(Capability.CONFIG_VIEW)
@require_GET
def comparison_page(request: MemberRequest, fingerprint: str) -> HttpResponse:
    """The candidate against the release in production, on the current set: the latest verdict, or the way to one."""
    candidate = _release(fingerprint)
    incumbent, labelled_set = candidate.workflow.production, current_frozen(candidate.workflow)
    verdict = verdict_on(candidate, incumbent, labelled_set)
    if verdict:
        return redirect("verdict", verdict.pk)
    missing = "There is no release in production to compare with." if incumbent is None else ""
    missing = missing or ("No labelled set has been frozen and signed yet." if labelled_set is None else "")
    runs: list[EvaluationRun] = []
    if incumbent and labelled_set:
        missing = gate.why_not_judgeable(candidate, incumbent, labelled_set)
        runs = [run for run in (counting(each, labelled_set) for each in (candidate, incumbent)) if run]
    context = {"candidate": candidate, "incumbent": incumbent, "labelled_set": labelled_set, "missing": missing}
    context["without_assurance"] = unassured(candidate, labelled_set) if labelled_set else ""
    both = len(runs) == 2 and all(run.state == EvaluationRun.State.DONE for run in runs)
    return render(request, "evaluations/comparison.html", {**context, "sections": sections(*runs) if both else []})


@requires(Capability.CONFIG_EDIT)
@require_POST
def judging(request: MemberRequest, fingerprint: str) -> HttpResponse:
    candidate = _release(fingerprint)
    incumbent, labelled_set = candidate.workflow.production, current_frozen(candidate.workflow)
    if incumbent is None or labelled_set is None:
        return redirect("comparison", candidate.pk)
    try:
        verdict = gate.judge(
            actor=actor_of(request), candidate=candidate, incumbent=incumbent, labelled_set=labelled_set
        )
    except gate.NotJudgeable as missing:
        messages.error(request, str(missing))
        return redirect("comparison", candidate.pk)
    return redirect("verdict", verdict.pk)


@requires(Capability.CONFIG_VIEW)
@require_GET
def verdict_page(request: MemberRequest, verdict_id: UUID) -> HttpResponse:
    verdict = _verdict(verdict_id)
    runs = [run for run in (verdict.candidate_run, verdict.incumbent_run) if run]
    shown = sections(*runs, verdict=verdict)
    workflow, actor = verdict.candidate.workflow, actor_of(request)
    waiting = Override.objects.filter(release=verdict.candidate, decided_at=None).first()
    context = {
        "verdict": verdict,
        "candidate": verdict.candidate,
        "incumbent": verdict.incumbent,
        "labelled_set": verdict.labelled_set,
        "sections": shown,
        "others": other_lines(verdict, shown),
        "flips": flips_of(verdict),
        "why_not": promotion.why_not(verdict, workflow, actor),
        "warrant": promotion.warrant_of(verdict),
        "override": waiting,
        "may_propose_override": actor.role in promotion.MAY_PROPOSE_OVERRIDE,
        "days": range(1, LONGEST_OVERRIDE.days),
    }
    return render(request, "evaluations/comparison.html", context)


@requires(Capability.RELEASES_PROMOTE)
@require_POST
def approval(request: MemberRequest, verdict_id: UUID) -> HttpResponse:
    """Give the candidate a warrant, or all new cases at once."""
    verdict, reason, actor = _verdict(verdict_id), _text(request, "reason"), actor_of(request)
    if request.POST.get("to") == "production":
        done = f"{verdict.candidate.label} takes all new cases. Those in flight keep their release."
        _try(request, lambda: promotion.promote(actor=actor, verdict=verdict, reason=reason), done)
    else:
        done = f"{verdict.candidate.label} may take traffic now. Give it a slice first."
        _try(request, lambda: promotion.approve(actor=actor, verdict=verdict, reason=reason), done)
    return redirect("verdict", verdict.pk)


@requires(Capability.CONFIG_VIEW)
@require_POST
def override_proposal(request: MemberRequest, fingerprint: str) -> HttpResponse:
    """The service says who may propose one."""
    release, actor, days = _release(fingerprint), actor_of(request), _text(request, "days")
    length = timedelta(days=int(days)) if days.isascii() and days.isdigit() and len(days) < 4 else timedelta()
    _try(
        request,
        lambda: promotion.propose_override(
            actor=actor, release=release, reason=_text(request, "reason"), expires_at=timezone.now() + length
        ),
        "Proposed. Nothing has changed: a decision owner other than you has to approve it.",
    )
    return redirect("runs")


@requires(Capability.CONFIG_VIEW)
@require_POST
def override_decision(request: MemberRequest, override_id: UUID) -> HttpResponse:
    override, actor = get_object_or_404(Override, pk=override_id), actor_of(request)
    if request.POST.get("decision") == "approve":
        done = f"{override.release.label} takes all new cases until {override.expires_at:%d %b, %H:%M} UTC."
        _try(request, lambda: promotion.approve_override(actor=actor, override=override), done)
    else:
        done = "Off the table. Nothing has changed."
        _try(request, lambda: promotion.withdraw_override(actor=actor, override=override), done)
    return redirect("runs")


def _release(fingerprint: str) -> Release:
    known = Release.objects.select_related("workflow__production")
    return get_object_or_404(known, pk=fingerprint.replace("\x00", ""))


def _verdict(verdict_id: UUID) -> GateVerdict:
    return get_object_or_404(
        GateVerdict.objects.select_related(
            "candidate__workflow__production", "incumbent", "labelled_set", "candidate_run", "incumbent_run"
        ),
        pk=verdict_id,
    )


def _text(request: MemberRequest, name: str) -> str:
    return request.POST.get(name, "").replace("\x00", "").strip()


def _try(request: MemberRequest, deed: Callable[[], object], done: str) -> None:
    try:
        deed()
    except REFUSALS as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, done)
