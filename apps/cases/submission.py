"""What may come in as a case. The REST door, uploads and the command line all check with this one form."""

import hashlib
from datetime import UTC, datetime
from typing import Annotated, Any

import rfc8785
from django.utils import timezone
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
)

# In UTC the first days of the year 1 are before Christ, which PostgreSQL stores and Python cannot read again.
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
TEXT_LIMIT = 100_000  # characters; a full-text index takes no more, and no letter is longer


def clean(value: str) -> str:
    if "\x00" in value:
        raise ValueError("holds a NUL byte, which no text has, as if it were a binary file")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("is not a valid string: it holds half of a surrogate pair") from None
    return value


Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), AfterValidator(clean)]


class Submission(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    external_id: Annotated[Line, Field(min_length=1)] = Field(
        description="Your own id of the case; repeats are recognised by it."
    )
    text: Annotated[str, AfterValidator(clean)] = Field(
        description="What the person wrote. At most 100,000 characters."
    )
    subject: Annotated[str, StringConstraints(strip_whitespace=True, max_length=300), AfterValidator(clean)] = ""
    channel: Annotated[Line, StringConstraints(max_length=40)] = "api"
    customer: Line = Field("", description="Your reference for the person, as your systems of record know it.")
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$")] = "en"
    region: Annotated[str, StringConstraints(pattern=r"^([A-Z]{2}(-[A-Z0-9]{1,3})?)?$")] = Field(
        "", description="Where the person's data belongs, such as EU, US or US-CA. Empty: the tenant's own region."
    )
    consent: bool = True
    received_at: AwareDatetime | None = Field(None, description="When it reached you; now, if you leave it out.")

    @field_validator("text")
    @classmethod
    def _some_text(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("is empty")
        if len(value) > TEXT_LIMIT:
            raise ValueError(f"has {len(value):,} characters; at most {TEXT_LIMIT:,} are taken")
        return value

    @field_validator("received_at")
    @classmethod
    def _a_time_that_a_message_may_have(cls, value: datetime | None) -> datetime | None:
        if value and (value - timezone.now()).total_seconds() > 3600:
            raise ValueError("lies in the future")
        if value and value < EARLIEST:
            raise ValueError(f"lies before {EARLIEST.year}")
        return value

    def fingerprint(self) -> str:
        """SHA-256 of what was sent, to tell a repeat from a conflict."""
        return hashlib.sha256(rfc8785.dumps(self.model_dump(mode="json"))).hexdigest()


def problems(error: ValidationError) -> dict[str, list[str]]:
    """A validation error as field → messages, in words for the sender."""
    found: dict[str, list[str]] = {}
    for detail in error.errors(include_url=False, include_input=False):
        field = ".".join(str(part) for part in detail["loc"]) or "case"
        found.setdefault(field, []).append(_message(detail))
    return found


def _message(detail: Any) -> str:
    match detail["type"]:
        case "extra_forbidden":
            return "is not a field of a case."
        case "missing":
            return "is missing."
        case "value_error":
            return f"{detail['ctx']['error']}."
        case _:
            return f"{detail['msg']}."
