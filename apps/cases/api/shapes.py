"""What the programs' interface takes and gives, as typed models: the OpenAPI description is made from them."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from apps.cases.complaints import LONGEST
from apps.cases.models import Case, Complaint
from apps.cases.submission import Line, Submission, clean

Slug = Annotated[str, StringConstraints(pattern=r"^[-a-zA-Z0-9_]{1,50}$")]
State = Literal["open", "review", "closed"]
Outcome = Literal["automatic", "approved", "edited", "rejected"]
Layer = Literal["intake", "context", "action", "review", "effects", "done"]


class NewCase(Submission):
    """A case to be admitted."""

    external_id: Line = Field(
        "",
        description="Your own id of the case; repeats are recognised by it. "
        "Without one, the Idempotency-Key header takes its place; one of the two is needed.",
    )
    workflow: Slug | None = Field(
        None, description="Which workflow it is for. May be left out where there is only one."
    )

    def submission(self, idempotency_key: str | None) -> Submission:
        """Needs an external id or a key."""
        said = self.model_dump(exclude={"workflow"})
        return Submission.model_validate(said | {"external_id": self.external_id or idempotency_key})


class Shape(BaseModel):
    model_config = ConfigDict(frozen=True)


class Tags(Shape):
    """What intake found. Empty where it is not known yet."""

    case_type: str = Field(description="A case type of the workflow's taxonomy, or out_of_scope.")
    urgency: Literal["", "low", "normal", "high"]
    sentiment: Literal["", "positive", "neutral", "annoyed", "angry"]
    band: Literal["", "high", "medium", "low"] = Field(description="How sure intake is of the case type.")
    lane: Literal["", "automatic", "drafted", "reserved"]
    impact: Literal["", "low", "medium", "high"]


class NewComplaint(BaseModel):
    """A customer complained about how a case was handled."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    external_id: Line = Field("", description="Your own id of the complaint: a repeat records nothing new.")
    said: Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST), AfterValidator(clean)] = Field(
        "", description="What the customer said. May be left out."
    )
    complained_at: AwareDatetime | None = Field(None, description="When, with its time zone; now when left out.")


class ComplaintState(Shape):
    id: UUID
    case: str = Field(description="The case number.")
    external_id: str
    complained_at: datetime
    withdrawn_at: datetime | None = Field(description="When somebody took it back as a mistake; null while it counts.")


class Links(Shape):
    self: str = Field(description="This case in the interface for programs.")
    page: str = Field(description="This case's page for people, who sign in.")


class CaseState(Shape):
    """Where a case stands."""

    number: str = Field(description="The number that people read aloud.")
    id: UUID
    external_id: str
    workflow: str
    release: str = Field(description="Fingerprint of the release that decides how the case is handled.")
    received_at: datetime
    admitted_at: datetime
    state: State = Field(description="open: in progress; review: with a person; closed: finished.")
    layer: Layer
    tags: Tags
    decision: str = Field(description="The proposed, or once closed the taken, decision. Empty until there is one.")
    reason: str = Field(description="Why a person has the case, in a sentence.")
    outcome: Outcome | None = Field(description="How it was closed; null until then.")
    closed_at: datetime | None
    links: Links


class CasePage(Shape):
    results: list[CaseState]
    next: str | None = Field(description="Address of the next page; null on the last.")


class Problem(Shape):
    """Why a request was refused."""

    code: str = Field(description="For programs: invalid, not_json, conflict, too_large, …")
    message: str = Field(description="For people.")
    fields: dict[str, list[str]] = Field(description="What is wrong with which field, where it is about fields.")


class CaseQuery(BaseModel):
    """The filters of the list. Those given must all hold."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    workflow: Slug | None = None
    state: State | None = None
    outcome: Outcome | None = None
    case_type: Slug | None = None
    lane: Literal["automatic", "drafted", "reserved"] | None = None
    external_id: Line | None = None
    customer: Line | None = None
    received_since: AwareDatetime | None = Field(None, description="From this moment on, with its time zone.")
    received_before: AwareDatetime | None = None
    cursor: UUID | None = Field(None, description="Continue after this case; `next` has it.")
    limit: int = Field(50, ge=1, le=200)


def complaint_state(complaint: Complaint) -> ComplaintState:
    """Give the complaint with its case."""
    return ComplaintState(
        id=complaint.pk,
        case=complaint.case.number,
        external_id=complaint.external_id or "",
        complained_at=complaint.complained_at,
        withdrawn_at=complaint.withdrawn_at,
    )


def case_state(case: Case, absolute: Callable[[str], str]) -> CaseState:
    """`absolute` makes a path into an address. Give the case with its workflow."""
    return CaseState(
        number=case.number,
        id=case.pk,
        external_id=case.external_id,
        workflow=case.workflow.slug,
        release=case.release_id,
        received_at=case.received_at,
        admitted_at=case.admitted_at,
        state=case.state,
        layer=case.layer,
        tags=Tags.model_validate(case, from_attributes=True),
        decision=case.decision,
        reason=case.reason,
        outcome=case.outcome or None,
        closed_at=case.closed_at,
        links=Links(self=absolute(f"/api/v1/cases/{case.number}"), page=absolute(f"/cases/{case.number}/")),
    )
