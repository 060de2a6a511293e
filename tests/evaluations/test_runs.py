"""Evaluations: through the real layers, resumable, cancellable, and with a memory that only what changed must leave."""

import json
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction

from apps.audit.models import Entry
from apps.cases.models import Case, Step
from apps.connectors.models import Effect
from apps.evaluations import leased_run, runs
from apps.evaluations.batches import Batch
from apps.evaluations.models import EvaluatedCase, EvaluationRun, LabelledSet, Remembered
from apps.evaluations.rubric import ByWords
from apps.evaluations.runs import NotEvaluable, cancel, evaluate, results_of, waiting, work
from apps.evaluations.tasks import sweep, work_on_evaluation
from apps.tenants.actors import SYSTEM
from apps.workflows.models import Release, Workflow
from tests.cases.world import shop_system, workflow  # noqa: F401
from tests.evaluations.small_set import release_with, small_set


@pytest.fixture
def labelled_set(workflow: Workflow) -> LabelledSet:  # noqa: F811
    return small_set(workflow, 15)


def asked(labelled_set: LabelledSet, release: Release | None = None) -> EvaluationRun:
    release = release or labelled_set.workflow.production
    assert release
    return evaluate(actor=SYSTEM, release=release, labelled_set=labelled_set)


def evaluated(labelled_set: LabelledSet, release: Release | None = None) -> EvaluationRun:
    run = asked(labelled_set, release)
    assert work(run.pk)
    run.refresh_from_db()
    return run


def test_a_run_goes_through_the_real_layers_and_leaves_no_case_and_no_effect(labelled_set: LabelledSet) -> None:
    run = evaluated(labelled_set)
    assert (run.state, run.done, run.total, run.problem) == ("done", 9, 9, "")
    results = results_of(run)
    assert {result.case_type for result in results} == {"refund", "return", "complaint"}
    assert all(result.right and result.decision == result.expected.decision for result in results)
    refund = next(result for result in results if result.case_type == "refund")
    assert refund.route == "automatic"
    assert refund.passages[0] == "returns#refunds"
    assert refund.made == (True,)
    assert set(refund.microseconds) == {"intake", "context", "action", "review"}
    assert not Case.objects.exists()
    assert not Step.objects.exists()
    assert not Effect.objects.exists()


def test_the_report_has_an_interval_and_an_n_for_every_figure(labelled_set: LabelledSet) -> None:
    figures = evaluated(labelled_set).report["figures"]
    for name in ("type_accuracy", "macro_f1", "decision_accuracy", "grounded", "recall", "ndcg", "right", "automatic"):
        figure = figures[name]
        assert figure["low"] <= figure["value"] <= figure["high"], name
        assert figure["n"] > 0
    assert figures["automatic"]["value"] == pytest.approx(1 / 3)
    assert figures["type_accuracy"]["low"] < 1  # nine cases prove little


def test_where_no_classifier_answered_the_report_refuses_to_speak_of_its_calibration(
    labelled_set: LabelledSet,
) -> None:
    reliability = evaluated(labelled_set).report["reliability"]
    assert (reliability["n"], reliability["error"]) == (0, None)
    assert reliability["caution"]


def test_the_same_release_is_evaluated_once(labelled_set: LabelledSet) -> None:
    assert evaluated(labelled_set) == evaluated(labelled_set)


def test_only_what_changed_is_computed_again(labelled_set: LabelledSet, monkeypatch: pytest.MonkeyPatch) -> None:
    evaluated(labelled_set)
    ran: list[str] = []
    run_layer = Batch._run

    def noted(batch: Any, layer: str, *arguments: Any) -> Any:
        ran.append(layer)
        return run_layer(batch, layer, *arguments)

    monkeypatch.setattr(Batch, "_run", noted)
    stricter = release_with(labelled_set.workflow, intake={"high": "0.99"}, action={"amount_limit": "10"})
    run = evaluated(labelled_set, stricter)
    assert run.cached == 9
    assert set(ran) == {"intake", "review"}
    assert {result.route for result in results_of(run) if result.case_type == "refund"} == {"queue"}

    ran.clear()
    evaluated(labelled_set, release_with(labelled_set.workflow, context={"passages": 2}))
    assert set(ran) == {"intake", "context", "action", "review"}


def test_a_run_that_stopped_goes_on_where_it_was(labelled_set: LabelledSet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "BATCH", 4)
    run = asked(labelled_set)
    assert not work(run.pk, seconds=0)
    assert EvaluatedCase.objects.filter(run=run).count() == 4
    assert waiting() == [run.pk]
    assert work(run.pk)
    assert EvaluatedCase.objects.filter(run=run).count() == 9


def test_a_killed_workers_run_waits_for_its_lease_and_then_goes_to_another(labelled_set: LabelledSet) -> None:
    run = asked(labelled_set)
    assert runs._claim(run.pk)  # and the worker dies
    assert waiting() == []
    assert work(run.pk)
    assert not EvaluatedCase.objects.exists()  # while the lease holds, nobody else works on it
    EvaluationRun.objects.update(lease_until="2026-01-01T00:00Z")
    assert waiting() == [run.pk]
    assert work(run.pk)
    run.refresh_from_db()
    assert run.state == "done"


def test_a_run_that_ends_every_worker_is_given_up_and_the_log_says_so(labelled_set: LabelledSet) -> None:
    run = asked(labelled_set)
    for _ in range(leased_run.ATTEMPTS):
        assert runs._claim(run.pk)  # and the worker dies
        EvaluationRun.objects.update(lease_until="2026-01-01T00:00Z")
    assert runs._claim(run.pk) is None
    run.refresh_from_db()
    assert run.state == "failed"
    assert "workers ended" in run.problem
    assert Entry.objects.filter(action="evaluation.failed").count() == 1


