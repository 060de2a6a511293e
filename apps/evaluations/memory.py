"""What evaluations remember of a case's layers, so that the next one computes only what has changed.

The key is the hash of all that a layer's answer depends on: the words and the sender of the case, the parts of the
release, and what the layers before found. Thresholds are in none of them but the gate's, which is always run.

Look-ups are more than a saving of time: what a system of record said when the case was labelled, or else when it was
first evaluated, is what every later release is told. Their key knows no METHOD, so they outlast it.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import rfc8785

from apps.cases.layers.types import CaseInput, ContextResult, IntakeResult
from apps.evaluations.run_models import Remembered
from apps.workflows.manifest import Manifest

METHOD = 3  # raise it when the code of a layer changes what it answers


@dataclass
class Memory:
    """What is known, read by the batch, and what is new, written with the batch."""

    known: dict[str, Remembered] = field(default_factory=dict)
    new: dict[str, Remembered] = field(default_factory=dict)

    def read(self, keys: Iterable[str]) -> None:
        missing = [key for key in set(keys) if key not in self.known]
        self.known |= Remembered.objects.in_bulk(missing)

    def get(self, key: str) -> Remembered | None:
        return self.new.get(key) or self.known.get(key)

    def keep(self, key: str, layer: str, result: Any, microseconds: int, *, of: CaseInput) -> Remembered:
        entry = Remembered(key=key, layer=layer, result=result, microseconds=microseconds, question=UUID(of.id))
        self.new[key] = entry
        return entry

    def forget_batch(self) -> Sequence[Remembered]:
        """What is to be stored of this batch. Memory is as long as a batch, so that a long run stays small."""
        fresh = list(self.new.values())
        self.known, self.new = {}, {}
        return fresh


def prediction_key(case: CaseInput, classifiers: Mapping[str, str], encoder: str) -> str:
    return _key("prediction", words=case.words, classifiers=dict(classifiers), encoder=encoder)


def look_up_key(case: CaseInput, system: str, operation: str, key: str) -> str:
    return look_up_key_of(case.id, system, operation, key)


def look_up_key_of(question: str, system: str, operation: str, key: str) -> str:
    """`question` names the case's content, in whatever set and version it stands."""
    content = {"layer": "fact", "question": question, "system": system, "operation": operation, "key": key}
    return hashlib.sha256(rfc8785.dumps(content)).hexdigest()


def context_key(case: CaseInput, manifest: Manifest, intake: IntakeResult) -> str:
    fields = [[each.name, each.value, each.band] for each in intake.fields]
    return _key(
        "context",
        case=_case(case),
        part=manifest.context.model_dump(mode="json"),
        taxonomy=manifest.taxonomy,
        case_type=intake.case_type.value,
        fields=fields,
    )


def action_key(case: CaseInput, manifest: Manifest, intake: IntakeResult, context: ContextResult, trial: int) -> str:
    return _key(
        "action",
        case=_case(case),
        part=manifest.action.model_dump(mode="json", exclude={"amount_limit"}),
        taxonomy=manifest.taxonomy,
        case_type=intake.case_type.value,
        context=context.model_dump(mode="json"),
        trial=trial,
    )


def _case(case: CaseInput) -> dict[str, Any]:
    return case.model_dump(mode="json", exclude={"id"})


def _key(layer: str, **parts: Any) -> str:
    return hashlib.sha256(rfc8785.dumps({"method": METHOD, "layer": layer, **parts})).hexdigest()
