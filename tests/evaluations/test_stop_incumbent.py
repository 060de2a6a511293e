"""The release in production is watched as well: the owner is told, and there are two ways on."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.evaluations.incumbents import go_back, previous_incumbent, watch_incumbent
from apps.evaluations.stop_conditions import incumbent_statuses
from apps.evaluations.tasks import watch_incumbents
from apps.tenants.actors import SYSTEM
from apps.workflows import moves
from apps.workflows.models import Notice, TrafficPlan, Workflow
from apps.workflows.services import point_production
from apps.workflows.traffic import current_plan, slice_of
from apps.workflows.warrants import NotWarranted
from tests.charters import actor, candidate, sign, warrant
from tests.evaluations.slices import add_cases, begin_slice
from tests.factories import customer_service

pytestmark = pytest.mark.django_db


@pytest.fixture
def workflow(northgate):
    return customer_service()


@pytest.fixture
def promoted(workflow):
    """A second release took over from the first."""
    release = candidate(workflow, high="0.7")
    point_production(
        actor=actor("decision_owner"), workflow=workflow, release=release, reason="Better.", warrant=warrant(release)
    )
    return release


def go_wrong(workflow) -> None:
    add_cases(workflow, workflow.production, 30, arm="incumbent")
    add_cases(workflow, workflow.production, 20, arm="incumbent", outcome="rejected")


def production(workflow):
    return Workflow.objects.get(pk=workflow.pk).production


def test_the_release_in_production_is_measured_by_all_conditions_but_drift(workflow):
    add_cases(workflow, workflow.production, 9, arm="incumbent")
    add_cases(workflow, workflow.production, 1, arm="incumbent", outcome="rejected")
    add_cases(workflow, begin_slice(workflow), 5, outcome="rejected")
    found = {status.condition.metric: status.measured for status in incumbent_statuses(workflow)}
    assert set(found) == {"rejection", "edit", "ungrounded", "error", "latency", "cost", "complaint"}
    assert (found["rejection"].value, found["rejection"].n) == (0.1, 10)


def test_cases_of_the_release_before_do_not_count(workflow, promoted):
    before = workflow.plans.get(version=1).incumbent
    add_cases(workflow, before, 50, arm="incumbent", outcome="rejected")
    assert watch_incumbent(workflow) is None


def test_a_quiet_release_is_left_alone(workflow):
    add_cases(workflow, workflow.production, 60, arm="incumbent")
    assert watch_incumbent(workflow) is None
    assert not Notice.objects.exists()


def test_the_owner_is_told_once_and_offered_both_ways(workflow, promoted):
    go_wrong(workflow)
    watch_incumbents("t_northgate")
    watch_incumbents("t_northgate")
    notice = Notice.objects.get()
    assert (notice.kind, notice.release) == ("breach", promoted)
    assert "Rejected by reviewers: 40.0 % in 50 cases, and the limit is 6.0 %." in notice.text
    before = previous_incumbent(workflow)
    assert before is not None
    assert f"Go back to {before.label}, or stop the workflow." in notice.text
    assert production(workflow) == promoted


def test_the_owner_goes_back_and_the_refuted_release_stays_away(workflow, promoted):
    go_wrong(workflow)
    watch_incumbent(workflow)
    before = previous_incumbent(workflow)
    assert before is not None
    go_back(actor=actor("decision_owner"), workflow=workflow, to=before, reason="Too many rejections.")
    assert production(workflow) == before
    workflow.refresh_from_db()
    assert previous_incumbent(workflow) is None
    with pytest.raises(NotWarranted, match="does not hold"):
        go_back(actor=SYSTEM, workflow=workflow, to=promoted, reason="It was better after all.")


def test_going_back_ends_the_slice_that_was_judged_against_the_release(workflow, promoted):
    begin_slice(workflow)
    before = previous_incumbent(workflow)
    assert before is not None
    go_back(actor=actor("decision_owner"), workflow=workflow, to=before, reason="Careful.")
    assert slice_of(current_plan(workflow)) is None


def test_where_the_charter_says_so_the_product_goes_back_by_itself(workflow, promoted):
    sign(workflow, promoted, automatic_rollback=True)
    go_wrong(workflow)
    watch_incumbent(workflow)
    assert production(workflow) == workflow.plans.get(version=1).incumbent
    assert "takes its place again, as the charter has it" in Notice.objects.get().text


def test_with_nothing_to_go_back_to_the_notice_says_so(workflow):
    sign(workflow, workflow.production, automatic_rollback=True)
    go_wrong(workflow)
    watch_incumbent(workflow)
    assert "No release before it may take its place" in Notice.objects.get().text
    assert current_plan(workflow).move == TrafficPlan.Move.PROMOTE


def test_a_stopped_workflow_is_left_alone(workflow, promoted):
    go_wrong(workflow)
    moves.stop(actor=actor("consultant"), workflow=workflow, reason="Enough.")
    assert watch_incumbent(workflow) is None


def test_each_week_begins_anew(workflow, promoted):
    go_wrong(workflow)
    later = timezone.now() + timedelta(days=8)
    assert all(status.measured.n == 0 for status in incumbent_statuses(workflow, later))
