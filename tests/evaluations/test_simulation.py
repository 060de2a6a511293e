"""Simulations: asked for with reasons when they cannot be, worked on through the real layers, resumed and shown."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from apps.audit.models import Entry
from apps.cases.models import Case
from apps.connectors.models import Effect
from apps.evaluations.models import LabelledSet, SimulatedCase, Simulation
from apps.evaluations.simulation import runs, sources
from apps.evaluations.simulation.runs import NotSimulable, cancel, simulate, waiting, work
from apps.evaluations.tasks import sweep, work_on_simulation
from apps.tenants.actors import SYSTEM
from apps.workflows.models import Release, Workflow
from tests.cases.world import shop_system, workflow
from tests.cast import NORTHGATE, Member
from tests.evaluations.slices import add_cases
from tests.evaluations.small_set import release_with, small_set

__all__ = ["shop_system", "workflow"]


@pytest.fixture
def labelled_set(workflow: Workflow) -> LabelledSet:
    return small_set(workflow, 15)


@pytest.fixture
def stricter(workflow: Workflow) -> Release:
    """Lets no refund through by itself."""
    return release_with(workflow, "Stricter.", action={"amount_limit": "10"})


def month_of_traffic(workflow: Workflow, number: int = 60) -> None:
    """Refunds, which production clears, one every ten hours; the texts are all that a case needs here."""
    assert workflow.production
    for place, case in enumerate(add_cases(workflow, workflow.production, number, arm="incumbent")):
        came = timezone.now() - timedelta(hours=10 * place + 1)
        text = f"Where is my refund for order 88-10001? Number {place % 7}."
        Case.objects.filter(pk=case.pk).update(text=text, customer="C-1", received_at=came)


def asked(release: Release, source: str = "traffic", **changes: Any) -> Simulation:
    return simulate(actor=SYSTEM, release=release, source=source, **{"minutes": Decimal(4), **changes})


def finished(simulation: Simulation) -> Simulation:
    assert work(simulation.pk)
    simulation.refresh_from_db()
    assert (simulation.state, simulation.problem) == ("done", "")
    return simulation


def test_last_months_traffic_goes_through_both_releases_and_leaves_nothing_behind(
    workflow: Workflow, labelled_set: LabelledSet, stricter: Release
) -> None:
    month_of_traffic(workflow)
    simulation = finished(asked(stricter))
    figures = simulation.report["figures"]
    assert (simulation.volume, simulation.total) == (60, 69)
    assert figures["automatic"]["incumbent"]["value"] == 60
    assert figures["automatic"]["candidate"]["value"] == 0
    assert figures["hours"]["candidate"]["value"] == pytest.approx(4)
    assert figures["wrong_measured"]["incumbent"]["n"] == 3  # the refunds of the holdout, which it clears
    assert Case.objects.count() == 60
    assert not Effect.objects.exists()
    assert Entry.objects.filter(action="simulation.done").count() == 1


def test_the_labelled_holdout_is_resampled_to_a_months_volume(labelled_set: LabelledSet, stricter: Release) -> None:
    simulation = finished(asked(stricter, "labelled", volume=900))
    assert simulation.report["arrivals"] == 900
    assert simulation.report["distinct"] == 9
    assert simulation.report["figures"]["automatic"]["incumbent"]["value"] == pytest.approx(300, abs=20)


def test_of_much_traffic_every_so_manieth_case_stands_for_those_after_it(
    workflow: Workflow, stricter: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "MOST", 20)
    month_of_traffic(workflow)
    simulation = finished(asked(stricter))
    assert (simulation.total, simulation.report["arrivals"]) == (20, 60)


def test_it_says_why_it_cannot_be_done(workflow: Workflow, stricter: Release) -> None:
    production = workflow.production
    assert production
    for release, source, changes, why in (
        (production, "traffic", {}, "is in production"),
        (stricter, "traffic", {}, "Only 0 cases came in"),
        (stricter, "labelled", {"volume": 900}, "No labelled set"),
        (stricter, "tea leaves", {}, "Choose what"),
    ):
        with pytest.raises(NotSimulable, match=why):
            asked(release, source, **changes)
    small_set(workflow, 15)
    with pytest.raises(NotSimulable, match="State how many"):
        asked(stricter, "labelled")
    with pytest.raises(NotSimulable, match="state the minutes"):
        asked(stricter, "labelled", volume=900, minutes=None)


def test_a_simulation_that_stopped_goes_on_where_it_was(
    labelled_set: LabelledSet, stricter: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "BATCH", 4)
    simulation = asked(stricter, "labelled", volume=100)
    assert not work(simulation.pk, seconds=0)
    assert SimulatedCase.objects.exclude(candidate__isnull=True).count() == 4
    assert waiting() == [simulation.pk]
    finished(simulation)


def test_a_cancelled_one_stops_and_the_next_remembers_what_was_computed(
    labelled_set: LabelledSet, stricter: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "BATCH", 4)
    simulation = asked(stricter, "labelled", volume=100)
    work(simulation.pk, seconds=0)
    assert cancel(actor=SYSTEM, simulation=simulation)
    assert work(simulation.pk)
    simulation.refresh_from_db()
    assert simulation.state == "cancelled"
    assert finished(asked(stricter, "labelled", volume=100)).cached == 4


def test_the_sweep_wakes_what_a_lost_message_left(
    labelled_set: LabelledSet, stricter: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulation = asked(stricter, "labelled", volume=100)
    sent: list[Any] = []
    monkeypatch.setattr(work_on_simulation, "apply_async", lambda arguments, **_: sent.append(arguments))
    sweep(NORTHGATE)
    assert sent == [(NORTHGATE, str(simulation.pk))]
    work_on_simulation(NORTHGATE, str(simulation.pk))
    simulation.refresh_from_db()
    assert simulation.state == "done"


def text(response: Any) -> str:
    assert response.status_code == 200
    return str(response.content.decode())


def test_the_consultant_sees_the_price_starts_it_and_reads_what_came_of_it(
    consultant: Member, workflow: Workflow, labelled_set: LabelledSet, stricter: Release
) -> None:
    assert "Nothing was simulated yet" in text(consultant.get("/simulation/"))
    question = f"/simulation/new/?release={stricter.pk}"
    page = text(consultant.get(question))
    assert "What it takes" in page
    assert "have to be stated" in page
    assert "State how many" in text(consultant.get(f"{question}&source=labelled&minutes=4"))
    form = {"release": stricter.pk, "source": "labelled", "volume": "900", "minutes": "4"}
    started = consultant.post("/simulation/new/", form)
    simulation = Simulation.objects.get()
    assert started["Location"] == f"/simulation/{simulation.pk}/"
    assert "every 1s" in text(consultant.get(started["Location"]))
    finished(simulation)
    page = text(consultant.get(started["Location"]))
    for words in ("What each widening would have done", "Busiest hour", "as stated", "Cannot be told before launch"):
        assert words in page
    assert "every 1s" not in page
    assert stricter.label in text(consultant.get("/simulation/"))


def test_who_may_only_read_sees_it_and_starts_nothing(
    auditor: Member, labelled_set: LabelledSet, stricter: Release
) -> None:
    simulation = finished(asked(stricter, "labelled", volume=100))
    assert "What each widening" in text(auditor.get(f"/simulation/{simulation.pk}/"))
    assert "Simulate…" not in text(auditor.get("/simulation/"))
    assert auditor.get(f"/simulation/new/?release={stricter.pk}").status_code == 403
    assert auditor.post(f"/simulation/{simulation.pk}/cancel/").status_code == 403


def test_the_release_and_the_traffic_lead_to_it(consultant: Member, stricter: Release) -> None:
    assert f"/simulation/new/?release={stricter.pk}" in text(consultant.get(f"/releases/{stricter.pk}/"))
