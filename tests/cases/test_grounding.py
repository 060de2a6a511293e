"""What counts as grounded is decided by code, on the passages' own words."""

import pytest

from apps.cases.extractive import sentences
from apps.cases.layers.grounding import verify
from apps.cases.layers.types import Citation, Claim, Fact, Passage

TEXT = "You can return any item within **30 days** of delivery. Gold members have\n60 days."


def passage(text: str = TEXT) -> Passage:
    return Passage(
        id="returns#window", source="returns", title="Returns policy", version=1, anchor="window", heading="Window",
        text=text, sha256="", score=1.0, ranks={},
    )  # fmt: skip


def check(text: str, quote: str = "", *, kind: str = "statement", facts: tuple[Fact, ...] = ()) -> Claim:
    citations = (Citation(passage="returns#window", quote=quote),) if quote else ()
    (claim,) = verify([Claim(text=text, kind=kind, citations=citations)], [passage()], facts)
    return claim


def test_a_verbatim_sentence_is_grounded_across_line_breaks_and_emphasis():
    sentence = "You can return any item within 30 days of delivery."
    assert check(sentence, sentence).grounded
    assert check("Gold members have 60 days.", "Gold members have 60 days.").grounded


@pytest.mark.parametrize(
    ("text", "quote", "problem"),
    [
        ("You can return it.", "", "no source"),
        ("You can return it.", "You can return it within 90 days", "does not stand in"),
        ("You can return any item within 90 days of delivery.", "within 30 days of delivery", "90 is in no source"),
        ("Any item comes with a free holiday voucher.", "any item", "do not say"),
        ("You can return any item.", " ", "does not stand in"),
    ],
)
def test_what_the_source_does_not_say_is_flagged_with_the_reason(text, quote, problem):
    claim = check(text, quote)
    assert not claim.grounded
    assert problem in claim.problem


def test_a_passage_that_was_not_retrieved_grounds_nothing():
    claim = Claim(text=TEXT, kind="statement", citations=(Citation(passage="invented#one", quote=TEXT),))
    assert not verify([claim], [passage()], [])[0].grounded


def test_a_fact_may_be_restated_with_its_numbers():
    total = (Fact(name="order.total", value="129.00", system="shop"),)
    assert check("We refund 129.00 EUR.", kind="fact", facts=total).grounded
    assert not check("We refund 130.00 EUR.", kind="fact", facts=total).grounded


def test_courtesy_needs_no_source_but_may_not_smuggle_numbers():
    assert check("Thank you for writing.", kind="courtesy").grounded
    assert not check("We will pay you 500 EUR.", kind="courtesy").grounded


def test_what_a_model_says_about_its_own_grounding_counts_for_nothing():
    boast = Claim(text="We pay you 500 EUR.", kind="statement", grounded=True)
    assert not verify([boast], [passage()], [])[0].grounded


def test_the_local_drafter_takes_whole_sentences_only():
    markdown = (
        "## Heading\n\n| a | b |\n|---|---|\n\n- You can return it within 30 days.\n- fragment\n\n"
        "Call Dr. Weber first. Then wait\nfor our letter."
    )
    assert sentences(markdown) == [
        "You can return it within 30 days.",
        "Call Dr. Weber first.",
        "Then wait for our letter.",
    ]
