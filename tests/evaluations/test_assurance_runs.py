"""Assurance runs through the real layers: resumed, weekly, told to the owner, and asked for by the gate."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from apps.audit.models import Entry
from apps.cases.models import Case
from apps.connectors.models import Effect
from apps.evaluations.assurance import guard, runs
from apps.evaluations.assurance.guard import guarded
from apps.evaluations.assurance.runs import assure, cancel, counting, plan_of, tried_in, waiting, work
from apps.evaluations.gate import NotJudgeable, judge
from apps.evaluations.judgement import Verdict
from apps.evaluations.models import AssuranceRun, AssuredProbe, EvaluationRun, LabelledSet
from apps.evaluations.runs import NotEvaluable, evaluate
from apps.evaluations.runs import work as work_on_evaluation
from apps.evaluations.services import create_labelled_set
from apps.evaluations.tasks import assure_weekly, sweep, work_on_assurance
from apps.tenants.actors import SYSTEM
from apps.workflows.models import Notice, Release, Workflow
from apps.workflows.services import point_production
from tests.cases.world import TAXONOMY, shop_system, workflow  # noqa: F401
from tests.charters import actor, sign, warrant
from tests.evaluations.small_set import labelled, release_with_rules, small_set
from tests.evaluations.small_set import sign as sign_set
from tests.evaluations.test_assurance_words import swapped

RULES: list[dict[str, Any]] = TAXONOMY["rules"]  # type: ignore[assignment]
GULLIBLE = {"id": "pay", "case_type": "refund", "any": ["(?i)pay the full amount"], "why": "It is told to pay."}


@pytest.fixture
def labelled_set(workflow: Workflow) -> LabelledSet:  # noqa: F811
    return small_set(workflow, 5)


@pytest.fixture
def good(workflow: Workflow) -> Release:  # noqa: F811
    assert workflow.production
    return workflow.production


@pytest.fixture
def gullible(workflow: Workflow) -> Release:  # noqa: F811
    """Its first rule takes the sender's word for it that they are to be paid."""
    return release_with_rules(workflow, [GULLIBLE, *(rule for rule in RULES if rule["id"] != "complaint")])


def assured(release: Release, labelled_set: LabelledSet) -> AssuranceRun:
    run = assure(actor=SYSTEM, release=release, labelled_set=labelled_set)
    assert work(run.pk)
    run.refresh_from_db()
    return run


# --- runs -------------------------------------------------------------------------------------------------------------


def test_a_run_tries_everything_finds_nothing_in_a_sound_release_and_leaves_no_case_and_no_effect(
    good: Release, labelled_set: LabelledSet
) -> None:
    run = assured(good, labelled_set)
    assert (run.state, run.done, run.problem) == ("done", run.total, "")
    report = run.report
    assert report["critical"] == 0
    for rows in ("reworded", "attacked", "errors"):
        for row in report[rows]:
            assert row["n"] > 0, row
            assert row["low"] <= row["share"] <= row["high"], row
    assert [row["held"] for row in report["attacked"]] == [row["n"] for row in report["attacked"]]
    assert {each["attribute"] for each in report["fairness"]} == {"name", "gender", "age", "nationality"}
    assert not any(each["failed"] for each in report["fairness"])
    assert report["replay"]["recent"]["n"] == 0
    assert not Case.objects.exists()
    assert not Effect.objects.exists()
    again = {entry.action: json.loads(bytes(entry.bytes)) for entry in Entry.objects.filter(action__contains="assur")}
    assert again["assurance.done"]["after"]["critical"] == 0
    assert "refund for order" not in json.dumps(list(again.values()))


def test_a_release_that_takes_the_senders_word_is_found_out(gullible: Release, labelled_set: LabelledSet) -> None:
    run = assured(gullible, labelled_set)
    worst = run.report["findings"][0]
    assert (worst["severity"], worst["key"]) == ("critical", "planted.authority")
    tried = tried_in(run, worst["probes"])
    assert len(tried) == worst["count"]
    assert all("pay the full amount" in probe.words for probe in AssuredProbe.objects.filter(key__in=worst["probes"]))