def test_a_worker_whose_lease_ended_counts_nothing_once_another_has_taken_over(labelled_set: LabelledSet) -> None:
    run = asked(labelled_set)
    slow = runs._claim(run.pk)
    assert slow
    batch, rows = runs._batch_of(slow, ByWords()), runs._next(slow)
    results = batch.evaluate(rows)
    EvaluationRun.objects.update(lease_until="2026-01-01T00:00Z")
    assert runs._claim(run.pk)
    assert not runs._store(slow, rows, results, batch.memory.forget_batch(), 1)
    assert not EvaluatedCase.objects.exists()


def test_a_cancelled_run_stops_and_says_so_in_the_log(labelled_set: LabelledSet) -> None:
    run = asked(labelled_set)
    assert cancel(actor=SYSTEM, run=run)
    assert work(run.pk)
    run.refresh_from_db()
    assert (run.state, run.done) == ("cancelled", 0)
    assert not cancel(actor=SYSTEM, run=run)
    assert Entry.objects.filter(action="evaluation.cancelled").count() == 1
    assert evaluated(labelled_set) != run


def test_a_batch_that_was_cancelled_meanwhile_is_remembered_but_not_counted(labelled_set: LabelledSet) -> None:
    run = asked(labelled_set)
    claimed = runs._claim(run.pk)
    assert claimed
    batch = runs._batch_of(claimed, ByWords())
    rows = runs._next(claimed)
    results = batch.evaluate(rows)
    cancel(actor=SYSTEM, run=run)
    assert not runs._store(claimed, rows, results, batch.memory.forget_batch(), 1)
    assert not EvaluatedCase.objects.exists()
    assert Remembered.objects.exists()


def test_a_run_without_the_system_of_record_waits_and_is_given_up_after_a_few_tries(
    labelled_set: LabelledSet,
    shop_system: Any,  # noqa: F811
) -> None:
    shop_system.__exit__(None, None, None)
    run = asked(labelled_set)
    rested = []
    for _ in range(leased_run.ATTEMPTS):
        EvaluationRun.objects.update(lease_until="2026-01-01T00:00Z")
        rested.append(work(run.pk))
    run.refresh_from_db()
    assert rested == [False] * (leased_run.ATTEMPTS - 1) + [True]
    assert run.state == "failed"
    assert "SystemUnavailable" in run.problem


def test_a_run_that_got_on_meanwhile_is_not_given_up_for_what_went_wrong_before(labelled_set: LabelledSet) -> None:
    run = asked(labelled_set)
    EvaluationRun.objects.update(state="running", attempts=leased_run.ATTEMPTS - 1)
    run.refresh_from_db()
    EvaluationRun.objects.update(attempts=0)  # as a batch does that was kept
    assert not leased_run.wait(run, ConnectionError("Gone for a moment."), run.release_id)
    run.refresh_from_db()
    assert (run.state, run.attempts) == ("running", 1)


def test_a_run_whose_report_cannot_be_made_is_given_up_like_any_other(
    labelled_set: LabelledSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> dict[str, Any]:
        raise ArithmeticError("No such figure.")

    monkeypatch.setattr(runs, "report_of", broken)
    run = asked(labelled_set)
    for _ in range(leased_run.ATTEMPTS):
        EvaluationRun.objects.update(lease_until="2026-01-01T00:00Z")
        work(run.pk)
    run.refresh_from_db()
    assert (run.state, run.done) == ("failed", run.total)
    assert "No such figure" in run.problem


def test_drafts_of_sets_empty_splits_and_other_workflows_are_refused(labelled_set: LabelledSet) -> None:
    release = labelled_set.workflow.production
    assert release
    draft = LabelledSet(workflow=labelled_set.workflow, name="Draft")
    with pytest.raises(NotEvaluable, match="frozen"):
        evaluate(actor=SYSTEM, release=release, labelled_set=draft)
    other = LabelledSet(pk=0, workflow=Workflow(pk=0), name="Other", state="frozen")
    with pytest.raises(NotEvaluable, match="different workflows"):
        evaluate(actor=SYSTEM, release=release, labelled_set=other)


def test_what_counts_is_once_in_the_database_too(labelled_set: LabelledSet) -> None:
    run = asked(labelled_set)
    with pytest.raises(IntegrityError), transaction.atomic():
        EvaluationRun.objects.create(release=run.release, labelled_set=labelled_set, split=run.split, total=1)


def test_the_tasks_do_the_work_and_the_sweep_finds_what_was_left(
    labelled_set: LabelledSet, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    sent: list[UUID] = []
    monkeypatch.setattr("apps.evaluations.tasks.send_evaluation", lambda _schema, run: sent.append(run))
    with django_capture_on_commit_callbacks(execute=True):
        run = asked(labelled_set)
    assert sent == [run.pk]
    sweep("t_northgate")
    assert sent == [run.pk] * 2
    work_on_evaluation("t_northgate", str(run.pk))
    run.refresh_from_db()
    assert run.state == "done"
    assert sent == [run.pk] * 2


def test_asking_and_finishing_are_in_the_log_without_a_word_of_the_cases(labelled_set: LabelledSet) -> None:
    evaluated(labelled_set)
    entries = {entry.action: json.loads(bytes(entry.bytes)) for entry in Entry.objects.filter(action__contains="eval")}
    assert set(entries) == {"evaluation.asked", "evaluation.done"}
    assert entries["evaluation.done"]["after"]["figures"]["right"] == "1.0000"
    assert "refund for order" not in json.dumps(list(entries.values()))
