"""Versions of labelled sets: split once and for all, frozen in the database, closed to whatever learns."""

import ast
from collections import Counter
from pathlib import Path
from typing import Any, cast

import pytest
from django.db import IntegrityError, transaction

from apps.evaluations.labelled_sets import (
    HoldoutRefused,
    Trainable,
    cases_in,
    current_frozen,
    looks_at,
    texts_of,
    training_examples,
)
from apps.evaluations.models import HoldoutLook, Label, LabelledCase, LabelledSet
from apps.evaluations.services import create_labelled_set
from apps.evaluations.splits import plan_splits
from apps.tenants.actors import SYSTEM
from apps.tenants.models import Tenant
from tests.evaluations.labelling import labelled, many, shop

EVALUATIONS = Path(__file__).parents[2] / "apps" / "evaluations"


@pytest.fixture
def version(northgate: Tenant) -> LabelledSet:
    return create_labelled_set(actor=SYSTEM, workflow=shop(), name="First", cases=many(50))


def refused(change: Any) -> None:
    with pytest.raises(IntegrityError, match=r"never changed|written once"), transaction.atomic():
        change()


def test_each_case_type_is_split_sixty_twenty_twenty(version: LabelledSet) -> None:
    for case_type in ("refund", "return"):
        splits = Counter(version.cases.filter(expected__case_type=case_type).values_list("split", flat=True))
        assert splits == {"train": 15, "calibration": 5, "holdout": 5}


def test_the_split_does_not_depend_on_the_order_of_the_cases() -> None:
    types = {f"case-{number}": "refund" for number in range(40)}
    assert plan_splits(types, {}) == plan_splits(dict(reversed(types.items())), {})


def test_a_case_keeps_its_split_when_others_join() -> None:
    first = plan_splits({f"case-{number}": "refund" for number in range(20)}, {})
    second = plan_splits({f"case-{number}": "refund" for number in range(60)}, first)
    assert {name: second[name] for name in first} == first
    assert Counter(second.values()) == {"train": 36, "calibration": 12, "holdout": 12}


def test_the_same_content_is_the_same_version(version: LabelledSet) -> None:
    again = create_labelled_set(actor=SYSTEM, workflow=version.workflow, name="Again", cases=many(50)[::-1])
    assert (again, again.version) == (version, 1)


def test_new_content_is_the_next_version(version: LabelledSet) -> None:
    more = create_labelled_set(actor=SYSTEM, workflow=version.workflow, name="More", cases=many(60))
    kept = dict(version.cases.values_list("external_id", "split"))
    assert more.version == 2
    assert {case.external_id: case.split for case in more.cases.filter(external_id__in=kept)} == kept


def test_nothing_is_measured_on_a_version_that_nobody_signed(version: LabelledSet) -> None:
    assert current_frozen(version.workflow) is None


def test_a_frozen_version_and_its_cases_never_change(version: LabelledSet) -> None:
    case = cast("LabelledCase", version.cases.first())
    refused(lambda: LabelledSet.objects.filter(pk=version.pk).update(name="Better"))
    refused(lambda: LabelledSet.objects.filter(pk=version.pk).update(state="draft", version=None, frozen_at=None))
    refused(lambda: version.cases.update(split="train"))
    refused(case.delete)
    refused(lambda: LabelledCase.objects.create(labelled_set=version, external_id="late", submission={}))
    refused(lambda: Label.objects.create(labelled_case=case, labeller_id="1", labeller_name="Olga"))
    refused(version.delete)


def test_no_case_moves_from_a_draft_into_a_frozen_version(version: LabelledSet) -> None:
    draft = LabelledSet.objects.create(workflow=version.workflow, name="Next")
    case = LabelledCase.objects.create(labelled_set=draft, external_id="new", submission={})
    refused(lambda: LabelledCase.objects.filter(pk=case.pk).update(labelled_set=version))


def test_what_trains_gets_no_holdout_case(version: LabelledSet) -> None:
    held_out = {case.external_id for case in cases_in(version, "holdout")}
    assert held_out
    assert held_out.isdisjoint(each.external_id for each in training_examples(version))
    assert len(training_examples(version)) == 40


def test_what_trains_is_refused_the_holdout(version: LabelledSet) -> None:
    with pytest.raises(HoldoutRefused):
        training_examples(version, cast("tuple[Trainable]", ("holdout",)))


def test_texts_are_those_of_the_split(version: LabelledSet) -> None:
    assert len(texts_of(version, "holdout")) == 10


def test_whoever_trains_reads_cases_through_the_one_door_only() -> None:
    """A module that imports the trainer may not name the tables, nor the readers that give any split."""
    closed = {"LabelledCase", "cases_in", "texts_of"}
    trainers = {path: names_in(path) for path in EVALUATIONS.rglob("*.py") if imports_training(path)}
    assert trainers
    for path, names in trainers.items():
        assert not closed & names, f"{path.name} trains, and reaches {', '.join(sorted(closed & names))}"


def imports_training(path: Path) -> bool:
    return any(
        isinstance(node, ast.ImportFrom) and node.module == "apps.inference.local.training"
        for node in ast.walk(ast.parse(path.read_text()))
    )


def names_in(path: Path) -> set[str]:
    """All names but those of the function that stores what comes in."""
    parts = [part for part in ast.parse(path.read_text()).body if getattr(part, "name", "") != "create_labelled_set"]
    return {node.id for part in parts for node in ast.walk(part) if isinstance(node, ast.Name)}


def test_looks_at_a_holdout_case_count_in_every_version(version: LabelledSet) -> None:
    case = cast("LabelledCase", cases_in(version, "holdout").first())
    HoldoutLook.objects.create(workflow=version.workflow, external_id=case.external_id, looked_by="1", looked_name="O")
    more = create_labelled_set(actor=SYSTEM, workflow=version.workflow, name="M", cases=[*many(50), labelled(99)])
    assert (looks_at(version), looks_at(more)) == (1, 1)


def test_looks_are_written_once(version: LabelledSet) -> None:
    HoldoutLook.objects.create(workflow=version.workflow, external_id="L-1", looked_by="1", looked_name="O")
    for change in (HoldoutLook.objects.all().delete, lambda: HoldoutLook.objects.update(looked_name="X")):
        with pytest.raises(Exception, match=r"written once|permission denied"), transaction.atomic():
            change()
