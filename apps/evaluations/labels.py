"""Labelled cases as they come in: a submission, and what experts expect of it."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, StringConstraints

from apps.cases.submission import Submission

Urgency = Literal["low", "normal", "high"]
Sentiment = Literal["positive", "neutral", "annoyed", "angry"]
Point = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=400)]


class Expected(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    case_type: str  # a slug of the taxonomy, or out_of_scope
    urgency: Urgency = "normal"
    sentiment: Sentiment = "neutral"
    passages: tuple[str, ...] = ()  # anchors that an expert would cite: "returns#return-window"
    decision: str | None = None
    must: tuple[str, ...] = ()  # points that a reply makes
    must_not: tuple[str, ...] = ()


class Answers(BaseModel):
    """What a person has said so far. Nothing is filled in for them, so that nobody agrees by leaving it as it is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    case_type: str | None = None
    urgency: Urgency | None = None
    sentiment: Sentiment | None = None
    passages: tuple[str, ...] = ()
    decision: str | None = None  # "" says that no decision is to be made
    must: tuple[Point, ...] = ()
    must_not: tuple[Point, ...] = ()

    def missing(self) -> list[str]:
        """The questions without an answer, in words."""
        asked = {"case type": self.case_type, "urgency": self.urgency, "sentiment": self.sentiment}
        open_questions = [name for name, answer in asked.items() if answer is None]
        return open_questions if self.decision is not None else [*open_questions, "decision"]

    def expected(self) -> Expected:
        """Raises ValueError while a question is open."""
        if self.missing():
            raise ValueError(f"Still open: {', '.join(self.missing())}.")
        return Expected.model_validate({**self.model_dump(), "decision": self.decision or None})


class Labelled(NamedTuple):
    submission: Submission
    expected: Expected
    traits: Sequence[str]  # what makes it hard: "typo", "two_requests", …


def read_labelled(row: Mapping[str, Any]) -> Labelled:
    """One line of a cases file. Raises pydantic's ValidationError."""
    fields = {name: value for name, value in row.items() if name not in {"expected", "traits"} and value is not None}
    return Labelled(
        Submission.model_validate(fields), Expected.model_validate(row["expected"]), tuple(row.get("traits", ()))
    )
