"""What a release pins, as content-addressed canonical JSON.

Every part is named by its own fingerprint, so two releases with the same parts are the same release. Numbers that
matter are strings: canonical JSON holds no floats here.
"""

import hashlib
from typing import Literal

import rfc8785
from pydantic import BaseModel, ConfigDict, Field


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TypeThresholds(Part):
    high: str  # as in IntakePart, for answers of one case type
    medium: str


class IntakePart(Part):
    classifiers: dict[str, str]  # tag → fingerprint of its classifier; empty while there is no labelled set to train on
    encoder: str  # fingerprint of the encoder weights that the classifiers were trained on
    high: str  # probability, as a decimal string: from here on intake decides alone
    medium: str  # below it a person does
    route: str  # who is asked about ambiguous cases: "" for nobody, or "anthropic:<model>"
    prompt: str  # sha256 of the prompt version, "" for none
    # Case type → its own thresholds, where it has some. Left out when there are none: releases made before there could
    # be any keep their fingerprints.
    per_type: dict[str, TypeThresholds] = Field(default_factory=dict, exclude_if=lambda thresholds: not thresholds)


class ContextPart(Part):
    corpus: str
    snapshot: int
    snapshot_sha256: str
    passages: int
    reranker: Literal["maxsim", ""]


class ActionPart(Part):
    route: str  # "local:extractive" or "anthropic:<model>"
    prompt: str  # sha256 of the prompt version
    grants: tuple[str, ...]  # "shop.refund": the effects that a proposal may plan
    amount_limit: str  # decimal: planned amounts above it go to a person


class Manifest(Part):
    schema_version: Literal[1] = 1
    workflow: str
    taxonomy_version: int
    taxonomy: str  # sha256 of its content
    intake: IntakePart
    context: ContextPart
    action: ActionPart

    def canonical(self) -> bytes:
        return rfc8785.dumps(self.model_dump(mode="json"))

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(self.canonical()).hexdigest()
