"""A slice grows on evidence only, and the server asks for it."""

from datetime import timedelta

import pytest

from apps.evaluations.widening import answers, next_step, widen
from apps.tenants.actors import SYSTEM
from apps.workflows import moves
from apps.workflows.models import Workflow
from apps.workflows.moves import MoveRefused
from apps.workflows.traffic import current_plan, slice_of
from tests.charters import actor, warrant
from tests.evaluations.slices import add_cases, begun
from tests.factories import customer_service

pytestmark = pytest.mark.django_db
OWNER = "decision_owner"


@pytest.fixture
def workflow(northgate):
    return customer_service()


def ready(workflow, percent=12):
    release = begun(workflow, days=15, percent=percent)
    add_cases(workflow, release, 60, admitted=timedelta(days=3))
    add_cases(workflow, workflow.production, 60, arm="incumbent", admitted=timedelta(days=3))
    return release


def go(workflow, to=25, role=OWNER) -> None:
    widen(actor=actor(role), workflow=workflow, to=to, reason="It kept its promise.")


def percent(workflow) -> int:
    share = slice_of(current_plan(workflow))
    assert share is not None
    return share.percent


def test_with_all_the_evidence_the_owner_widens(workflow):
    ready(workflow)
    assert all(answer.yes for answer in answers(workflow, 25))
    go(workflow)
    assert percent(workflow) == 25
    plan = current_plan(workflow)
    assert plan is not None
    assert plan.evidence["Did it beat the incumbent?"] == "It beat the incumbent."


def test_nobody_else_widens(workflow):
    ready(workflow)
    with pytest.raises(MoveRefused, match="decision owner"):
        go(workflow, role="consultant")


def test_a_step_is_not_skipped(workflow):
    ready(workflow)
    with pytest.raises(MoveRefused, match="After 12 % comes 25 %"):
        go(workflow, to=50)
    assert [next_step(percent) for percent in (5, 15, 25, 50)] == [25, 25, 50, 100]


def test_a_young_slice_waits(workflow):
    release = begun(workflow, days=9)
    add_cases(workflow, release, 60, admitted=timedelta(days=1))
    with pytest.raises(MoveRefused, match="9 of 14 days"):
        go(workflow)


def test_two_weeks_of_almost_nothing_prove_nothing(workflow):
    begun(workflow, days=15)
    with pytest.raises(MoveRefused, match="0 cases of at least 50"):
        go(workflow)


def test_a_condition_near_its_limit_holds_it(workflow):
    release = ready(workflow)
    add_cases(workflow, release, 4, outcome="rejected", admitted=timedelta(hours=1))
    with pytest.raises(MoveRefused, match="Near: rejected by reviewers"):
        go(workflow)


def test_a_condition_that_nothing_can_be_said_about_yet_holds_it(workflow):
    release = begun(workflow, days=15)
    add_cases(workflow, release, 12, admitted=timedelta(days=3))
    with pytest.raises(MoveRefused, match=r"rejected by reviewers \(12 of 17 cases\)"):
        go(workflow)


def test_reviewers_are_not_flooded(workflow):
    release = begun(workflow, days=15)
    add_cases(workflow, release, 60, admitted=timedelta(days=3))
    add_cases(workflow, workflow.production, 200, arm="incumbent", outcome="automatic", admitted=timedelta(days=3))
    with pytest.raises(MoveRefused, match="reviewers carry"):
        go(workflow)


def test_at_the_end_the_pointer_moves_once_and_the_slice_is_over(workflow):
    release = ready(workflow)
    plan = current_plan(workflow)
    assert plan is not None
    half = [share | {"percent": 50} for share in plan.shares]
    workflow.plans.create(
        version=plan.version + 1, incumbent=plan.incumbent, shares=half, move="widen", reason="Half of it."
    )
    go(workflow, to=100)
    assert Workflow.objects.get(pk=workflow.pk).production == release
    assert slice_of(current_plan(workflow)) is None


def test_after_a_breach_the_weeks_count_anew(workflow):
    release = ready(workflow)
    moves.narrow(actor=SYSTEM, workflow=workflow, release=release, reason="Too many rejections.")
    warrant(release)
    moves.begin_slice(actor=actor(OWNER), workflow=workflow, release=release, percent=10, reason="Proved anew.")
    with pytest.raises(MoveRefused, match="0 of 14 days"):
        go(workflow)


def test_after_a_step_the_two_weeks_count_anew_at_the_new_width(workflow):
    ready(workflow)
    go(workflow)
    with pytest.raises(MoveRefused, match="0 of 14 days at 25 %"):
        go(workflow, to=50)


def test_a_narrowing_by_hand_bars_widening_until_there_is_new_evidence(workflow):
    ready(workflow)
    moves.resize_slice(actor=actor("consultant"), workflow=workflow, percent=5, reason="Careful.", evidence={})
    with pytest.raises(MoveRefused, match="0 of 14 days at 5 %"):
        go(workflow)
