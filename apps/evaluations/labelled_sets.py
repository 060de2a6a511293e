"""What labelled sets hold. Training reads through `training_examples`, which cannot give a holdout case."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import rfc8785
from django.db.models import QuerySet

from apps.evaluations.labels import Expected
from apps.evaluations.models import HoldoutLook, LabelledCase, LabelledSet
from apps.workflows.models import Workflow

Trainable = Literal["train", "calibration"]
TRAINABLE: tuple[Trainable, ...] = ("train", "calibration")


class HoldoutRefused(ValueError):
    """Something that learns asked for the cases that it will be measured on."""


@dataclass(frozen=True)
class Example:
    """A labelled text, as a trainer or a calibrator gets it."""

    external_id: str
    text: str
    expected: Expected


def current_frozen(workflow: Workflow) -> LabelledSet | None:
    """The newest version that the decision owner signed: what releases are measured on."""
    return workflow.labelled_sets.exclude(signed_off_at=None).order_by("-version").first()


def last_frozen(workflow: Workflow) -> LabelledSet | None:
    """The newest version, signed or not."""
    return workflow.labelled_sets.filter(state=LabelledSet.State.FROZEN).order_by("-version").first()


def draft_of(workflow: Workflow) -> LabelledSet | None:
    return workflow.labelled_sets.filter(state=LabelledSet.State.DRAFT).first()


def cases_in(labelled_set: LabelledSet, split: str) -> QuerySet[LabelledCase]:
    """The cases of one split, holdout included: for measuring, never for learning."""
    return labelled_set.cases.filter(split=split, erased_at=None)


def erased_in(labelled_set: LabelledSet, split: str) -> int:
    """How many cases of a split are blank, because the person that they were about was forgotten."""
    return labelled_set.cases.filter(split=split).exclude(erased_at=None).count()


def texts_of(labelled_set: LabelledSet, split: str) -> list[str]:
    """What an encoder or classifier would read of each case of a split, in the order of their ids: for measuring."""
    return [text_of(case) for case in cases_in(labelled_set, split)]


def training_examples(labelled_set: LabelledSet, splits: Sequence[Trainable] = TRAINABLE) -> list[Example]:
    """The only door between labelled sets and whatever learns from them. In the order of their ids.

    Raises HoldoutRefused when asked for anything but what may be learnt from.
    """
    if not set(splits) <= set(TRAINABLE):
        raise HoldoutRefused(f"Nothing learns from {', '.join(sorted(set(splits) - set(TRAINABLE)))} cases.")
    rows = labelled_set.cases.filter(split__in=splits, erased_at=None).exclude(split=LabelledCase.Split.HOLDOUT)
    return [Example(row.external_id, text_of(row), Expected.model_validate(row.expected)) for row in rows]


def text_of(case: LabelledCase) -> str:
    """What is read, classified and searched with, as `apps.cases.layers.types.CaseInput.words` has it."""
    return f"{case.submission['subject']}\n{case.submission['text']}".strip()


def earlier_splits(workflow: Workflow) -> dict[str, str]:
    """External id → split, of all cases that were ever frozen. The newest version counts where old ones differ."""
    frozen = LabelledCase.objects.filter(
        labelled_set__workflow=workflow, labelled_set__state=LabelledSet.State.FROZEN
    ).order_by("labelled_set__version")
    return dict(frozen.values_list("external_id", "split"))


def sha256_of(cases: Iterable[LabelledCase]) -> str:
    """Of the cases with their answers and splits, whatever their order."""
    rows = sorted(cases, key=lambda case: case.external_id)
    content = [{"submission": row.submission, "expected": row.expected, "split": row.split} for row in rows]
    return hashlib.sha256(rfc8785.dumps(content)).hexdigest()


def looks_at(labelled_set: LabelledSet) -> int:
    """How often somebody looked at one of its holdout cases in the browser, in this version or in another."""
    held_out = cases_in(labelled_set, LabelledCase.Split.HOLDOUT).values("external_id")
    return HoldoutLook.objects.filter(workflow=labelled_set.workflow_id, external_id__in=held_out).count()
