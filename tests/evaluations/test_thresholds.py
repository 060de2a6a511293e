"""A release's thresholds are judged by held-out answers, and new ones are a candidate that differs in nothing else."""

import json

import pytest

from apps.audit.models import Entry
from apps.evaluations.held_out import answers_of
from apps.evaluations.risk import Promise
from apps.evaluations.services import train_classifiers
from apps.evaluations.thresholds import CannotStudy, Counted, NothingToPropose, propose_thresholds, study
from apps.inference import artefacts
from apps.tenants.actors import SYSTEM
from apps.workflows.releases import manifest_of
from apps.workflows.services import create_release
from tests.cases.world import shop_system, workflow
from tests.evaluations.held_out_world import labelled_set, measured_release
from tests.local_models import local_encoder

__all__ = ["shop_system", "workflow"]

FIVE_IN_A_HUNDRED = Promise(risk=0.05, confidence=0.95)
TEN_IN_A_HUNDRED = Promise(risk=0.10, confidence=0.95)
WRONG_BELOW = {"refund": 0.6, "return": 0.6}


@pytest.fixture
def release(workflow):
    """144 trainable cases of refunds, where errors begin below 0.6, and 24 of returns."""
    return measured_release(workflow, labelled_set(workflow, 180, 30, by_rule=10), wrong_below=WRONG_BELOW)


def test_the_study_counts_what_the_classifier_decides_in_the_automatic_lane(release):
    found = study(release, FIVE_IN_A_HUNDRED)
    assert found.cases == found.asked + found.by_rule.taken
    assert {each.slug: each.finding.cases for each in found.types} == {"refund": 144, "return": 24}
    assert found.by_rule.wrong == 0 < found.by_rule.taken
    assert found.now.taken == sum(each.now.taken for each in found.types)
    assert found.now == Counted(found.now.taken, 0), "nothing wrong lies above 0.9"


def test_types_in_other_lanes_do_not_count(workflow):
    made = measured_release(workflow, labelled_set(workflow, 100, 100), wrong_below=WRONG_BELOW)
    drafted = manifest_of(workflow.production)  # its taxonomy drafts returns
    manifest = manifest_of(made).model_copy(
        update={"taxonomy": drafted.taxonomy, "taxonomy_version": drafted.taxonomy_version}
    )
    found = study(create_release(actor=SYSTEM, workflow=workflow, manifest=manifest), FIVE_IN_A_HUNDRED)
    assert [each.slug for each in found.types] == ["refund"]
    assert found.asked == 80


def test_a_proposed_threshold_is_a_candidate_that_differs_in_nothing_else(release, consultant):
    found = study(release, FIVE_IN_A_HUNDRED)
    candidate = propose_thresholds(actor=consultant.actor, release=release, promise=FIVE_IN_A_HUNDRED, scope="overall")
    before, after = manifest_of(release), manifest_of(candidate)
    assert after.intake.high == f"{found.finding.threshold:.6f}" != before.intake.high
    unchanged = {"high": before.intake.high, "medium": before.intake.medium}
    assert after.model_copy(update={"intake": after.intake.model_copy(update=unchanged)}) == before
    assert study(candidate, FIVE_IN_A_HUNDRED).now.taken == found.finding.chosen.taken
    assert candidate.workflow.production_id not in (candidate.pk, release.pk)


def test_each_type_may_have_its_own_and_one_that_cannot_vouch_for_it_goes_to_people(release, consultant):
    candidate = propose_thresholds(actor=consultant.actor, release=release, promise=TEN_IN_A_HUNDRED, scope="per_type")
    intake = manifest_of(candidate).intake
    assert intake.high == manifest_of(release).intake.high
    assert intake.per_type["return"].high == "1.000000", "24 cases are too few"
    assert 0.5 < float(intake.per_type["refund"].high) < 0.9
    found = study(candidate, TEN_IN_A_HUNDRED)
    assert found.now == found.per_type


def test_what_the_cases_cannot_support_is_not_proposed(release, consultant):
    strict = Promise(risk=0.005, confidence=0.95)
    assert study(release, strict).finding.chosen is None
    for scope in ("overall", "per_type"):
        with pytest.raises(NothingToPropose, match="do not support"):
            propose_thresholds(actor=consultant.actor, release=release, promise=strict, scope=scope)


def test_the_thresholds_that_a_release_has_are_not_proposed_again(release, consultant):
    candidate = propose_thresholds(actor=consultant.actor, release=release, promise=FIVE_IN_A_HUNDRED, scope="overall")
    with pytest.raises(NothingToPropose, match="has already"):
        propose_thresholds(actor=consultant.actor, release=candidate, promise=FIVE_IN_A_HUNDRED, scope="overall")


def test_the_proposal_is_recorded_with_its_evidence(release, consultant):
    candidate = propose_thresholds(actor=consultant.actor, release=release, promise=FIVE_IN_A_HUNDRED, scope="overall")
    entry = Entry.objects.get(action="thresholds.proposed")
    said = study(release, FIVE_IN_A_HUNDRED)
    after = json.loads(bytes(entry.bytes))["after"]
    assert (entry.actor, entry.object) == (f"person:{consultant.actor.id}", f"release:{candidate.pk}")
    assert (after["risk"], after["wrong"]) == ("0.05", said.finding.chosen.wrong)
    assert after["labelled_set"] == said.labelled_set.sha256


def test_without_a_classifier_or_its_answers_there_is_nothing_to_judge_by(workflow):
    with pytest.raises(CannotStudy, match="no classifier"):
        study(workflow.production, FIVE_IN_A_HUNDRED)


def test_training_keeps_the_answers_and_no_holdout_case_is_among_them(workflow):
    kept = labelled_set(workflow, 30, 30)
    trained = train_classifiers(actor=SYSTEM, labelled_set=kept, encoder=local_encoder())
    answers = answers_of(trained["case_type"].sha256)
    assert answers.labelled_set == kept.sha256
    trainable = kept.cases.exclude(split="holdout").values_list("external_id", flat=True)
    assert sorted(each.external_id for each in answers.answers) == sorted(trainable)
    entries = [json.loads(bytes(each.bytes)) for each in Entry.objects.filter(action="classifier.trained")]
    assert [artefacts.load(entry["after"]["answers"])[:11] for entry in entries] == [b'{"format":1'] * 3
