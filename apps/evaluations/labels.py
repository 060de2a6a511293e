"""Labelled cases as they come in: a submission, and what experts expect of it."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

from apps.cases.submission import Submission


class Expected(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    case_type: str  # a slug of the taxonomy, or out_of_scope
    urgency: Literal["low", "normal", "high"] = "normal"
    sentiment: Literal["positive", "neutral", "annoyed", "angry"] = "neutral"
    passages: tuple[str, ...] = ()  # anchors that an expert would cite: "returns#return-window"
    decision: str | None = None
    must: tuple[str, ...] = ()  # points that a reply makes
    must_not: tuple[str, ...] = ()


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
