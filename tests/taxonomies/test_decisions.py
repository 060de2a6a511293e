"""Decision tables look at trusted facts only, and at a missing one with suspicion."""

import pytest

from apps.taxonomies.content import CaseType, Condition
from apps.taxonomies.decisions import MissingFact, choose, fill, holds
from apps.taxonomies.facts import flatten

RETURN = CaseType.model_validate(
    {
        "slug": "return",
        "title": "Return",
        "description": "Something goes back.",
        "lane": "drafted",
        "sources": ["returns"],
        "opening": "Hello",
        "closing": "Bye",
        "decisions": [
            {"slug": "ask", "title": "Ask", "when": [{"fact": "order.number", "known": False}], "impact": "low"},
            {
                "slug": "label",
                "title": "Send a label",
                "when": [{"fact": "order.days", "at_most": 30}, {"fact": "order.status", "in": ["delivered", "lost"]}],
                "impact": "low",
            },
            {"slug": "refuse", "title": "Refuse", "when": [], "impact": "medium"},
        ],
    }
)


def test_the_first_row_whose_conditions_all_hold_is_taken_and_says_why() -> None:
    choice = choose(RETURN, {"order.number": "88-1", "order.days": "30", "order.status": "delivered"})
    assert choice.row.slug == "label"
    assert "order.days is 30 (asked: at most 30)" in choice.why


def test_the_last_row_says_why_no_other_applied() -> None:
    choice = choose(RETURN, {"order.number": "88-1", "order.days": "31", "order.status": "delivered"})
    assert choice.row.slug == "refuse"
    assert "order.days is 31 (asked: at most 30)" in choice.why


def test_without_facts_only_the_row_that_asks_for_them_applies() -> None:
    assert choose(RETURN, {}).row.slug == "ask"


@pytest.mark.parametrize(
    ("condition", "fact", "held"),
    [
        ({"is": "gold"}, "gold", True),
        ({"is_not": "gold"}, "basic", True),
        ({"is_not": "gold"}, None, False),
        ({"at_least": "100.50"}, "100.5", True),
        ({"at_least": 1}, "NaN", False),
        ({"at_most": 1}, "soon", False),
        ({"contains": "glass"}, "collision, glass", True),
        ({"contains": "glass"}, "fibreglass", False),
        ({"known": True}, "", True),
        ({"known": False}, None, True),
    ],
)
def test_conditions_compare_facts_as_they_say(condition: dict[str, object], fact: str | None, held: bool) -> None:
    facts = {} if fact is None else {"x.y": fact}
    assert holds(Condition.model_validate({"fact": "x.y", **condition}), facts) is held


def test_templates_are_filled_whole_or_not_at_all() -> None:
    assert fill("order {order.number}", {"order.number": "88-1"}) == "order 88-1"
    with pytest.raises(MissingFact, match=r"order\.number"):
        fill("order {order.number}", {})


def test_records_become_flat_text_facts() -> None:
    record = {
        "total": "129.00",
        "returned": False,
        "carrier": None,
        "coverages": ["glass", "theft"],
        "customer": {"id": 7},
    }
    assert flatten(record, "order") == {
        "order.total": "129.00",
        "order.returned": "false",
        "order.coverages": "glass, theft",
        "order.customer.id": "7",
    }
