"""Rules and fields read the text the same way every time."""

from apps.taxonomies.content import Taxonomy
from apps.taxonomies.rules import extract_fields, match_case_type, match_level
from tests.taxonomies.test_content import content

TAXONOMY = Taxonomy.model_validate(
    content(
        fields=[{"name": "order_number", "title": "Order", "pattern": r"\b88-\d{5}\b"}],
        rules=[
            {"id": "spam", "case_type": "out_of_scope", "any": ["(?i)casino"], "why": "Advertises a casino."},
            {"id": "return-label", "case_type": "return", "any": ["(?i)return label"], "why": "Asks for a label."},
        ],
        urgency=[{"level": "high", "any": ["(?i)tomorrow"], "why": "Names tomorrow."}],
    )
)


def test_the_first_rule_decides_and_others_that_match_are_named() -> None:
    match = match_case_type(TAXONOMY, "Casino wins, and a return label please")
    assert match is not None
    assert (match.rule, match.case_type, match.also) == ("spam", "out_of_scope", ("return",))
    assert match.why == "Advertises a casino."


def test_no_rule_matches_most_texts() -> None:
    assert match_case_type(TAXONOMY, "where is my parcel") is None


def test_levels_default_to_the_middle() -> None:
    found = match_level(TAXONOMY.urgency, "I leave TOMORROW")
    assert found is not None
    assert found.level == "high"
    assert match_level(TAXONOMY.urgency, "no hurry") is None


def test_a_field_named_twice_is_found_once_and_stands_alone() -> None:
    text = "Order 88-20417, again 88-20417"
    (match,) = extract_fields(TAXONOMY, text)
    assert (match.value, text[match.start : match.end], match.alone) == ("88-20417", "88-20417", True)


def test_two_different_values_are_both_found_and_neither_stands_alone() -> None:
    matches = extract_fields(TAXONOMY, "88-20417 or 88-20418")
    assert [(match.value, match.alone) for match in matches] == [("88-20417", False), ("88-20418", False)]
