"""What a dossier is made of. Times are UTC, hashes hex; what the log had not told by then is missing."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from apps.cases.layers.types import Claim
from apps.workflows.manifest import Manifest


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DossierCase(Part):
    id: UUID
    number: str
    external_id: str
    channel: str
    customer: str
    title: str
    text: str
    language: str
    region: str
    consent: bool
    arm: str
    received_at: datetime
    admitted_at: datetime
    content_sha256: str
    subject_id: UUID
    workflow: str
    workflow_title: str
    owner: str
    forgotten_at: datetime | None  # when the subject's key was destroyed


class PinnedRelease(Part):
    fingerprint: str
    label: str
    note: str
    created_at: datetime
    manifest: Manifest

    @property
    def short(self) -> str:
        return self.fingerprint[:6]


class SignedVersion(Part):
    """A version of a taxonomy or of a corpus, and who signed it off."""

    version: int
    sha256: str
    created_at: datetime | None = None
    signed_off_at: datetime | None
    signed_off_by: str


class PinnedPrompt(Part):
    slug: str
    version: int
    purpose: str
    model: str
    text: str
    sha256: str


class WarrantThen(Part):
    """Why the release might take traffic, as the last warrant before the moment says."""

    kind: str
    proposed_name: str
    approved_name: str
    reason: str
    created_at: datetime


class CharterThen(Part):
    version: int
    signed_at: datetime
    signed_name: str


class PinnedDocument(Part):
    """A source document as the release's snapshot holds it."""

    id: int
    slug: str
    version: int
    title: str
    owner: str
    sha256: str
    since: date | None  # when it took effect
    ended_with: int | None  # the first snapshot that holds another state of it; None while it stands


class Entry(Part):
    """A row of the log, before it is checked."""

    seq: int | None
    entry_id: UUID
    sequenced: str
    id: UUID
    at: datetime
    action: str
    object: str
    actor: str
    case_id: UUID | None
    bytes: str
    leaf: str


class StepThen(Part):
    id: int
    layer: str
    revision: int
    turn: int  # counts the layer's runs: the step belongs to the layer's entry of the same count
    result: dict[str, Any]
    started_at: datetime
    microseconds: int

    @property
    def took(self) -> timedelta:
        return timedelta(microseconds=self.microseconds)


class DecisionThen(Part):
    id: UUID
    revision: int
    kind: str
    reviewer_name: str
    role: str
    reason_code: str
    rationale: str
    escalated_to: str
    claims: tuple[Claim, ...]
    checks_id: UUID | None
    active_ms: int | None
    created_at: datetime
    undone: bool


class OrderThen(Part):
    """An effect. Its state is what the entries tell (`Dossier.state_of`), not what the ledger says by now."""

    id: UUID
    position: int
    step: str
    system: str
    operation: str
    object: str
    params: dict[str, Any]
    params_digest: str
    summary: str
    amount: str | None  # decimal
    answer: Any
    problem: str


class ExchangeThen(Part):
    """A model call: whose it was, what it cost, and the fingerprints of the bytes that went and came."""

    id: UUID
    purpose: str
    route: str
    request_digest: str  # under the person's key
    response_digest: str
    status: int
    outcome: str
    input_tokens: int
    output_tokens: int
    cost: str  # USD, decimal
    started_at: datetime
    microseconds: int

    @property
    def took(self) -> timedelta:
        return timedelta(microseconds=self.microseconds)


class PauseThen(Part):
    id: UUID
    kind: str
    note: str
    by_name: str
    since: datetime
    until: datetime | None
    ended_at: datetime | None
    ended_name: str
    answer: str


class ComplaintThen(Part):
    id: UUID
    said: str
    complained_at: datetime
    recorded_at: datetime
    recorded_name: str
    withdrawn: bool


class Found(Part):
    """What the statement returns."""

    case: DossierCase | None
    release: PinnedRelease | None
    taxonomy: SignedVersion | None
    prompts: tuple[PinnedPrompt, ...]
    warrant: WarrantThen | None
    charter: CharterThen | None
    snapshot: SignedVersion | None
    documents: tuple[PinnedDocument, ...]
    entries: tuple[Entry, ...]
    moments: tuple[datetime, ...]  # of all the case's entries, later ones too
    steps: tuple[StepThen, ...]
    dispositions: tuple[DecisionThen, ...]
    effects: tuple[OrderThen, ...]
    exchanges: tuple[ExchangeThen, ...]
    pauses: tuple[PauseThen, ...]
    complaints: tuple[ComplaintThen, ...]
    names: dict[str, str]  # actor → the name and role of a person, the name of a key
