"""What the four layers take and give. Frozen, so that a result can be stored, compared and replayed.

Each layer is a plain function `(case, release, ports, earlier results) -> result`. Production, rehearsal, evaluation
and replay call the same functions; only the ports differ.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, Protocol

from pydantic import BaseModel, ConfigDict

from apps.taxonomies.content import Taxonomy

Band = Literal["high", "medium", "low"]
Lane = Literal["automatic", "drafted", "reserved"]
Impact = Literal["low", "medium", "high"]
Decider = Literal["rule", "classifier", "model", "default", "person"]
OUT_OF_SCOPE = "out_of_scope"
UNCLASSIFIED = "unclassified"  # nothing and nobody could say


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CaseInput(Frozen):
    """A case as it was admitted. Everything in `subject` and `text` is untrusted."""

    id: str
    subject: str
    text: str
    channel: str
    language: str
    region: str
    consent: bool
    customer: str | None  # the reference that the sending system gave, trusted as far as that system is
    received_on: date

    @property
    def words(self) -> str:
        """What is read, classified and searched with."""
        return f"{self.subject}\n{self.text}".strip()


# --- intake ---------------------------------------------------------------------------------------------------------


class Tag(Frozen):
    """One answer of intake: what, how sure (0-1), who decided and why, in a sentence."""

    value: str
    confidence: float
    band: Band
    decided_by: Decider
    why: str


class ExtractedField(Frozen):
    name: str
    title: str
    value: str
    start: int  # offsets into the case text, in characters
    end: int
    band: Band


class IntakeResult(Frozen):
    case_type: Tag  # value may be `out_of_scope`
    urgency: Tag
    sentiment: Tag
    fields: tuple[ExtractedField, ...]
    alternatives: tuple[tuple[str, float], ...]  # the next most likely case types with their probabilities
    classifier: str  # fingerprint of the classifier that ran, or "" when a rule decided alone
    planted: str = ""  # a line of the text that gives orders to a machine, which none obeys


# --- context --------------------------------------------------------------------------------------------------------


class Passage(Frozen):
    id: str  # stable within a snapshot
    source: str  # slug of the document
    title: str  # of the document
    version: int
    anchor: str  # slug of the section heading
    heading: str
    text: str
    sha256: str
    score: float  # fused
    ranks: Mapping[str, int]  # {"words": 3, "meaning": 1, "rerank": 1}; 1 is best, absent when not found by it


class Withheld(Frozen):
    """Passages that a compliance filter kept out, before ranking."""

    reason: Literal["consent", "region", "allow_list", "not_in_force"]
    count: int


class Fact(Frozen):
    """A value from a system of record: trusted, unlike anything in the case text."""

    name: str  # "order.total"
    value: str
    system: str


class ContextResult(Frozen):
    passages: tuple[Passage, ...]
    withheld: tuple[Withheld, ...]
    facts: tuple[Fact, ...]
    doubt: str = ""  # why facts were withheld: which record is meant, or whether it is the sender's, is not certain
    snapshot: str
    reranker: str


# --- action ---------------------------------------------------------------------------------------------------------


class Citation(Frozen):
    passage: str
    quote: str  # verbatim


class Claim(Frozen):
    """One sentence of the draft. `courtesy` states no fact and needs no source; `fact` restates trusted facts."""

    text: str
    kind: Literal["courtesy", "statement", "fact"]
    citations: tuple[Citation, ...] = ()
    grounded: bool = False
    problem: str = ""  # why it is not grounded, for the reviewer


class PlannedEffect(Frozen):
    system: str
    operation: str
    params: Mapping[str, str]  # filled from trusted facts only
    object: str  # the business object it touches, e.g. "order:88-20417"; with case and step it makes the effect key
    summary: str  # plain words for the reviewer
    amount: Decimal | None = None
    compensation: str = ""  # operation that takes it back, "" when nothing does


class Decision(Frozen):
    slug: str
    title: str
    impact: Impact
    why: str  # the conditions that held, in words


class ActionResult(Frozen):
    claims: tuple[Claim, ...]
    decision: Decision | None
    effects: tuple[PlannedEffect, ...]
    reasoning: str
    drafter: str  # "local:extractive" or "anthropic:<model>"
    prompt: str  # sha256 of the prompt version used, "" for the local drafter
    exchanges: tuple[str, ...] = ()  # ids of the stored model exchanges
    dissent: str = ""  # the decision that a model proposed where the decision table says another
    repaired: bool = False
    confidence: float  # 0-1

    @property
    def grounded_share(self) -> float:
        """Share of the claims that need a source and have a verified one; 1.0 when none needs it."""
        needing = [claim for claim in self.claims if claim.kind != "courtesy"]
        return sum(claim.grounded for claim in needing) / len(needing) if needing else 1.0


# --- review gate ----------------------------------------------------------------------------------------------------


class ReviewResult(Frozen):
    route: Literal["automatic", "queue", "reserved"]
    rule: str  # slug of the rule that decided, e.g. "ungrounded_claim"
    reason: str  # one sentence for the person who gets it
    lane: Lane
    confidence: float
    band: Band
    impact: Impact


# --- release and ports ----------------------------------------------------------------------------------------------


class Thresholds(Frozen):
    """Probabilities that bound the bands. At or above `high` intake decides alone; below `medium` a person does."""

    high: float
    medium: float

    def band(self, probability: float) -> Band:
        if probability >= self.high:
            return "high"
        return "medium" if probability >= self.medium else "low"


@dataclass(frozen=True)
class Release:
    """What a release pins, loaded and ready to use."""

    fingerprint: str
    workflow: str
    taxonomy: Taxonomy
    thresholds: Thresholds
    classifier: str  # fingerprint of the artefact, "" for none
    routes: Mapping[
        str, str
    ]  # {"intake": "local" | "anthropic:<model>", "action": "local:extractive" | "anthropic:<model>"}
    grants: frozenset[str]  # "shop.refund"
    amount_limit: Decimal  # planned amounts above it go to a person
    snapshot: str
    passages_wanted: int
    per_type: Mapping[str, Thresholds] = field(default_factory=dict)  # instead of `thresholds`, by case type

    def band(self, case_type: str, probability: float) -> Band:
        return self.per_type.get(case_type, self.thresholds).band(probability)


class Prediction(Protocol):
    """What a trained classifier says of one tag."""

    @property
    def label(self) -> str: ...
    @property
    def probability(self) -> float: ...  # calibrated, 0-1
    @property
    def in_scope(self) -> bool: ...  # False: unlike anything that it was trained on
    @property
    def alternatives(self) -> Sequence[tuple[str, float]]: ...  # the next most likely labels


@dataclass(frozen=True)
class SearchRequest:
    text: str
    sources: tuple[str, ...]
    region: str
    consent: bool
    on: date
    limit: int


@dataclass(frozen=True)
class SearchAnswer:
    passages: tuple[Passage, ...]
    withheld: tuple[Withheld, ...]
    reranker: str


@dataclass(frozen=True)
class DraftRequest:
    case: CaseInput
    intake: IntakeResult
    context: ContextResult
    decision: Decision | None
    decisions: tuple[tuple[str, str], ...]  # the slugs and titles allowed for this case type
    say: tuple[str, ...]  # anchors ("returns#return-window") whose passages the decision speaks from
    opening: str
    closing: str
    problems: tuple[str, ...] = ()  # what verification found wrong with the previous draft: a bounded repair


@dataclass(frozen=True)
class Draft:
    claims: tuple[Claim, ...]
    reasoning: str
    confidence: float
    decision: str = ""  # slug that a model proposed; the local drafter proposes none
    prompt: str = ""
    exchange: str = ""


class Ports(Protocol):
    """All that a layer may reach beyond its arguments."""

    def classify(self, tag: Literal["case_type", "urgency", "sentiment"], case: CaseInput) -> Prediction | None: ...
    def ask_case_type(self, case: CaseInput, candidates: Sequence[tuple[str, float]]) -> Tag | None: ...
    def search(self, request: SearchRequest) -> SearchAnswer: ...
    def passages(self, anchors: Sequence[str], request: SearchRequest) -> tuple[Passage, ...]: ...
    def look_up(self, system: str, operation: str, key: str) -> Mapping[str, str] | None: ...
    def draft(self, request: DraftRequest) -> Draft: ...


@dataclass(frozen=True)
class Timed:
    """A layer's result with when it began and how long it took, in microseconds."""

    result: Frozen
    started_at: datetime
    microseconds: int
