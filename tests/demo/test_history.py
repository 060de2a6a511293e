"""The demo's candidates come as far as the gate lets them, and telling the story again changes nothing."""

import pytest

from apps.evaluations.models import EvaluationRun, GateVerdict
from apps.workflows import moves
from apps.workflows.models import Release, TrafficPlan, Warrant, Workflow
from apps.workflows.services import point_production
from demo import history
from demo.world import Candidate, DemoTenant, tenants
from tests.cases.world import shop_system, workflow
from tests.cast import NORTHGATE
from tests.charters import actor, warrant
from tests.evaluations.small_set import release_with, small_set

__all__ = ["shop_system", "workflow"]

NO_BETTER = Candidate(note="No better.", high="0.950000", medium="0.500000", judged=True, mode="slice", percent=12)
WATCHED = Candidate(note="Watched.", high="0.850000", medium="0.500000", judged=False, mode="shadow", percent=20)


def shop(*candidates: Candidate) -> DemoTenant:
    northgate = tenants()[0]
    about = northgate.workflow.model_copy(update={"slug": "shop"})
    weeks = northgate.history.model_copy(update={"cases": 60, "weeks": 4, "bad_weeks": (0, 0)})
    changes = {"schema_name": NORTHGATE, "workflow": about, "candidates": list(candidates), "history": weeks}
    return northgate.model_copy(update=changes)


def tell(*candidates: Candidate) -> int:
    told: list[None] = []
    history.tell(shop(*candidates), lambda: told.append(None))
    return len(told)


def test_a_candidate_that_the_gate_refuses_gets_no_traffic(workflow: Workflow) -> None:
    small_set(workflow, 20)
    assert tell(NO_BETTER) == 1
    verdict = GateVerdict.objects.get()
    assert not verdict.passed
    assert EvaluationRun.objects.filter(state="done").count() == 2
    assert not Warrant.objects.filter(release=verdict.candidate).exists()
    assert not TrafficPlan.objects.filter(move="slice").exists()


def test_a_shadow_runs_beside_production_without_a_verdict(workflow: Workflow) -> None:
    tell(WATCHED)
    plan = TrafficPlan.objects.get(move="shadow")
    assert [share["percent"] for share in plan.shares] == [20]
    assert plan.incumbent == workflow.production


def test_telling_it_again_changes_nothing(workflow: Workflow) -> None:
    small_set(workflow, 20)
    for _ in range(2):
        tell(NO_BETTER, WATCHED)
    assert Release.objects.count() == 3
    assert GateVerdict.objects.count() == 1
    assert [plan.move for plan in workflow.plans.all()] == ["shadow", "promote"]


def test_what_was_asked_ahead_is_not_measured_twice(workflow: Workflow) -> None:
    small_set(workflow, 20)
    history.ask_ahead(shop(NO_BETTER))
    asked = EvaluationRun.objects.get()
    assert asked.release == workflow.production
    tell(NO_BETTER)
    assert EvaluationRun.objects.filter(release=workflow.production).get() == asked
    history.ask_ahead(shop(NO_BETTER))
    assert EvaluationRun.objects.count() == 2


def test_what_people_did_afterwards_stays(workflow: Workflow) -> None:
    tell(WATCHED)
    shadow = Release.objects.get(note="Watched.")
    moves.narrow(actor=actor("decision_owner"), workflow=workflow, release=shadow, reason="Seen enough.")
    tell(WATCHED)
    assert [plan.move for plan in workflow.plans.all()] == ["narrow", "shadow", "promote"]


def test_another_release_in_production_ends_the_story(workflow: Workflow) -> None:
    other = release_with(workflow, intake={"high": "0.970000"})
    point_production(
        actor=actor("decision_owner"), workflow=workflow, release=other, reason="Set.", warrant=warrant(other)
    )
    assert tell(WATCHED) == 0


def test_without_a_labelled_set_nothing_is_judged(workflow: Workflow) -> None:
    with pytest.raises(history.NotEvaluated, match="no labelled set"):
        tell(NO_BETTER)
    assert not GateVerdict.objects.exists()


def test_every_candidate_of_the_demo_is_well_formed() -> None:
    northgate, harbour, *_ = tenants()
    assert [each.mode for each in northgate.candidates] == ["slice", "slice", "slice", "", "shadow"]
    assert [each.promoted_days_later > 0 for each in northgate.candidates] == [False, True, False, False, False]
    assert [each.mode for each in harbour.candidates] == ["slice"]
    assert all(each.medium <= each.high for tenant in (northgate, harbour) for each in tenant.candidates)
    assert all(each.days_ago < 7 * tenant.weeks for tenant in (northgate, harbour) for each in tenant.candidates)
