import pytest

from apps.cases.layers.types import Citation, Claim
from apps.reviews.regrounding import reground
from apps.reviews.services import Refused, approve, reject
from tests.factories import PASSAGES, context, waiting_case

CLAIM = Claim(
    text="Items with a manufacturing defect are refunded in full.",
    kind="statement",
    citations=(Citation(passage="p2", quote="Items with a manufacturing defect are refunded in full."),),
    grounded=True,
)


def test_other_words_for_the_same_keep_their_source():
    claim = reground(CLAIM, "An item with a manufacturing defect is refunded in full.", context())
    assert claim.grounded
    assert claim.citations == CLAIM.citations


def test_what_another_passage_says_gets_that_passage_as_its_source():
    claim = reground(CLAIM, PASSAGES[2].text, context())
    assert claim.grounded
    assert claim.citations[0].passage == "p3"


def test_what_no_passage_says_keeps_the_words_and_says_what_is_missing():
    claim = reground(CLAIM, "You will also receive a voucher.", context())
    assert not claim.grounded
    assert "voucher" in claim.problem


def test_a_number_that_stands_nowhere_is_named():
    assert "45" in reground(CLAIM, "Items with a manufacturing defect are refunded in 45 days.", context()).problem


def test_a_courtesy_stays_one_and_must_not_state_numbers():
    courtesy = Claim(text="Thank you.", kind="courtesy", grounded=True)
    assert reground(courtesy, "Thank you, Dana.", context()).grounded
    assert not reground(courtesy, "You get 20 EUR.", context()).grounded


def test_without_a_context_nothing_can_be_verified():
    assert not reground(CLAIM, "Anything at all that one may say.", None).grounded


def test_a_reworded_sentence_is_stored_with_the_source_that_was_found_for_it(operator):
    case = waiting_case()
    decision = approve(
        actor=operator.actor, case_id=case.pk, revision=1, edits={3: PASSAGES[2].text}, reason_code="wrong_source"
    )
    assert decision.claims[3]["grounded"]
    assert decision.claims[3]["citations"][0]["passage"] == "p3"


@pytest.mark.parametrize("reason", ["other", "policy_exception"])
def test_a_reason_that_says_little_asks_for_a_note(operator, reason):
    case = waiting_case()
    with pytest.raises(Refused, match="Write a note that says why"):
        reject(actor=operator.actor, case_id=case.pk, revision=1, reason_code=reason)
    with pytest.raises(Refused, match="Write a note that says why"):
        approve(actor=operator.actor, case_id=case.pk, revision=1, edits={0: "Hello,"}, reason_code=reason)
    assert reject(actor=operator.actor, case_id=case.pk, revision=1, reason_code=reason, rationale="Worn.").rationale


def test_a_decision_that_weighs_heavily_asks_for_a_note(operator):
    case = waiting_case()
    case.impact = "high"
    case.save()
    with pytest.raises(Refused, match="weighs heavily"):
        reject(actor=operator.actor, case_id=case.pk, revision=1, reason_code="tone")
