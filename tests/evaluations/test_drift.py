"""Drift reports: what they hold against what, once a day, and resumed where a worker died."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from apps.audit.models import Entry
from apps.evaluations import drift, drift_streams
from apps.evaluations.drift import NothingToLookAt, look, look_daily, report_of, waiting, work
from apps.evaluations.drift_models import DriftReport
from apps.evaluations.drift_streams import reference_of, window_start
from apps.evaluations.tasks import look_for_drift, measure_drift
from apps.tenants.actors import SYSTEM
from apps.workflows.models import Workflow
from tests.cases.world import shop_system, workflow  # noqa: F401
from tests.evaluations.drifting import mixed, take
from tests.evaluations.small_set import small_set

NORMAL = mixed(200, "refund", "return", "complaint")


def looked(workflow: Workflow) -> DriftReport:  # noqa: F811
    report = look(actor=SYSTEM, workflow=workflow)
    assert work(report.pk)
    report.refresh_from_db()
    return report


def states(report: DriftReport) -> dict[str, str]:
    return {each["key"]: each["state"] for each in report.report["measures"]}


def test_until_its_first_weeks_are_over_a_release_is_held_against_what_it_learnt_from(workflow):  # noqa: F811
    small_set(workflow, 40)
    take(workflow, NORMAL, days_ago=3)
    found = reference_of(workflow.production, timezone.now())
    assert found.kind == "training"
    assert len(found.cases) == 96
    assert "learnt from" in found.words
    assert found.until is None


def test_afterwards_it_is_held_against_its_own_first_weeks(workflow):  # noqa: F811
    small_set(workflow, 40)
    take(workflow, NORMAL, days_ago=20)
    take(workflow, NORMAL[:40], days_ago=2)
    found = reference_of(workflow.production, timezone.now())
    assert found.kind == "traffic"
    assert len(found.cases) == 200
    report = looked(workflow)
    assert report.report["cases"] == 40
    assert not report.drifted
    assert report.report["sentence"].startswith("Nothing has drifted.")


def test_a_release_with_neither_says_that_it_has_no_reference(workflow):  # noqa: F811
    take(workflow, NORMAL, days_ago=3)
    report = looked(workflow)
    assert set(states(report).values()) == {"few"}
    assert report.report["sentence"].startswith("Too few cases to tell.")


def test_other_cases_than_in_the_first_weeks_are_drift_in_type_and_in_meaning(workflow):  # noqa: F811
    take(workflow, NORMAL, days_ago=20)
    take(workflow, mixed(120, "tax", "tax", "refund"), days_ago=2, confidence=0.9)
    report = looked(workflow)
    found = states(report)
    assert (found["case_type"], found["vectors"], found["confidence"]) == ("drift", "drift", "stable")
    assert report.drifted
    assert report.report["sentence"].startswith("Drifted: case types by")
    assert report.done == report.total == 320
    entry = Entry.objects.filter(action="drift.looked").get()
    assert b'"drifted":true' in bytes(entry.bytes)


def test_what_people_decided_is_compared_too(workflow):  # noqa: F811
    take(workflow, NORMAL, days_ago=20)
    rejected = take(workflow, mixed(100, "refund", "return", "complaint"), days_ago=2)
    for case in rejected[10:]:
        case.outcome = "rejected"
        case.save(update_fields=["outcome"])
    assert states(looked(workflow))["disposition"] == "drift"


def test_a_report_is_made_once_a_day_and_anew_when_somebody_asks(workflow, consultant):  # noqa: F811
    take(workflow, NORMAL, days_ago=20)
    look_daily()
    first = DriftReport.objects.get()
    look_daily()
    assert DriftReport.objects.count() == 1
    assert work(first.pk)
    first.refresh_from_db()
    assert (first.state, first.created_name, first.report["cases"]) == ("done", "Thinslice", 0)
    take(workflow, NORMAL[:40], days_ago=1)
    look_daily()
    assert not waiting()
    again = look(actor=consultant.actor, workflow=workflow)
    assert (again.pk, again.state, again.created_name) == (first.pk, "queued", consultant.actor.name)
    assert look(actor=SYSTEM, workflow=workflow).created_name == consultant.actor.name, "one that is under way goes on"
    assert work(again.pk)
    again.refresh_from_db()
    assert again.report["cases"] == 40


def test_a_report_whose_worker_died_is_made_by_the_next_one(workflow, monkeypatch):  # noqa: F811
    take(workflow, NORMAL, days_ago=20)
    report = look(actor=SYSTEM, workflow=workflow)

    def die(*_: object) -> None:
        raise SystemExit

    monkeypatch.setattr(drift, "report_of", die)
    with pytest.raises(SystemExit):
        work(report.pk)
    assert work(report.pk), "the dead worker's lease still holds it"
    report.refresh_from_db()
    assert report.state == "running"
    assert waiting() == []
    DriftReport.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert waiting() == [report.pk]
    monkeypatch.undo()
    assert work(report.pk)
    report.refresh_from_db()
    assert report.state == "done"


def test_what_goes_wrong_is_tried_again_and_then_said(workflow, monkeypatch):  # noqa: F811
    def fail(*_: object) -> None:
        raise ValueError("The encoder is gone.")

    report = look(actor=SYSTEM, workflow=workflow)
    monkeypatch.setattr(drift, "report_of", fail)
    for _ in range(4):
        work(report.pk)
        DriftReport.objects.filter(state="running").update(lease_until=timezone.now() - timedelta(seconds=1))
    report.refresh_from_db()
    assert (report.state, report.problem) == ("failed", "ValueError: The encoder is gone.")


def test_a_window_ends_after_four_weeks_or_when_it_is_full(workflow, monkeypatch):  # noqa: F811
    cases = take(workflow, NORMAL[:30], days_ago=60)
    now = timezone.now()
    begin = cases[0].admitted_at
    assert window_start(workflow.production, begin, now) == begin + timedelta(days=56)
    monkeypatch.setattr(drift_streams, "MOST", 20)
    assert window_start(workflow.production, begin, begin + timedelta(hours=1)) == cases[20].admitted_at


def test_a_workflow_without_a_release_has_nothing_to_look_at(northgate):
    empty = Workflow(slug="empty", title="Empty")
    with pytest.raises(NothingToLookAt, match="no release in production"):
        look(actor=SYSTEM, workflow=empty)


def test_the_tasks_do_what_the_functions_do(workflow):  # noqa: F811
    take(workflow, NORMAL, days_ago=20)
    look_for_drift("t_northgate")
    report = DriftReport.objects.get()
    measure_drift("t_northgate", str(report.pk))
    report.refresh_from_db()
    assert report.state == "done"
    assert work(UUID(int=1)), "nothing of that name is left to do"


def test_the_report_can_be_made_without_being_stored(workflow):  # noqa: F811
    take(workflow, NORMAL, days_ago=20)
    assert report_of(workflow.production, timezone.now())["reference"]["kind"] == "traffic"
    assert not DriftReport.objects.exists()
