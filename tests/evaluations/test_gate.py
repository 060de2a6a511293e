"""The gate on real evaluations, and what a verdict is good for: traffic by two people, or nothing."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from apps.audit.models import Entry
from apps.evaluations.gate import (
    AUTOMATIC_RIGHT,
    RIGHT,
    NotJudgeable,
    judge,
    primary_of,
    standing_override,
)
from apps.evaluations.labelled_sets import cases_in
from apps.evaluations.looks import look
from apps.evaluations.models import GateVerdict, LabelledSet, Override
from apps.evaluations.promotion import (
    NotPromoted,
    approve,
    approve_override,
    promote,
    propose_override,
    why_not,
    withdraw_override,
)
from apps.evaluations.runs import evaluate, work
from apps.tenants.actors import SYSTEM
from apps.workflows.models import Notice, Release, Warrant, Workflow
from apps.workflows.moves import tell_owner
from apps.workflows.releases import manifest_of
from apps.workflows.services import point_production
from apps.workflows.warrants import NotWarranted
from tests.cases.world import TAXONOMY, shop_system, workflow  # noqa: F401
from tests.charters import actor, sign, warrant
from tests.evaluations.small_set import release_with, release_with_rules, small_set

RULES: list[dict[str, Any]] = TAXONOMY["rules"]  # type: ignore[assignment]


@pytest.fixture
def labelled_set(workflow: Workflow) -> LabelledSet:  # noqa: F811
    return small_set(workflow, 115)


@pytest.fixture
def good(workflow: Workflow) -> Release:  # noqa: F811
    assert workflow.production
    return workflow.production


@pytest.fixture
def worse(workflow: Workflow) -> Release:  # noqa: F811
    return release_with_rules(workflow, [rule for rule in RULES if rule["id"] != "return"], "It knows no returns.")


@pytest.fixture
def in_production(workflow: Workflow) -> Callable[[Release], None]:  # noqa: F811
    def point(release: Release) -> None:
        point_production(
            actor=actor("decision_owner"), workflow=workflow, release=release, reason="Set.", warrant=warrant(release)
        )

    return point


def judged(candidate: Release, incumbent: Release, labelled_set: LabelledSet, by: str = "consultant") -> GateVerdict:
    for release in (candidate, incumbent):
        work(evaluate(actor=SYSTEM, release=release, labelled_set=labelled_set).pk)
    return judge(actor=actor(by), candidate=candidate, incumbent=incumbent, labelled_set=labelled_set)


# --- verdicts ---------------------------------------------------------------------------------------------------------


def test_a_better_candidate_passes_and_the_sentence_says_by_how_much(
    good: Release, worse: Release, labelled_set: LabelledSet
) -> None:
    verdict = judged(good, worse, labelled_set)
    assert verdict.passed, verdict.report["refusals"]
    assert "“Right end to end” 100.0 % against 66.7 %" in verdict.sentence
    assert "23 better and 0 worse (exact McNemar, p < 0.001)" in verdict.sentence
    assert {each["kind"] for each in verdict.report["flipped"]} == {"better"}


def test_a_worse_candidate_is_refused_with_the_reasons(
    good: Release, worse: Release, labelled_set: LabelledSet
) -> None:
    verdict = judged(worse, good, labelled_set)
    assert not verdict.passed
    assert verdict.sentence.startswith(f"{worse.label} is refused. It does not beat the incumbent")
    assert any("Case type right" in reason for reason in verdict.report["refusals"])
    assert len(verdict.report["flipped"]) == 23


def test_a_candidate_that_is_the_same_is_refused(good: Release, labelled_set: LabelledSet) -> None:
    same = release_with(labelled_set.workflow, action={"amount_limit": "101"})
    assert not judged(same, good, labelled_set).passed


def test_a_set_without_cases_of_a_type_and_one_that_is_too_small_refuse(workflow: Workflow, worse: Release) -> None:  # noqa: F811
    assert workflow.production
    verdict = judged(workflow.production, worse, small_set(workflow, 5))
    assert [reason[:21] for reason in verdict.report["refusals"][:2]] == [
        "The set is too small:",
        "The set has fewer tha",
    ]


def test_a_set_whose_cases_were_looked_at_is_worn_out(good: Release, worse: Release, labelled_set: LabelledSet) -> None:
    for case in cases_in(labelled_set, "holdout")[:35]:
        look(actor=actor("consultant"), case=case)
    verdict = judged(good, worse, labelled_set)
    assert not verdict.passed
    assert "35 of its 69 cases have been looked at" in verdict.report["refusals"][0]


def test_there_is_no_verdict_before_both_are_evaluated_and_the_set_is_signed(
    good: Release, worse: Release, labelled_set: LabelledSet
) -> None:
    with pytest.raises(NotJudgeable, match="has not been evaluated"):
        judge(actor=SYSTEM, candidate=good, incumbent=worse, labelled_set=labelled_set)
    run = evaluate(actor=SYSTEM, release=good, labelled_set=labelled_set)
    with pytest.raises(NotJudgeable, match="0 of 69 cases"):
        judge(actor=SYSTEM, candidate=good, incumbent=worse, labelled_set=labelled_set)
    work(run.pk)
    with pytest.raises(NotJudgeable, match="the incumbent itself"):
        judge(actor=SYSTEM, candidate=good, incumbent=good, labelled_set=labelled_set)
    labelled_set.signed_off_at = None
    with pytest.raises(NotJudgeable, match="not signed off"):
        judge(actor=SYSTEM, candidate=good, incumbent=worse, labelled_set=labelled_set)


def test_the_primary_metric_follows_from_what_changes_unless_the_charter_names_one(
    workflow: Workflow,  # noqa: F811
    good: Release,
    worse: Release,
) -> None:
    thresholds = manifest_of(release_with(workflow, intake={"high": "0.5"}))
    assert primary_of(workflow, thresholds, manifest_of(good)) == AUTOMATIC_RIGHT
    assert primary_of(workflow, manifest_of(worse), manifest_of(good)) == RIGHT
    sign(workflow, good, primary_metric="type_accuracy")
    assert primary_of(workflow, thresholds, manifest_of(good)) == "type_accuracy"


def test_verdicts_are_written_once_and_are_in_the_log(good: Release, worse: Release, labelled_set: LabelledSet) -> None:
    verdict = judged(good, worse, labelled_set)
    with pytest.raises(DatabaseError, match=r"permission denied|written once"), transaction.atomic():
        GateVerdict.objects.filter(pk=verdict.pk).update(passed=False)
    entry = json.loads(bytes(Entry.objects.get(action="gate.judged").bytes))
    assert entry["after"]["passed"] is True
    assert entry["after"]["sentence"] == verdict.sentence


# --- from a verdict to traffic ----------------------------------------------------------------------------------------


def test_the_owner_promotes_what_passed(
    good: Release, worse: Release, labelled_set: LabelledSet, in_production: Callable[[Release], None]
) -> None:
    in_production(worse)
    verdict = judged(good, worse, labelled_set)
    given = promote(actor=actor("decision_owner"), verdict=verdict, reason="Better.")
    assert (given.kind, given.evidence["verdict"], given.proposed_name) == ("gate", str(verdict.pk), "Ines Calder")
    labelled_set.workflow.refresh_from_db()
    assert labelled_set.workflow.production == good


def test_approving_gives_a_warrant_and_moves_nothing(
    good: Release, worse: Release, labelled_set: LabelledSet, in_production: Callable[[Release], None]
) -> None:
    in_production(worse)
    verdict = judged(good, worse, labelled_set)
    owner = actor("decision_owner")
    assert approve(actor=owner, verdict=verdict, reason="Better.") == approve(actor=owner, verdict=verdict, reason="B.")
    labelled_set.workflow.refresh_from_db()
    assert labelled_set.workflow.production == worse


def test_nothing_else_is_promoted(
    good: Release, worse: Release, labelled_set: LabelledSet, in_production: Callable[[Release], None]
) -> None:
    refused = judged(worse, good, labelled_set)
    with pytest.raises(NotPromoted, match="did not pass"):
        promote(actor=actor("decision_owner"), verdict=refused, reason="All the same.")
    in_production(worse)
    passed = judged(good, worse, labelled_set)
    with pytest.raises(NotPromoted, match="Only a decision owner"):
        promote(actor=actor("consultant"), verdict=passed, reason="Mine.")
    own = judged(good, worse, labelled_set, by="decision_owner")
    with pytest.raises(NotPromoted, match="whoever proposes does not approve"):
        promote(actor=actor("decision_owner"), verdict=own, reason="Mine.")
    with pytest.raises(NotPromoted, match="newer verdict"):
        promote(actor=actor("decision_owner"), verdict=passed, reason="Old.")
    in_production(good)
    assert "in production already" in why_not(own, Workflow.objects.get(), actor("auditor"))


def test_whoever_composed_the_candidate_does_not_approve_it(
    good: Release, worse: Release, labelled_set: LabelledSet, in_production: Callable[[Release], None]
) -> None:
    in_production(worse)
    owner = actor("decision_owner")
    verdict = judged(good, worse, labelled_set)
    verdict.candidate.created_by = owner.id
    with pytest.raises(NotPromoted, match="You composed"):
        promote(actor=owner, verdict=verdict, reason="Mine.")


def test_a_verdict_against_a_release_that_has_gone_is_worth_nothing(
    good: Release, worse: Release, labelled_set: LabelledSet, in_production: Callable[[Release], None]
) -> None:
    verdict = judged(good, worse, labelled_set)
    in_production(release_with(labelled_set.workflow, intake={"high": "0.97"}))
    with pytest.raises(NotPromoted, match="Another release is in production now"):
        promote(actor=actor("decision_owner"), verdict=verdict, reason="Better.")


# --- the emergency ----------------------------------------------------------------------------------------------------


def proposed(release: Release, by: str = "compliance_officer", **changes: Any) -> Override:
    fields = {"reason": "The incumbent leaks.", "expires_at": timezone.now() + timedelta(days=2), **changes}
    return propose_override(actor=actor(by), release=release, **fields)


def test_two_people_put_a_release_into_production_without_the_gate_and_everybody_is_told(
    workflow: Workflow,  # noqa: F811
    worse: Release,
) -> None:
    approve_override(actor=actor("decision_owner"), override=proposed(worse))
    workflow.refresh_from_db()
    assert workflow.production == worse
    standing = standing_override(workflow)
    assert standing is not None
    assert (standing.proposed_name, standing.approved_name) == ("Carl Okafor", "Dora Lindqvist")
    assert Notice.objects.filter(kind="override", release=worse).exists()
    assert Entry.objects.filter(action="override.approved").exists()


def test_a_verdict_says_when_the_incumbent_is_there_by_an_override(
    good: Release, worse: Release, labelled_set: LabelledSet
) -> None:
    approve_override(actor=actor("decision_owner"), override=proposed(worse))
    assert "emergency override" in judged(good, worse, labelled_set).sentence


def test_one_person_is_not_enough(workflow: Workflow, worse: Release) -> None:  # noqa: F811
    own = proposed(worse, by="decision_owner")
    with pytest.raises(NotWarranted, match="two people"):
        approve_override(actor=actor("decision_owner"), override=own)
    with pytest.raises(NotWarranted, match="decision owner"):
        approve_override(actor=actor("senior_reviewer"), override=own)
    workflow.refresh_from_db()
    assert workflow.production != worse
    assert not Warrant.objects.filter(kind="override").exists()


@pytest.mark.parametrize(
    ("by", "changes", "words"),
    [
        ("consultant", {}, "is proposed by"),
        ("operator", {}, "is proposed by"),
        ("senior_reviewer", {"reason": " "}, "what the emergency is"),
        ("senior_reviewer", {"expires_at": timezone.now() + timedelta(days=15)}, "within 14 days"),
        ("senior_reviewer", {"expires_at": timezone.now() - timedelta(hours=1)}, "within 14 days"),
    ],
)
def test_an_override_needs_the_right_person_a_reason_and_an_end(
    worse: Release, by: str, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(NotPromoted, match=words):
        proposed(worse, by=by, **changes)


def test_an_override_is_decided_once(worse: Release) -> None:
    override = proposed(worse)
    with pytest.raises(NotPromoted, match="waits to be decided"):
        proposed(worse)
    with pytest.raises(NotPromoted, match="takes an override off"):
        withdraw_override(actor=actor("senior_reviewer"), override=override)
    withdraw_override(actor=actor("decision_owner"), override=override)
    with pytest.raises(NotPromoted, match="has decided on it already"):
        approve_override(actor=actor("decision_owner"), override=override)


def test_after_a_breach_the_same_set_proves_nothing_any_more(
    good: Release, worse: Release, labelled_set: LabelledSet, in_production: Callable[[Release], None]
) -> None:
    in_production(worse)
    breach = {"actor": SYSTEM, "workflow": labelled_set.workflow, "kind": Notice.Kind.BREACH, "release": good}
    tell_owner(**breach, text="Rejections are at 12 %.")  # type: ignore[arg-type]
    verdict = judged(good, worse, labelled_set)
    with pytest.raises(NotPromoted, match=r"breached a stop condition after Small set, version 1 was signed"):
        promote(actor=actor("decision_owner"), verdict=verdict, reason="It passes all the same.")
