"""Models that answer at once: what is left to measure is the platform's own work."""

# ruff: noqa: ARG002 - these take what a port takes, and look at none of it

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from apps.cases.layers.types import (
    CaseInput,
    Citation,
    Claim,
    Draft,
    DraftRequest,
    Passage,
    Prediction,
    SearchAnswer,
    SearchRequest,
    Tag,
)
from apps.cases.loading import Loaded
from apps.cases.ports import Meaning
from apps.inference.exchanges import About
from apps.inference.models import Exchange

QUOTE = "You can return any item within 30 days of delivery."
PASSAGE = Passage(
    id="returns#window", source="returns", title="Returns", version=1, anchor="window", heading="Window", text=QUOTE,
    sha256="0" * 64, score=1.0, ranks={"words": 1},
)  # fmt: skip
DRAFT = Draft(
    claims=(Claim(text=QUOTE, kind="statement", citations=(Citation(passage=PASSAGE.id, quote=QUOTE),)),),
    reasoning="It quotes Returns § Window.",
    confidence=1.0,
)


@dataclass(frozen=True)
class Sure:
    label: str
    probability: float = 0.97
    in_scope: bool = True
    alternatives: Sequence[tuple[str, float]] = ()


SAYS: Mapping[str, Sure] = {"case_type": Sure("return"), "urgency": Sure("normal"), "sentiment": Sure("neutral")}


class StubPorts:
    """Takes the place of `apps.cases.ports.TenantPorts`."""

    def __init__(self, loaded: Loaded, about: About) -> None:
        pass

    def take_asked(self) -> list[Exchange]:
        return []

    def classify(self, tag: Literal["case_type", "urgency", "sentiment"], case: CaseInput) -> Prediction | None:
        return SAYS[tag]

    def meaning(self, case: CaseInput) -> Meaning:
        return Meaning("", [1.0] + [0.0] * 383)

    def ask_case_type(self, case: CaseInput, candidates: Sequence[tuple[str, float]]) -> Tag | None:
        return None

    def search(self, request: SearchRequest) -> SearchAnswer:
        return SearchAnswer(passages=(PASSAGE,), withheld=(), reranker="maxsim")

    def passages(self, anchors: Sequence[str], request: SearchRequest) -> tuple[Passage, ...]:
        return ()

    def look_up(self, system: str, operation: str, key: str) -> Mapping[str, str] | None:
        return None

    def draft(self, request: DraftRequest) -> Draft:
        return DRAFT
