"""Simulations in the browser: what was simulated, the question with its price, and a month as it would have been."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.evaluations.models import Simulation
from apps.evaluations.simulation import reading
from apps.evaluations.simulation.estimates import estimate
from apps.evaluations.simulation.form import SimulationForm
from apps.evaluations.simulation.handling import measured_minutes
from apps.evaluations.simulation.runs import NotSimulable, cancel, simulate, why_not
from apps.evaluations.simulation.sources import FEWEST, Available, available
from apps.tenants.actors import actor_of
from apps.tenants.capabilities import Capability, requires
from apps.tenants.rendering import render_found
from apps.tenants.requests import MemberRequest
from apps.workflows.models import Release, Workflow

SHOWN = 50


@requires(Capability.CONFIG_VIEW)
@require_GET
def simulations_page(request: MemberRequest) -> HttpResponse:
    found = Simulation.objects.select_related("release__workflow", "incumbent", "labelled_set")[:SHOWN]
    rows = [(each, reading.headline(each) if each.state == Simulation.State.DONE else "") for each in found]
    in_production = Workflow.objects.exclude(production=None).values("production")
    candidates = Release.objects.select_related("workflow").exclude(pk__in=in_production).defer("manifest")[:SHOWN]
    context = {"rows": rows, "candidates": candidates, "busy": any(not each.resting for each in found)}
    return render_found(request, "simulation/list.html", context)


@requires(Capability.CONFIG_EDIT)
@require_http_methods(["GET", "POST"])
def simulation_creation(request: MemberRequest) -> HttpResponse:
    """What is to be replayed, what it takes, and then the start."""
    given = request.POST if request.method == "POST" else request.GET
    releases = Release.objects.select_related("workflow__production")
    release = get_object_or_404(releases, pk=given.get("release", "").replace("\x00", ""))
    there = available(release.workflow)
    form = SimulationForm(given if "source" in given else _usual(release, there))
    problem = ""
    if form.is_valid():
        problem = why_not(release, form.asked()["source"], there, form.asked()["minutes"], form.asked()["volume"])
        if request.method == "POST" and not problem:
            return _started(request, release, form)
    context = {"release": release, "form": form, "there": there, "problem": problem}
    return render(request, "simulation/new.html", context | _price(release, form, there, problem))


@requires(Capability.CONFIG_VIEW)
@require_GET
def simulation_page(request: MemberRequest, simulation_id: UUID) -> HttpResponse:
    related = Simulation.objects.select_related("release__workflow", "incumbent", "labelled_set")
    simulation = get_object_or_404(related, pk=simulation_id)
    context: dict[str, Any] = {"simulation": simulation}
    if simulation.state == Simulation.State.DONE:
        context |= {
            "report": simulation.report,
            "headline": reading.headline(simulation),
            "fired": reading.fired(simulation),
            "lines": reading.lines(simulation),
            "lanes": reading.lanes(simulation),
            "weeks": reading.weeks(simulation),
            "hours": reading.hours(simulation),
            "days": reading.DAYS,
            "peaks": {name: reading.peak(load) for name, load in simulation.report["load"].items()},
            "widenings": [_widening(each) for each in simulation.report["widenings"]],
            "stops": reading.stop_rows(simulation),
        }
    return render_found(request, "simulation/simulation.html", context)


@requires(Capability.CONFIG_EDIT)
@require_POST
def simulation_cancellation(request: MemberRequest, simulation_id: UUID) -> HttpResponse:
    simulation = get_object_or_404(Simulation, pk=simulation_id)
    if cancel(actor=actor_of(request), simulation=simulation):
        messages.success(request, "Cancelled. What was computed is remembered for the next one.")
    return redirect("simulation", simulation.pk)


def _started(request: MemberRequest, release: Release, form: SimulationForm) -> HttpResponse:
    try:
        simulation = simulate(actor=actor_of(request), release=release, **form.asked())
    except NotSimulable as problem:
        messages.error(request, str(problem))
        return redirect("simulations")
    return redirect("simulation", simulation.pk)


def _usual(release: Release, there: Available) -> dict[str, str]:
    """Traffic where there is some, and the workflow's own volume."""
    source = Simulation.Source.TRAFFIC if there.came >= FEWEST else Simulation.Source.LABELLED
    volume = str(release.workflow.monthly_volume or max(there.came, FEWEST))
    measured = measured_minutes(release.workflow, there.begin, there.end)
    return {"source": source, "volume": volume, "minutes": "" if measured else "4"}


def _price(release: Release, form: SimulationForm, there: Available, problem: str) -> dict[str, Any]:
    measured = measured_minutes(release.workflow, there.begin, there.end)
    incumbent = release.workflow.production
    if problem or incumbent is None or not form.is_valid():
        return {"measured": measured}
    return {"measured": measured, "estimate": estimate(release, incumbent, form.asked()["source"], there)}


def _widening(widening: dict[str, Any]) -> dict[str, Any]:
    breaches = [stop for stop in widening["stops"] if stop.get("breach")]
    earliest = min(breaches, key=lambda stop: int(stop["breach"]["day"]), default=None)
    return {**widening, "when": reading.hour_in_words(widening["peak"]["hour"]), "earliest": earliest}