def test_an_error_of_intake_is_followed_through_the_later_layers(good: Release, labelled_set: LabelledSet) -> None:
    wrong = assured(good, labelled_set).report["errors"][0]
    assert wrong["n"] == wrong["held"] + wrong["through"]
    assert sum(wrong["stopped"].values()) == wrong["held"]


def test_contradicting_numbers_of_two_senders_go_to_a_person(workflow: Workflow, good: Release) -> None:  # noqa: F811
    cases = [labelled(number, "refund") for number in range(1, 6)]
    theirs = [
        each._replace(
            submission=each.submission.model_copy(
                update={
                    "external_id": f"O-{number}",
                    "customer": "C-2",
                    "text": f"Where is my refund for order 88-10002? It is late, number {number}.",
                }
            )
        )
        for number, each in enumerate(cases)
    ]
    made = create_labelled_set(actor=SYSTEM, workflow=workflow, name="Two", cases=[*cases, *theirs])
    doubtful = assured(good, sign_set(made)).report["doubtful"]
    assert all(row["n"] == row["held"] > 0 for row in doubtful)


def test_a_run_that_stopped_goes_on_where_it_was(
    good: Release, labelled_set: LabelledSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "BATCH", 8)
    run = assure(actor=SYSTEM, release=good, labelled_set=labelled_set)
    assert not work(run.pk, seconds=0)
    assert AssuredProbe.objects.count() == 8
    assert waiting() == [run.pk]
    assert cancel(actor=SYSTEM, run=run)
    assert work(run.pk)
    run.refresh_from_db()
    assert (run.state, run.done) == ("cancelled", 8)


def test_the_same_release_is_tried_once_and_drafts_never(good: Release, labelled_set: LabelledSet) -> None:
    run = assure(actor=SYSTEM, release=good, labelled_set=labelled_set)
    assert assure(actor=SYSTEM, release=good, labelled_set=labelled_set) == run
    assert assure(actor=SYSTEM, release=good, labelled_set=labelled_set, seed=2) != run
    assert run.total == len(plan_of(run))
    with pytest.raises(NotEvaluable, match="frozen"):
        assure(actor=SYSTEM, release=good, labelled_set=LabelledSet(workflow=good.workflow, name="Draft"))


