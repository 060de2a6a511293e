"""Routing is deterministic and sticky; moves follow the plan and leave a version each."""

from datetime import UTC, datetime

import pytest

from apps.tenants.actors import SYSTEM
from apps.workflows import moves
from apps.workflows.models import Notice, TrafficPlan
from apps.workflows.moves import MoveRefused
from apps.workflows.services import point_production
from apps.workflows.traffic import current_plan, position, route, shares_of, slice_of, standing
from tests.charters import actor, candidate, warrant
from tests.factories import customer_service

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
CUSTOMERS = [f"C-{number}" for number in range(2000)]


@pytest.fixture
def workflow(northgate):
    return customer_service()


@pytest.fixture
def release(workflow):
    release = candidate(workflow)
    warrant(release)
    return release


def begin(workflow, release, percent=10, **fields) -> TrafficPlan:
    return moves.begin_slice(
        actor=actor("decision_owner"), workflow=workflow, release=release, percent=percent, reason="Try it.", **fields
    )


def widen(workflow, percent, role="decision_owner", evidence=None) -> TrafficPlan:
    return moves.resize_slice(
        actor=actor(role), workflow=workflow, percent=percent, reason="Go on.", evidence=evidence or {"weeks": 2}
    )


def in_slice(workflow, customers=CUSTOMERS, segment=frozenset()) -> set[str]:
    traffic = standing(workflow)
    return {each for each in customers if traffic.route(each, segment, AT).arm == "slice"}


def test_without_a_slice_the_incumbent_takes_everything(workflow):
    routed = route(workflow, "C-1", (), AT)
    assert (routed.release, routed.arm, routed.shadow_releases) == (workflow.production, "incumbent", ())


def test_a_slice_takes_about_its_share_of_the_customers(workflow, release):
    begin(workflow, release, 12)
    assert 0.10 < len(in_slice(workflow)) / len(CUSTOMERS) < 0.14


def test_the_same_customer_always_goes_the_same_way(workflow, release):
    begin(workflow, release)
    assert in_slice(workflow) == in_slice(workflow)
    assert position("C-1", "f" * 64) == 1421  # for ever: another number would move customers in the middle of a slice


def test_widening_keeps_whoever_was_in_and_narrowing_adds_nobody(workflow, release):
    begin(workflow, release)
    before = in_slice(workflow)
    widen(workflow, 25)
    wide = in_slice(workflow)
    assert before < wide
    widen(workflow, 5)
    assert in_slice(workflow) < before


def test_another_release_draws_other_customers(workflow, release):
    begin(workflow, release)
    before = in_slice(workflow)
    moves.narrow(actor=actor("consultant"), workflow=workflow, release=release, reason="Enough.")
    other = candidate(workflow, high="0.7")
    warrant(other)
    begin(workflow, other)
    assert len(before & in_slice(workflow)) < len(before) / 2


def test_a_slice_keeps_to_its_segment(workflow, release):
    begin(workflow, release, 15, segment="channel:email")
    assert not in_slice(workflow, segment={"channel:phone", "region:EU"})
    assert in_slice(workflow, segment={"channel:email", "region:EU"})


def test_a_full_hour_sends_the_rest_to_the_incumbent(workflow, release):
    begin(workflow, release, hourly_cap=40)
    traffic, customer = standing(workflow), sorted(in_slice(workflow))[0]
    assert traffic.route(customer, (), AT, taken=lambda *_: 39).arm == "slice"
    full = traffic.route(customer, (), AT, taken=lambda *_: 40)
    assert full.arm == "incumbent"
    assert "40 cases" in full.reason


def test_a_shadow_runs_beside_and_takes_nothing(workflow, release):
    moves.run_shadow(actor=actor("consultant"), workflow=workflow, release=release, reason="To see.")
    routed = route(workflow, "C-1", (), AT)
    assert (routed.arm, routed.shadow_releases) == ("incumbent", (release.pk,))


def test_a_slice_is_not_ended_by_asking_for_its_shadow(workflow, release):
    begin(workflow, release, 10)
    with pytest.raises(MoveRefused, match="runs beside production already"):
        moves.run_shadow(actor=actor("consultant"), workflow=workflow, release=release, reason="To see.")
    plan = current_plan(workflow)
    assert plan
    assert [(share.mode, share.percent) for share in shares_of(plan)] == [("slice", 10)]


def test_a_slice_needs_a_warrant(workflow):
    with pytest.raises(MoveRefused, match="must pass the gate"):
        begin(workflow, candidate(workflow))


@pytest.mark.parametrize("percent", [1, 16, 100])
def test_the_first_slice_is_thin(workflow, release, percent):
    with pytest.raises(MoveRefused, match="5-15 %"):
        begin(workflow, release, percent)


def test_there_is_one_slice_at_a_time(workflow, release):
    begin(workflow, release)
    other = candidate(workflow, high="0.7")
    warrant(other)
    with pytest.raises(MoveRefused, match="one at a time"):
        begin(workflow, other)


def test_only_the_owner_gives_more_traffic_and_anyone_who_may_takes_it_away(workflow, release):
    begin(workflow, release)
    with pytest.raises(MoveRefused, match="decision owner"):
        widen(workflow, 25, role="consultant")
    assert [share.percent for share in shares_of(widen(workflow, 6, role="consultant"))] == [6]


def test_widening_rests_on_evidence_which_stays_in_the_plan(workflow, release):
    begin(workflow, release)
    with pytest.raises(MoveRefused, match="evidence"):
        moves.resize_slice(
            actor=actor("decision_owner"), workflow=workflow, percent=25, reason="I feel good about it.", evidence={}
        )
    assert widen(workflow, 25, evidence={"weeks": 2}).evidence == {"weeks": 2}


def test_narrowing_by_the_product_tells_the_owner_and_uses_the_warrant_up(workflow, release):
    begin(workflow, release)
    moves.narrow(actor=SYSTEM, workflow=workflow, release=release, reason="Rejections are at 12 %.")
    assert slice_of(current_plan(workflow)) is None
    assert Notice.objects.get(kind="breach").text == "Rejections are at 12 %."
    with pytest.raises(MoveRefused, match="breached a stop condition"):
        begin(workflow, release)
    warrant(release)  # proved anew
    begin(workflow, release)


def test_a_stop_ends_every_slice_and_only_the_owner_restarts(workflow, release):
    begin(workflow, release)
    moves.stop(actor=actor("consultant"), workflow=workflow, reason="Wrong refunds.")
    assert standing(workflow).stopped
    assert in_slice(workflow) == set()
    with pytest.raises(MoveRefused, match="stopped"):
        begin(workflow, release)
    with pytest.raises(MoveRefused, match="decision owner"):
        moves.restart(actor=actor("consultant"), workflow=workflow, reason="Fixed.")
    moves.restart(actor=actor("decision_owner"), workflow=workflow, reason="Fixed.")
    assert not standing(workflow).stopped


def test_promoting_ends_the_slice_and_does_not_restart_a_stopped_workflow(workflow, release):
    begin(workflow, release)
    moves.stop(actor=actor("consultant"), workflow=workflow, reason="Wrong refunds.")
    point_production(
        actor=actor("decision_owner"), workflow=workflow, release=release, reason="Fixed.", warrant=warrant(release)
    )
    plan = workflow.plans.first()
    assert (plan.shares, plan.stopped, plan.incumbent_id) == ([], True, release.pk)


def test_every_move_says_why(workflow, release):
    with pytest.raises(MoveRefused, match="Say why"):
        moves.stop(actor=actor("consultant"), workflow=workflow, reason=" ")
