"""What changed between two taxonomies is told place by place."""

from copy import deepcopy
from typing import Any

from apps.taxonomies.content import Taxonomy
from apps.taxonomies.diff import Change, compare_taxonomies
from tests.cases.world import TAXONOMY, case_type


def changed(change: Any) -> list[Change]:
    content = deepcopy(TAXONOMY)
    change(content)
    return compare_taxonomies(Taxonomy.model_validate(TAXONOMY), Taxonomy.model_validate(content))


def test_the_same_content_has_no_changes():
    assert changed(lambda content: content.update(version=2)) == []


def test_a_lane_says_from_and_to():
    found = changed(lambda content: content["case_types"][0].update(lane="drafted"))
    assert found == [Change("Case type refund", "lane", "automatic", "drafted")]


def test_a_new_case_type_is_one_change_and_not_one_for_each_of_its_decisions():
    (found,) = changed(lambda content: content["case_types"].append(case_type("exchange", "drafted")))
    assert (found.where, found.kind) == ("Case type exchange", "added")
    assert "lane: drafted" in found.after


def test_a_case_type_and_a_rule_that_went_are_said():
    def without_complaints(content: dict[str, Any]) -> None:
        content["case_types"].pop()
        content["rules"].pop()

    found = changed(without_complaints)
    assert [(each.where, each.kind) for each in found if not each.what] == [
        ("Case type complaint", "removed"),
        ("Rule complaint", "removed"),
    ]


def test_a_decision_says_its_conditions_in_words():
    condition = {"fact": "order.total", "at_most": 100}
    found = changed(lambda content: content["case_types"][0]["decisions"][0]["when"].append(condition))
    assert [(each.where, each.what) for each in found] == [("Case type refund, decision refund", "when")]
    assert found[0].after.splitlines() == ["return.received is true", "order.total is at most 100"]


def test_an_effect_that_came_says_what_it_does_and_with_which_values():
    row = TAXONOMY["case_types"][0]["decisions"][0]
    found = changed(lambda content: content["case_types"][1]["decisions"][0].update(effects=row["effects"]))
    assert [(each.what, each.kind) for each in found] == [("does", "added")]
    assert "shop.refund: amount {order.total}, order {order.number}" in found[0].after


def test_the_order_of_rules_counts():
    found = changed(lambda content: content["rules"].reverse())
    assert [each.what for each in found] == ["rules, in order"]
