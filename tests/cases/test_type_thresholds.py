"""A case type may have thresholds of its own. Answers of all other types keep to the release's."""

from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from apps.cases.layers import intake, review
from apps.cases.layers.types import OUT_OF_SCOPE, CaseInput, Release, Thresholds
from tests.cases.test_review_gate import RELEASE, context, proposal
from tests.cases.test_review_gate import intake as tags

STRICT, LENIENT = Thresholds(high=0.99, medium=0.5), Thresholds(high=0.6, medium=0.4)
OWN = replace(RELEASE, per_type={"refund": STRICT, "return": LENIENT})
CASE = CaseInput(
    id="1", subject="", text="My parcel", channel="mail", language="en", region="EU", consent=True, customer=None,
    received_on=date(2026, 1, 5),
)  # fmt: skip


def band_of(release: Release, label: str, probability: float, *, in_scope: bool = True) -> str:
    said = SimpleNamespace(label=label, probability=probability, in_scope=in_scope, alternatives=())
    ports: Any = SimpleNamespace(
        classify=lambda tag, _: said if tag == "case_type" else None, ask_case_type=lambda *_: None
    )
    return intake.run(CASE, release, ports).case_type.band


@pytest.mark.parametrize(
    ("label", "probability", "usual", "own"),
    [
        ("refund", 0.95, "high", "medium"),
        ("refund", 0.99, "high", "high"),
        ("return", 0.65, "medium", "high"),
        ("return", 0.45, "low", "medium"),
        ("complaint", 0.95, "high", "high"),
        ("complaint", 0.65, "medium", "medium"),
    ],
)
def test_an_answer_is_held_against_the_thresholds_of_its_type(label, probability, usual, own):
    assert band_of(RELEASE, label, probability) == usual
    assert band_of(OWN, label, probability) == own


def test_what_looks_out_of_scope_is_never_sure_by_a_types_thresholds():
    assert band_of(OWN, "return", 0.65, in_scope=False) == "medium"
    assert band_of(OWN, OUT_OF_SCOPE, 0.95, in_scope=False) == "high"
    assert band_of(replace(OWN, per_type={OUT_OF_SCOPE: STRICT}), OUT_OF_SCOPE, 0.95, in_scope=False) == "medium"


def test_the_review_gate_tells_its_band_by_the_same_thresholds():
    sure = tags("refund", confidence=0.95)
    assert review.run(RELEASE, sure, context(), proposal()).band == "high"
    assert review.run(OWN, sure, context(), proposal()).band == "medium"
