"""The review gate: the first rule that holds decides, and doubt always leads to a person."""

from decimal import Decimal

import pytest

from apps.cases.layers import review
from apps.cases.layers.types import (
    ActionResult,
    Claim,
    ContextResult,
    Decision,
    IntakeResult,
    PlannedEffect,
    Release,
    Tag,
    Thresholds,
)
from apps.taxonomies.content import Taxonomy
from tests.cases.world import TAXONOMY

RELEASE = Release(
    fingerprint="f" * 64, workflow="shop", taxonomy=Taxonomy.model_validate(TAXONOMY),
    thresholds=Thresholds(high=0.9, medium=0.5), classifier="", routes={"action": "local:extractive"},
    grants=frozenset({"shop.refund"}), amount_limit=Decimal(100), snapshot="1", passages_wanted=8,
)  # fmt: skip
GROUNDED = Claim(text="You have 30 days.", kind="statement", grounded=True)
UNGROUNDED = Claim(text="You have 90 days.", kind="statement", grounded=False, problem="It has no source.")


def intake(case_type: str = "refund", *, band: str = "high", confidence: float = 0.97) -> IntakeResult:
    normal = Tag(value="normal", confidence=1, band="high", decided_by="default", why="")
    kind = Tag(value=case_type, confidence=confidence, band=band, decided_by="classifier", why="")
    return IntakeResult(case_type=kind, urgency=normal, sentiment=normal, fields=(), alternatives=(), classifier="")


def context(doubt: str = "") -> ContextResult:
    return ContextResult(passages=(), withheld=(), facts=(), doubt=doubt, snapshot="1", reranker="maxsim")


def proposal(**changes: object) -> ActionResult:
    usual = {
        "claims": (GROUNDED,),
        "decision": Decision(slug="refund", title="Refund", impact="low", why=""),
        "effects": (),
        "reasoning": "",
        "drafter": "local:extractive",
        "prompt": "",
        "confidence": 1.0,
    }
    return ActionResult.model_validate(usual | changes)


def effect(amount: str) -> PlannedEffect:
    return PlannedEffect(
        system="shop", operation="refund", params={}, object="order:1", summary="Refund", amount=Decimal(amount)
    )


def test_a_sure_grounded_proposal_of_low_impact_in_the_automatic_lane_goes_out_by_itself():
    assert review.run(RELEASE, intake(), context(), proposal()).route == "automatic"


@pytest.mark.parametrize(
    ("tags", "found", "proposed", "route", "rule"),
    [
        (intake("complaint", confidence=1.0), context(), proposal(), "reserved", "reserved_lane"),
        (intake(band="low", confidence=0.3), context(), proposal(), "queue", "low_confidence"),
        (intake("unclassified", band="low"), context(), proposal(), "queue", "low_confidence"),
        (intake("out_of_scope"), context(), proposal(decision=None), "queue", "out_of_scope"),
        (intake(), context("Whose order?"), proposal(), "queue", "doubt"),
        (intake(), context(), proposal(claims=(GROUNDED, UNGROUNDED)),
         "queue", "ungrounded"),
        (intake(), context(), proposal(claims=()), "queue", "nothing_to_say"),
        (intake(), context(), proposal(decision=Decision(slug="deny", title="Deny", impact="high", why="")),
         "reserved", "high_impact"),
        (intake(), context(), proposal(effects=(effect("100.01"),)), "queue", "amount"),
        (intake(), context(), proposal(confidence=0.4), "queue", "unsure_draft"),
        (intake(), context(), proposal(dissent="explain"), "queue", "dissent"),
        (intake("return"), context(), proposal(), "queue", "drafted_lane"),
        (intake(band="medium", confidence=0.7), context(), proposal(), "queue", "medium_confidence"),
    ],
)  # fmt: skip
def test_every_doubt_leads_to_a_person_and_says_why(tags, found, proposed, route, rule):
    gate = review.run(RELEASE, tags, found, proposed)
    assert (gate.route, gate.rule) == (route, rule)
    assert gate.reason.endswith((".", "?"))


def test_an_amount_at_the_limit_is_within_it():
    assert review.run(RELEASE, intake(), context(), proposal(effects=(effect("100.00"),))).route == "automatic"


def test_no_confidence_leads_out_of_the_reserved_lane():
    gate = review.run(RELEASE, intake("complaint", confidence=1.0), context(), proposal(confidence=1.0))
    assert (gate.route, gate.lane) == ("reserved", "reserved")


def unsure(**alternatives: float) -> IntakeResult:
    return intake(band="medium", confidence=0.6).model_copy(update={"alternatives": tuple(alternatives.items())})


def test_while_intake_is_not_sure_the_strictest_lane_of_the_likely_types_counts():
    gate = review.run(RELEASE, unsure(complaint=0.25), context(), proposal())
    assert (gate.lane, gate.route) == ("reserved", "reserved")
    assert gate.reason.startswith("It may be “Complaint”")
    assert review.run(RELEASE, unsure(**{"return": 0.25}), context(), proposal()).lane == "drafted"
    assert review.run(RELEASE, unsure(complaint=0.05), context(), proposal()).lane == "automatic"


def test_once_intake_is_sure_no_other_type_has_a_say():
    sure = intake().model_copy(update={"alternatives": (("complaint", 0.3),)})
    assert review.run(RELEASE, sure, context(), proposal()).lane == "automatic"
