"""What a classifier said, in training, of cases that it had not seen: what its thresholds are judged by.

Training cross-fits: each answer comes from a model that learnt from the other cases alone. No holdout case is among
them, so that the gate still has cases that neither the classifier nor its thresholds know.
"""

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from apps.evaluations.labelled_sets import Example
from apps.inference import artefacts
from apps.inference.local.training import HeldOut

SHOWN = 32  # digits of a classifier's fingerprint in the kind of its answers, which has room for 40 characters


class _Stored(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Answer(_Stored):
    external_id: str
    truth: str
    label: str
    probability: float
    in_scope: bool


class HeldOutAnswers(_Stored):
    format: Literal[1] = 1
    classifier: str  # fingerprint
    labelled_set: str  # sha256 of the version that it was trained on
    answers: tuple[Answer, ...]


def keep_answers(
    *, classifier: str, labelled_set: str, examples: Sequence[Example], truth: Sequence[str], held_out: HeldOut
) -> str:
    """Store them beside the classifier, under their own fingerprint, which is returned. The caller audits it."""
    rows = zip(examples, truth, held_out.label, held_out.probability, held_out.in_scope, strict=True)
    kept = HeldOutAnswers(
        classifier=classifier,
        labelled_set=labelled_set,
        answers=tuple(
            Answer(
                external_id=example.external_id,
                truth=label,
                label=said,
                probability=round(float(probability), 9),
                in_scope=bool(in_scope),
            )
            for example, label, said, probability, in_scope in rows
        ),
    )
    return artefacts.store(kind_of(classifier), kept.model_dump_json().encode())


def answers_of(classifier: str) -> HeldOutAnswers | None:
    """None for a classifier that was trained before its answers were kept."""
    for data in artefacts.of_kind(kind_of(classifier)):
        kept = HeldOutAnswers.model_validate_json(data)
        if kept.classifier == classifier:
            return kept
    return None


def kind_of(classifier: str) -> str:
    return f"answers:{classifier[:SHOWN]}"
