"""A retraining from its reason to the owner's decision, resumed wherever a worker dies; and the way back."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.audit.models import Entry
from apps.evaluations import retraining, runs
from apps.evaluations.decision_steps import take_step
from apps.evaluations.drift_models import DriftReport
from apps.evaluations.held_out import Answer
from apps.evaluations.incumbents import go_back, previous_incumbent
from apps.evaluations.labelled_sets import current_frozen
from apps.evaluations.lifecycle import NotDecided, accept, consider, decline, retrain, start, try_again, waiting, work
from apps.evaluations.lifecycle_models import DecisionRecord, DecisionStep
from apps.evaluations.models import AssuranceRun, EvaluationRun, GateVerdict
from apps.evaluations.services import train_classifiers
from apps.evaluations.tasks import advance_decision, sweep_decisions
from apps.tenants.actors import SYSTEM
from apps.workflows import moves
from apps.workflows.models import Notice, Release, Workflow
from apps.workflows.releases import manifest_of
from apps.workflows.services import point_production
from apps.workflows.traffic import current_plan, slice_of
from tests.cases.world import shop_system, workflow  # noqa: F401
from tests.charters import actor, sign, warrant
from tests.evaluations.small_set import release_with, release_with_rules, small_set
from tests.local_models import local_encoder

OWNER = "decision_owner"


def promoted(workflow: Workflow, release: Release) -> Workflow:  # noqa: F811
    """The workflow with the release in production, after its first one."""
    point_production(actor=actor(OWNER), workflow=workflow, release=release, reason="Try it.", warrant=warrant(release))
    return Workflow.objects.select_related("production").get(pk=workflow.pk)


@pytest.fixture
def without_rules(workflow: Workflow) -> Workflow:  # noqa: F811
    """A workflow whose incumbent knows no case type, so that any classifier beats it; and its labels."""
    made = promoted(workflow, release_with_rules(workflow, [], note="Knows nothing."))
    small_set(made)
    return made


@pytest.fixture
def short_shadow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retraining, "SHADOW_LONGEST", timedelta())


def later() -> None:
    """All leases have ended."""
    DecisionRecord.objects.update(lease_until=timezone.now() - timedelta(seconds=1))


def driven(decision: DecisionRecord) -> DecisionRecord:
    """Worked on until the machine has nothing left to do, with the evaluations that it asks for."""
    for _ in range(12):
        work(decision.pk)
        for run in runs.waiting():
            runs.work(run)
        later()
        decision.refresh_from_db()
        if decision.resting:
            break
    return decision


def asked(workflow: Workflow) -> DecisionRecord:  # noqa: F811
    return retrain(actor=actor("consultant"), workflow=workflow, why="Customers ask for other things than in May.")


def test_whoever_asked_for_a_retraining_does_not_accept_what_came_of_it(without_rules, short_shadow):
    why = "Customers ask for other things than in May."
    decision = driven(retrain(actor=actor(OWNER), workflow=without_rules, why=why))
    assert decision.stage == "proposed"
    with pytest.raises(NotDecided, match="You asked for the retraining"):
        accept(actor=actor(OWNER), decision=decision, reason="It is mine.")
    assert slice_of(current_plan(without_rules)) is None


def test_a_retraining_goes_from_its_reason_to_a_proposal_and_then_to_a_slice(without_rules, short_shadow):
    decision = driven(asked(without_rules))
    assert (decision.stage, decision.problem) == ("proposed", "")
    candidate = decision.candidate
    assert candidate
    assert manifest_of(candidate).intake.classifiers.keys() == {"case_type", "urgency", "sentiment"}
    assert decision.verdict.passed
    assert "Customers ask for other things" in candidate.note
    assert [step.stage for step in decision.steps.all()] == [
        "asked", "train", "validate", "compose", "measure", "judge", "shadow",
    ]  # fmt: skip
    assert all(step.what and step.done_name for step in decision.steps.all())

    accept(actor=actor(OWNER), decision=decision, reason="It reads them better.")
    share = slice_of(current_plan(without_rules))
    assert (share.release, share.percent) == (candidate.pk, 10)
    assert candidate.warrants.get().evidence["decision"] == str(decision.pk)
    decision.refresh_from_db()
    assert (decision.stage, decision.done, decision.total) == ("accepted", 8, 8)
    last = decision.steps.last()
    assert (last.why, last.done_name) == ("It reads them better.", actor(OWNER).name)
    assert Entry.objects.filter(action__startswith="decision.").count() == 8


def test_a_worker_that_dies_at_any_stage_is_followed_by_one_that_does_no_stage_twice(
    without_rules, short_shadow, monkeypatch
):
    decision, died = asked(without_rules), []
    really = take_step

    def die_once(decided: DecisionRecord, **step: Any) -> bool:
        if decided.stage not in died:
            died.append(decided.stage)
            raise SystemExit
        return really(decided, **step)

    monkeypatch.setattr(retraining, "take_step", die_once)
    for _ in range(20):
        try:
            driven(decision)
        except SystemExit:
            later()
    decision.refresh_from_db()
    assert died == ["train", "validate", "compose", "measure", "judge", "shadow"]
    assert decision.stage == "proposed"
    assert DecisionStep.objects.count() == 7
    assert GateVerdict.objects.filter(candidate=decision.candidate).count() == 1
    assert without_rules.releases.filter(note__startswith="Retrained").count() == 1
    assert without_rules.plans.filter(move="shadow").count() == 1


def test_while_a_worker_holds_it_no_other_one_works_on_it(without_rules, monkeypatch):
    decision = asked(without_rules)

    def die(_: DecisionRecord) -> bool:
        raise SystemExit

    monkeypatch.setitem(retraining.STAGES, "train", die)
    with pytest.raises(SystemExit):
        work(decision.pk)
    assert waiting() == []
    assert work(decision.pk)
    assert decision.steps.count() == 1


def test_the_same_labels_teach_nothing_new_and_the_record_says_what_would(without_rules):
    labelled_set = current_frozen(without_rules)
    assert labelled_set
    trained = train_classifiers(actor=SYSTEM, labelled_set=labelled_set, encoder=local_encoder())
    classifiers = {tag: artefact.sha256 for tag, artefact in trained.items()}
    again = promoted(without_rules, release_with(without_rules, intake={"classifiers": classifiers}))
    decision = driven(asked(again))
    assert decision.stage == "ended"
    assert "Label recent cases" in decision.steps.last().why
    assert decision.candidate is None


def test_what_the_gate_refuses_ends_there_and_takes_no_traffic(workflow):  # noqa: F811
    small_set(workflow)
    decision = driven(asked(workflow))
    assert decision.stage == "ended"
    assert not decision.verdict.passed
    assert decision.steps.last().what == decision.verdict.sentence
    assert slice_of(current_plan(workflow)) is None
    assert not current_plan(workflow).shares


def test_a_classifier_that_is_worse_on_what_neither_had_seen_ends_at_validation(without_rules, monkeypatch):
    decision = asked(without_rules)
    DecisionRecord.objects.update(stage="validate", report={"classifiers": {"case_type": "new"}})
    answers = {
        name: tuple(
            Answer(external_id=str(n), truth="a", label=label(n), probability=0.9, in_scope=True) for n in range(60)
        )
        for name, label in (("new", lambda n: "a" if n % 4 else "b"), ("", lambda _: "a"))
    }
    monkeypatch.setattr(retraining, "_answers", answers.__getitem__)
    assert driven(decision).stage == "ended"
    step = decision.steps.last()
    assert "worse" in step.what
    assert step.evidence["Changed"].startswith("0 better, 15 worse")


def test_another_release_in_production_ends_it(without_rules):
    decision = asked(without_rules)
    promoted(without_rules, release_with(without_rules, intake={"high": "0.7"}))
    assert driven(decision).stage == "ended"
    assert "Another release went into production" in decision.steps.last().what


def test_what_fails_is_tried_again_then_given_up_and_a_person_may_try_anew(without_rules, monkeypatch):
    decision = asked(without_rules)

    def fail(_: DecisionRecord) -> bool:
        raise retraining.NotDone("The encoder is gone.")

    train = retraining.STAGES["train"]
    monkeypatch.setitem(retraining.STAGES, "train", fail)
    assert driven(decision).state == "failed"
    assert decision.problem == "NotDone: The encoder is gone."
    assert decision.open
    with pytest.raises(NotDecided, match="open already"):
        asked(without_rules)
    monkeypatch.setitem(retraining.STAGES, "train", train)
    try_again(actor=actor("consultant"), decision=decision)
    assert driven(decision).candidate is not None
    with pytest.raises(NotDecided, match="not given up"):
        try_again(actor=actor("consultant"), decision=decision)


def test_a_cancelled_evaluation_fails_the_measuring_and_trying_again_asks_for_it_anew(without_rules, short_shadow):
    decision = asked(without_rules)
    work(decision.pk)
    decision.refresh_from_db()
    assert decision.stage == "measure"
    for run in EvaluationRun.objects.filter(state="queued"):
        runs.cancel(actor=actor("consultant"), run=run)
    later()
    assert driven(decision).state == "failed"
    try_again(actor=actor("consultant"), decision=decision)
    assert driven(decision).stage == "proposed"


def test_where_the_charter_wants_it_both_releases_are_assured_before_the_gate(without_rules):
    sign(without_rules, without_rules.production, without_assurance=False)
    decision = asked(without_rules)
    work(decision.pk)
    for run in runs.waiting():
        runs.work(run)
    later()
    work(decision.pk)
    decision.refresh_from_db()
    assert decision.stage == "measure", "it waits for what is being tried"
    asked_for = AssuranceRun.objects.filter(state="queued")
    assert {run.release_id for run in asked_for} == {decision.incumbent_id, decision.candidate_id}
    asked_for.update(state="done")
    assert retraining.measure(decision)
    evidence = decision.steps.last().evidence
    assert [name.split()[0] for name in sorted(evidence)] == ["Assurance", "Assurance", "Evaluation", "Evaluation"]


def test_the_shadow_waits_for_finished_cases(without_rules):
    decision = driven(asked(without_rules))
    assert (decision.stage, decision.state) == ("shadow", "running")
    assert waiting() == [decision.pk]
    decline(actor=actor("consultant"), decision=decision, reason="We label more first.")
    assert not current_plan(without_rules).shares
    decision.refresh_from_db()
    assert (decision.stage, decision.state) == ("declined", "done")


def drifted(workflow: Workflow, *, drifted: bool = True) -> DriftReport:  # noqa: F811
    assert workflow.production
    measure = {"title": "Case types", "excess": 0.5, "limit": 0.2, "n": 90, "state": "drift"}
    return DriftReport.objects.create(
        workflow=workflow,
        release=workflow.production,
        day=timezone.now().date(),
        total=90,
        state="done",
        drifted=drifted,
        report={"sentence": "Drifted: case types by 0.50.", "measures": [measure]},
    )


def test_drift_suggests_a_retraining_once_and_a_person_starts_it(without_rules):
    report = drifted(without_rules)
    consider()
    consider()
    decision = DecisionRecord.objects.get()
    assert (decision.stage, decision.state, decision.drift, decision.why) == (
        "suggested", "done", report, "Drifted: case types by 0.50.",
    )  # fmt: skip
    assert decision.steps.get().evidence["Case types"] == "0.5 beyond chance, limit 0.2, n = 90"
    work(decision.pk)
    assert decision.steps.count() == 1, "nothing is trained before a person says so"
    start(actor=actor("consultant"), decision=decision)
    assert (decision.stage, decision.state) == ("train", "queued")
    with pytest.raises(NotDecided, match="started already"):
        start(actor=actor("consultant"), decision=decision)


def test_where_the_charter_allows_it_drift_starts_the_retraining_by_itself(without_rules):
    sign(without_rules, without_rules.production, automatic_retraining=True)
    drifted(without_rules)
    sweep_decisions("t_northgate")
    decision = DecisionRecord.objects.get()
    assert (decision.stage, decision.state, decision.created_name) == ("train", "queued", "Thinslice")
    advance_decision("t_northgate", str(decision.pk))
    decision.refresh_from_db()
    assert decision.stage == "measure"


def test_no_drift_suggests_nothing_and_what_was_tried_on_the_same_labels_is_not_suggested_again(without_rules):
    report = drifted(without_rules, drifted=False)
    consider()
    assert not DecisionRecord.objects.exists()
    decline(actor=actor("consultant"), decision=asked(without_rules), reason="Not now.")
    report.drifted = True
    report.save(update_fields=["drifted"])
    consider()
    assert DecisionRecord.objects.count() == 1


def breached(workflow: Workflow) -> Notice:  # noqa: F811
    assert workflow.production
    return moves.tell_owner(
        actor=SYSTEM,
        workflow=workflow,
        kind=Notice.Kind.BREACH,
        release=workflow.production,
        text="Rejected by reviewers: 30.0 % in 60 cases, and the limit is 6.0 %.",
        evidence={"metric": "rejection", "n": 60},
    )


def test_a_breach_in_production_proposes_the_way_back_and_the_owner_takes_it(workflow):  # noqa: F811
    before = workflow.production
    after = promoted(workflow, release_with(workflow, intake={"high": "0.7"}))
    breached(after)
    consider()
    consider()
    decision = DecisionRecord.objects.get()
    assert (decision.kind, decision.stage, decision.candidate) == ("rollback", "proposed", before)
    assert decision.steps.get().evidence["N"] == "60"
    with pytest.raises(NotDecided, match="decision owner"):
        accept(actor=actor("consultant"), decision=decision, reason="Quick.")
    with pytest.raises(NotDecided, match="Say why"):
        accept(actor=actor(OWNER), decision=decision, reason=" ")
    accept(actor=actor(OWNER), decision=decision, reason="Reviewers reject a third.")
    workflow.refresh_from_db()
    assert workflow.production_id == before.pk
    assert decision.stage == "accepted"


def test_where_the_product_went_back_by_itself_the_record_is_written_all_the_same(workflow):  # noqa: F811
    after = promoted(workflow, release_with(workflow, intake={"high": "0.7"}))
    breached(after)
    before = previous_incumbent(after)
    assert before
    go_back(actor=SYSTEM, workflow=after, to=before, reason="The charter has it so.")
    consider()
    decision = DecisionRecord.objects.get()
    assert (decision.stage, decision.steps.last().done_name) == ("accepted", "Thinslice")


def test_a_breach_of_a_slice_and_one_with_nothing_before_it_propose_no_way_back(workflow):  # noqa: F811
    breached(workflow)
    consider()
    other = release_with(workflow, intake={"high": "0.7"})
    moves.tell_owner(actor=SYSTEM, workflow=workflow, kind=Notice.Kind.BREACH, release=other, text="A slice did.")
    consider()
    assert not DecisionRecord.objects.exists()


@pytest.mark.parametrize(
    ("deed", "told"),
    [
        (lambda made: retrain(actor=actor("consultant"), workflow=made, why=" "), "Say why"),
        (lambda made: retrain(actor=actor("consultant"), workflow=made, why="Now."), "No labelled set is signed"),
    ],
)
def test_a_retraining_needs_a_reason_and_signed_labels(
    workflow,  # noqa: F811
    deed: Callable[[Workflow], object],
    told: str,
):
    if told == "Say why":
        small_set(workflow, 40)
    with pytest.raises(NotDecided, match=told):
        deed(workflow)
