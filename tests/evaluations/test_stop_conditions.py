"""The charter's stop conditions on real cases: each measure, the breach, and what it leaves behind."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from apps.audit.models import Entry
from apps.cases.complaints import record_complaint, withdraw_complaint
from apps.cases.models import Case
from apps.evaluations import tasks
from apps.evaluations.incumbents import end_expired_override
from apps.evaluations.signals import changed_share
from apps.evaluations.stop_conditions import limit_in_words, statuses, watch, window_start
from apps.inference.models import Exchange
from apps.reviews.models import Disposition
from apps.tenants.actors import SYSTEM
from apps.workflows import moves
from apps.workflows.charters import CharterRefused, StopCondition
from apps.workflows.models import Notice, Warrant, Workflow
from apps.workflows.services import point_production
from apps.workflows.traffic import current_plan, slice_of
from tests.charters import actor, candidate, sign, warrant
from tests.evaluations.slices import add_cases, begin_slice
from tests.factories import customer_service

pytestmark = pytest.mark.django_db


@pytest.fixture
def workflow(northgate):
    return customer_service()


def status(workflow, metric):
    return next(each for each in statuses(workflow) if each.condition.metric == metric)


def seen(workflow, metric) -> tuple[float, int]:
    found = status(workflow, metric).measured
    return round(found.value, 4), found.n


def test_without_a_slice_there_is_nothing_to_watch(workflow):
    assert statuses(workflow) == []
    assert watch(workflow) is None


def test_a_quiet_slice_is_left_alone(workflow):
    add_cases(workflow, begin_slice(workflow), 40)
    assert watch(workflow) is None
    assert slice_of(current_plan(workflow)) is not None


def test_rejections_count_among_what_people_decided(workflow):
    release = begin_slice(workflow)
    add_cases(workflow, release, 9)
    add_cases(workflow, release, 1, outcome="rejected")
    add_cases(workflow, release, 5, outcome="automatic")
    assert seen(workflow, "rejection") == (0.1, 10)


def test_edits_count_by_how_much_was_changed(workflow):
    release = begin_slice(workflow)
    add_cases(workflow, release, 3)
    (edited,) = add_cases(workflow, release, 1, outcome="edited")
    Disposition.objects.create(
        case=edited, revision=1, kind="edit", reviewer_id=actor("operator").id, reviewer_name="O", role="operator",
        claims=[{"text": "No."}],
    )  # fmt: skip
    assert seen(workflow, "edit") == (0.25, 4)
    assert changed_share(["one two", "three"], ["one two three"]) == 0
    assert changed_share(["one two"], ["one"]) == pytest.approx(1 / 3)


def test_sentences_without_a_source_count_by_share_and_courtesy_needs_none(workflow):
    release = begin_slice(workflow)
    add_cases(workflow, release, 3)
    claims = [
        {"text": "A", "kind": "statement", "grounded": False},
        {"text": "B", "kind": "fact", "grounded": True},
        {"text": "C", "kind": "courtesy", "grounded": False},
    ]
    add_cases(workflow, release, 1, claims=claims)
    assert seen(workflow, "ungrounded") == (0.125, 4)


def test_cases_that_the_machine_gave_up_are_errors(workflow):
    release = begin_slice(workflow)
    add_cases(workflow, release, 3)
    add_cases(workflow, release, 1, judged=False)
    assert seen(workflow, "error") == (0.25, 4)


def test_slow_and_dear_cases_are_counted_against_five_percent(workflow):
    release = begin_slice(workflow)
    add_cases(workflow, release, 3)
    (slow,) = add_cases(workflow, release, 1, took=12_000_000)
    Exchange.objects.create(
        case_id=slow.pk, person=slow.subject_id, purpose="action", route="anthropic:x", request=b"", response=b"",
        status=200, outcome="answered", cost=Decimal("0.07"), started_at=timezone.now(), microseconds=1,
    )  # fmt: skip
    assert seen(workflow, "latency") == (0.25, 4)
    assert seen(workflow, "cost") == (0.25, 4)
    assert status(workflow, "latency").limit == 0.05


def test_a_complaint_by_the_same_person_counts_for_the_case_before_it(workflow):
    release = begin_slice(workflow)
    first, _ = add_cases(workflow, release, 2, admitted=timedelta(0))
    (complaint,) = add_cases(workflow, workflow.production, 1, arm="incumbent", case_type="complaint")
    Case.objects.filter(pk=complaint.pk).update(subject=first.subject, admitted_at=timezone.now())
    assert seen(workflow, "complaint") == (0.5, 2)


def test_a_complaint_that_somebody_recorded_counts_until_it_is_withdrawn(workflow):
    first, _ = add_cases(workflow, begin_slice(workflow), 2)
    complaint, _ = record_complaint(actor=actor("operator"), case=first, said="Wrong again.")
    assert seen(workflow, "complaint") == (0.5, 2)
    withdraw_complaint(actor=actor("operator"), complaint=complaint)
    assert seen(workflow, "complaint") == (0.0, 2)


def test_complaints_count_where_no_case_type_is_one(workflow):
    sign(workflow, workflow.production, stop_conditions=(StopCondition(metric="complaint", limit="0.02"),))
    first, _ = add_cases(workflow, begin_slice(workflow), 2)
    record_complaint(actor=actor("operator"), case=first)
    assert seen(workflow, "complaint") == (0.5, 2)


def test_drift_compares_the_types_with_the_incumbents(workflow):
    release = begin_slice(workflow)
    for _ in range(40):
        add_cases(workflow, release, 1)
        add_cases(workflow, workflow.production, 1, arm="incumbent", case_type="invoice")
    found = status(workflow, "drift")
    assert found.measured.value > 0.2
    assert found.state == "breached"


def test_the_mix_of_a_few_cases_is_not_called_near(workflow):
    release = begin_slice(workflow)
    for _ in range(4):
        add_cases(workflow, release, 1)
        add_cases(workflow, workflow.production, 1, arm="incumbent", case_type="invoice")
    found = status(workflow, "drift")
    assert found.measured.value > found.limit
    assert found.state == "open"


def test_what_changes_for_both_is_no_drift(workflow):
    release = begin_slice(workflow)
    for case_type in ["return"] * 30 + ["invoice"] * 30:
        add_cases(workflow, release, 1, case_type=case_type)
        add_cases(workflow, workflow.production, 7, arm="incumbent", case_type=case_type)
    found = status(workflow, "drift")
    assert (round(found.measured.value, 2), found.measured.n, found.state) == (0.0, 60, "far")


def test_a_breach_narrows_tells_the_owner_and_writes_why(workflow):
    release = begin_slice(workflow)
    add_cases(workflow, release, 30)
    add_cases(workflow, release, 20, outcome="rejected")
    breach = watch(workflow)
    assert breach is not None
    assert breach.condition.metric == "rejection"
    plan = workflow.plans.first()
    assert plan is not None
    assert (plan.move, plan.shares, plan.evidence["value"]) == ("narrow", [], "0.4000")
    assert "Rejected by reviewers: 40.0 % in 50 cases, and the limit is 6.0 %." in Notice.objects.get().text
    assert Entry.objects.filter(action="traffic.narrow", actor="service:thinslice").count() == 1
    assert watch(workflow) is None


def test_few_cases_do_not_breach_however_bad_they_look(workflow):
    add_cases(workflow, begin_slice(workflow), 2, outcome="rejected")
    assert watch(workflow) is None
    assert status(workflow, "rejection").state == "open"


def test_each_window_begins_where_the_one_before_ended():
    since = datetime(2026, 11, 2, tzinfo=UTC)
    assert window_start(since, 7, since + timedelta(days=6)) == since
    assert window_start(since, 7, since + timedelta(days=16)) == since + timedelta(days=14)


def test_a_stopped_workflow_is_not_narrowed_as_well(workflow):
    release = begin_slice(workflow)
    add_cases(workflow, release, 50, outcome="rejected")
    moves.stop(actor=actor("consultant"), workflow=workflow, reason="Enough.")
    assert watch(workflow) is None


@pytest.fixture
def overridden(workflow):
    """In production by an override for a day."""
    release = candidate(workflow)
    override = warrant(release, Warrant.Kind.OVERRIDE, expires_at=timezone.now() + timedelta(days=1))
    point_production(actor=actor("decision_owner"), workflow=workflow, release=release, reason="Now.", warrant=override)
    return release


def test_what_breaks_for_one_workflow_leaves_the_others_watched(workflow):
    watched: list[str] = []

    def look(each: Workflow) -> None:
        watched.append(each.slug)
        if each.slug == "broken":
            raise ArithmeticError("No such figure.")

    with pytest.raises(ArithmeticError):
        tasks._each([Workflow(slug="broken"), workflow], look)
    assert watched == ["broken", workflow.slug]


@pytest.mark.parametrize(
    ("metric", "limit", "said"),
    [("rejection", "0.06", "6.0 %"), ("latency", "10", "5.0 % of the cases"), ("drift", "0.2", "index 0.20")],
)
def test_a_limit_is_told_with_its_unit(metric, limit, said):
    assert limit_in_words(StopCondition(metric=metric, limit=limit)) == said


def test_an_override_that_ended_leads_back_to_the_release_before(workflow, overridden, monkeypatch):
    before = workflow.plans.get(version=1).incumbent
    assert not end_expired_override(workflow)
    after_two_days(monkeypatch)
    assert end_expired_override(workflow)
    workflow.refresh_from_db()
    assert workflow.production == before
    assert not end_expired_override(workflow)
    assert Notice.objects.filter(text__contains="override").exists()


def test_an_override_that_ended_stops_the_workflow_when_nothing_leads_back(workflow, overridden, monkeypatch):
    before = workflow.plans.get(version=1).incumbent
    moves.tell_owner(actor=SYSTEM, workflow=workflow, kind=Notice.Kind.BREACH, release=before, text="It leaks.")
    after_two_days(monkeypatch)
    assert end_expired_override(workflow)
    plan = current_plan(workflow)
    assert plan is not None
    assert plan.stopped
    assert not end_expired_override(workflow)


def test_an_override_that_ended_stops_the_workflow_when_the_charter_bars_the_way_back(
    workflow, overridden, monkeypatch
):
    def barred(*_: object) -> None:
        raise CharterRefused("The charter gives no lane for invoice.")

    after_two_days(monkeypatch)
    monkeypatch.setattr("apps.workflows.charters.check_release", barred)
    assert end_expired_override(workflow)
    plan = current_plan(workflow)
    assert plan is not None
    assert plan.stopped
    assert "no lane for invoice" in plan.reason


def after_two_days(monkeypatch) -> None:
    later = timezone.now() + timedelta(days=2)
    monkeypatch.setattr("apps.workflows.warrants.timezone.now", lambda: later)
