"""Ports for a rehearsal: a layer reaches what its kind of set is about, and nothing else. No effect, no model asked."""

# ruff: noqa: ARG002 - these take what a port takes, and look at none of it

from collections.abc import Mapping, Sequence
from typing import Literal

from apps.cases.layers.types import (
    CaseInput,
    Draft,
    DraftRequest,
    Passage,
    Prediction,
    SearchAnswer,
    SearchRequest,
    Tag,
)


class NothingInReach:
    """What the layers find where nothing is connected."""

    def classify(self, tag: Literal["case_type", "urgency", "sentiment"], case: CaseInput) -> Prediction | None:
        return None

    def ask_case_type(self, case: CaseInput, candidates: Sequence[tuple[str, float]]) -> Tag | None:
        return None

    def search(self, request: SearchRequest) -> SearchAnswer:
        return SearchAnswer(passages=(), withheld=(), reranker="")

    def passages(self, anchors: Sequence[str], request: SearchRequest) -> tuple[Passage, ...]:
        return ()

    def look_up(self, system: str, operation: str, key: str) -> Mapping[str, str] | None:
        return None

    def draft(self, request: DraftRequest) -> Draft:
        return Draft(claims=(), reasoning="Nothing drafts here.", confidence=0.0)
