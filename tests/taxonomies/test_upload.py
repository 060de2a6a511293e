"""A taxonomy that somebody uploads is taken, or refused with every place and reason."""

import json
from copy import deepcopy
from typing import Any

import pytest

from apps.taxonomies.upload import LONGEST, NotATaxonomy, parse_taxonomy
from tests.cases.world import TAXONOMY


def problems(text: str) -> list[str]:
    with pytest.raises(NotATaxonomy) as refused:
        parse_taxonomy(text)
    return refused.value.problems


def test_what_authors_write_is_read():
    assert parse_taxonomy(json.dumps(TAXONOMY)).version == 1


def test_each_problem_names_its_place():
    content: dict[str, Any] = deepcopy(TAXONOMY)
    content["case_types"][1]["lane"] = "fast"
    content["rules"][2]["any"] = ["(a+)+b"]
    lane, pattern = problems(json.dumps(content))
    assert lane.startswith("case_types, 2 (return), lane: ")
    assert pattern.startswith("rules, 3 (complaint), any, 1: ")


@pytest.mark.parametrize("text", ["", "just words", "- a\n- b"])
def test_what_is_no_taxonomy_at_all_is_refused_in_words(text: str):
    assert problems(text) == ["A taxonomy begins with names and values, such as `version: 2`."]


def test_broken_yaml_names_the_line():
    assert problems("version: 1\ntitle: [a")[0].startswith("Line ")


def test_aliases_are_refused_as_a_few_of_them_fill_any_memory():
    assert problems("a: &a [x, x]\nb: *a") == ["Write out what the alias *a stands for."]


@pytest.mark.parametrize("text", ["[" * 5_000, "x" * (LONGEST + 1), "a: !!python/object:os.system {}", "a: \x00"])
def test_hostile_text_is_refused(text: str):
    assert problems(text)