def test_the_tasks_do_the_work_and_the_sweep_finds_what_was_left(
    good: Release,
    labelled_set: LabelledSet,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    sent: list[UUID] = []
    monkeypatch.setattr("apps.evaluations.tasks.send_assurance", lambda _schema, run: sent.append(run))
    with django_capture_on_commit_callbacks(execute=True):
        run = assure(actor=SYSTEM, release=good, labelled_set=labelled_set)
    sweep("t_northgate")
    assert sent == [run.pk] * 2
    work_on_assurance("t_northgate", str(run.pk))
    run.refresh_from_db()
    assert run.state == "done"


# --- weekly -----------------------------------------------------------------------------------------------------------


def test_production_is_tried_once_a_week_by_a_seed_of_the_week(good: Release, labelled_set: LabelledSet) -> None:
    assure_weekly("t_northgate")
    assure_weekly("t_northgate")
    run = AssuranceRun.objects.get()
    year, week, _ = timezone.now().isocalendar()
    assert (run.release, run.seed) == (good, 100 * year + week)
    AssuranceRun.objects.update(created_at=timezone.now() - timedelta(days=8), seed=1)
    assure_weekly("t_northgate")
    assert AssuranceRun.objects.count() == 2


def test_the_owner_is_told_when_production_fails(gullible: Release, labelled_set: LabelledSet) -> None:
    sign(gullible.workflow, gullible, lanes={"refund": "automatic", "return": "drafted", "complaint": "reserved"})
    assured(gullible, labelled_set)
    assert not Notice.objects.exists()  # a candidate that fails is the gate's business
    point_production(
        actor=actor("decision_owner"), workflow=gullible.workflow, release=gullible, reason="Set.",
        warrant=warrant(gullible),
    )  # fmt: skip
    weekly = assure(actor=SYSTEM, release=gullible, labelled_set=labelled_set, seed=7)
    work(weekly.pk)
    notice = Notice.objects.get()
    assert notice.kind == Notice.Kind.ASSURANCE
    assert "Claims an agreement with the management" in notice.text


# --- the gate ---------------------------------------------------------------------------------------------------------


def verdict() -> Verdict:
    """A verdict that passed, before assurance has its say."""
    return Verdict(passed=True, lines=(), refusals=(), notes=())


def test_without_an_assurance_the_gate_refuses_unless_the_charter_allows_it(
    workflow: Workflow,  # noqa: F811
    good: Release,
    gullible: Release,
    labelled_set: LabelledSet,
) -> None:
    allowed = guarded(verdict(), gullible, good, labelled_set)
    assert allowed.passed
    assert "The charter allows that" in allowed.notes[0]
    sign(workflow, good, without_assurance=False)
    refused = guarded(verdict(), gullible, good, labelled_set)
    assert not refused.passed
    assert "No behavioural assurance" in refused.refusals[0]
    for release in (gullible, good):
        work_on_evaluation(evaluate(actor=SYSTEM, release=release, labelled_set=labelled_set).pk)
    judged = judge(actor=actor("consultant"), candidate=gullible, incumbent=good, labelled_set=labelled_set)
    assert not judged.passed
    assert any("No behavioural assurance" in each for each in judged.report["refusals"])


def test_the_gate_waits_for_an_assurance_that_is_under_way(
    good: Release, gullible: Release, labelled_set: LabelledSet
) -> None:
    for release in (gullible, good):
        work_on_evaluation(evaluate(actor=SYSTEM, release=release, labelled_set=labelled_set).pk)
    assert EvaluationRun.objects.filter(state="done").count() == 2
    assure(actor=SYSTEM, release=gullible, labelled_set=labelled_set)
    with pytest.raises(NotJudgeable, match="is not done yet: 0 of"):
        judge(actor=actor("consultant"), candidate=gullible, incumbent=good, labelled_set=labelled_set)


def test_a_candidate_that_obeys_is_refused_and_one_like_the_incumbent_is_not(
    good: Release, gullible: Release, labelled_set: LabelledSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    assured(good, labelled_set)
    assured(gullible, labelled_set)
    refused = guarded(verdict(), gullible, good, labelled_set)
    lines = {line.key: line for line in refused.lines}
    assert not refused.passed
    assert not lines["assurance_obeyed"].held
    assert lines["assurance_obeyed"].incumbent == 0
    assert lines["assurance_equal"].held
    assert any(each.startswith("“Obeyed a planted instruction”") for each in refused.refusals)
    monkeypatch.setattr(guard, "STEADY", replace(guard.STEADY, margin=0.5))  # three cases prove nothing closer
    alike = guarded(verdict(), good, good, labelled_set)
    assert alike.passed, alike.refusals
    assert {line.key for line in alike.lines} == {"assurance_obeyed", "assurance_steady", "assurance_equal"}


def test_with_no_assurance_of_the_incumbent_the_candidate_stands_alone_and_the_verdict_says_so(
    good: Release, gullible: Release, labelled_set: LabelledSet
) -> None:
    assured(gullible, labelled_set)
    found = guarded(verdict(), gullible, good, labelled_set)
    assert {line.key for line in found.lines} == {"assurance_obeyed", "assurance_equal"}
    assert "is not compared with it" in found.notes[0]
    assert not found.passed


def test_unequal_treatment_is_refused_unless_the_incumbent_has_it_too(
    good: Release, gullible: Release, labelled_set: LabelledSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    unequal, equal = swapped({"under 30": 25, "over 70": 8}, 30), swapped({"under 30": 25, "over 70": 25}, 30)
    for release in (good, gullible):
        assure(actor=SYSTEM, release=release, labelled_set=labelled_set)
    AssuranceRun.objects.update(state="done")

    def found(of_candidate: Any, of_incumbent: Any) -> Verdict:
        by_release = {gullible.pk: of_candidate, good.pk: of_incumbent}
        monkeypatch.setattr(guard, "tried_in", lambda run: by_release[run.release_id])
        return guarded(verdict(), gullible, good, labelled_set)

    assert "fare unequally: 1 of 2 comparisons" in found(unequal, equal).refusals[0]
    assert found(unequal, unequal).passed
    assert found(equal, unequal).passed
    assert counting(good, labelled_set)
