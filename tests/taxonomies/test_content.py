"""What authors may write in a taxonomy, and what they are told when they may not."""

from typing import Any

import pytest
from pydantic import ValidationError

from apps.taxonomies.content import Taxonomy


def row(slug: str, *, when: list[dict[str, Any]] | None = None, **more: Any) -> dict[str, Any]:
    return {"slug": slug, "title": slug, "when": when or [], "impact": "low", **more}


def content(**changes: Any) -> dict[str, Any]:
    returns = {
        "slug": "return",
        "title": "Return",
        "description": "The customer wants to send something back.",
        "lane": "drafted",
        "sources": ["returns"],
        "opening": "Thank you.",
        "closing": "Kind regards",
        "decisions": [row("label", when=[{"fact": "order.total", "at_most": 100}]), row("ask")],
    }
    out_of_scope = {"title": "Out of scope", "description": "Anything else."}
    return {"version": 1, "title": "Service", "case_types": [returns], "out_of_scope": out_of_scope, **changes}


def with_decisions(*rows: dict[str, Any]) -> dict[str, Any]:
    changed = content()
    changed["case_types"][0]["decisions"] = list(rows)
    return changed


def test_a_complete_taxonomy_is_accepted_and_survives_storage() -> None:
    taxonomy = Taxonomy.model_validate(content())
    stored = taxonomy.model_dump(mode="json", by_alias=True, exclude_none=True)
    assert Taxonomy.model_validate(stored) == taxonomy


def test_case_types_are_found_by_slug_and_out_of_scope_is_none_of_them() -> None:
    taxonomy = Taxonomy.model_validate(content())
    found = taxonomy.case_type("return")
    assert found is not None
    assert found.title == "Return"
    assert taxonomy.case_type("out_of_scope") is None


def test_yaml_booleans_and_lists_become_text() -> None:
    effect = {"system": "shop", "operation": "ask", "params": {"items": ["photo", "receipt"]}, "summary": "Ask"}
    conditional = row("yes", when=[{"fact": "customer.consent", "is": True}], effects=[effect])
    first = Taxonomy.model_validate(with_decisions(conditional, row("no"))).case_types[0].decisions[0]
    assert first.when[0].comparison == ("is", "true")
    assert first.effects[0].params == {"items": "photo, receipt"}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (with_decisions(row("a", when=[{"fact": "order.total", "at_most": 1}])), "must have no conditions"),
        (with_decisions(row("a"), row("b")), "no later one is ever reached"),
        (with_decisions(row("a", say=["warranty#faults"])), "not among its sources"),
        (with_decisions(row("a", when=[{"fact": "order.total"}]), row("b")), "exactly one of"),
        (with_decisions(row("a", when=[{"fact": "case text", "is": "x"}]), row("b")), "String should match pattern"),
        (content(rules=[{"id": "r", "case_type": "refund", "any": ["x"], "why": "w"}]), "not a case type"),
        (content(rules=[{"id": "r", "case_type": "return", "any": ["(a+)+$"], "why": "w"}]), "repeats within a repeat"),
        (content(rules=[{"id": "r", "case_type": "return", "any": ["("], "why": "w"}]), "is not a pattern"),
        (content(rules=[{"id": "r", "case_type": "return", "any": ["a*"], "why": "w"}]), "matches everything"),
        (content(fields=[{"name": "n", "title": "N", "pattern": "x", "into": "order"}]), "belong together"),
        (content(surprise=1), "Extra inputs"),
        (content(case_types=[*content()["case_types"], *content()["case_types"]]), "return appears twice"),
    ],
)
def test_what_cannot_work_is_refused_with_the_reason(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Taxonomy.model_validate(wrong)


def test_an_effect_can_only_be_filled_from_named_facts() -> None:
    effect = {"system": "shop", "operation": "refund", "params": {"amount": "{text}"}, "summary": "Refund"}
    with pytest.raises(ValidationError, match="not the name of a fact"):
        Taxonomy.model_validate(with_decisions(row("a", effects=[effect])))
