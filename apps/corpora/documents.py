"""A source document as its owner writes it: front matter that says who may use it where and when, then Markdown."""

import hashlib
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import rfc8785
import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from apps.corpora.sections import read_sections
from apps.corpora.splitting import split_blocks

LARGEST = 2_000_000  # characters
EVERYWHERE = "*"
_FRONT_MATTER = re.compile(r"\A---[ \t]*\r?\n(.*?)\r?\n---[ \t]*(?:\r?\n(.*))?\Z", re.DOTALL)

Region = Annotated[str, StringConstraints(pattern=r"^(\*|[A-Z]{2,10}(-[A-Z0-9]{1,10})?)$")]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class Head(BaseModel):
    """Regions and consent have no default that would open a document up by accident: an owner states the regions."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    slug: Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9][a-zA-Z0-9._-]{0,99}$")]
    title: Line
    version: int = Field(1, ge=1)
    owner: Line
    effective_from: date | None = None  # first day in force
    effective_to: date | None = None  # last day in force
    regions: tuple[Region, ...] = Field(min_length=1)
    requires_consent: bool = False
    audience: Literal["customer", "internal"] = "customer"
    supersedes: str | None = None

    @model_validator(mode="after")
    def _dates_in_order(self) -> Self:
        if self.effective_from and self.effective_to and self.effective_to < self.effective_from:
            raise ValueError(f"{self.slug} ends ({self.effective_to}) before it begins ({self.effective_from})")
        return self


@dataclass(frozen=True)
class PassageText:
    anchor: str
    part: int  # 1 for the first of a section
    heading: str
    text: str


@dataclass(frozen=True)
class SourceDocument:
    head: Head
    text: str  # as it was handed in, without the front matter
    passages: tuple[PassageText, ...]

    @property
    def sha256(self) -> str:
        said: dict[str, Any] = {"head": self.head.model_dump(mode="json"), "text": self.text}
        return hashlib.sha256(rfc8785.dumps(said)).hexdigest()

    def indexed_text(self, passage: PassageText) -> str:
        """What search reads of a passage: it often makes sense only under its title and heading."""
        return "\n".join(dict.fromkeys(filter(None, (self.head.title, passage.heading, passage.text))))


def parse_document(text: str) -> SourceDocument:
    """Raises ValueError, saying what is wrong, for anything but front matter with Markdown below it."""
    found = _FRONT_MATTER.match(text)
    try:
        head = yaml.safe_load(found[1]) if found else None
    except yaml.YAMLError as problem:
        raise ValueError(f"The front matter is not YAML: {problem}") from None
    if found is None or not isinstance(head, dict):
        raise ValueError("A document begins with front matter between two lines of ---.")
    return markdown_document(Head.model_validate(head), found[2] or "")


def markdown_document(head: Head, text: str) -> SourceDocument:
    if len(text) > LARGEST:
        raise ValueError(f"{head.slug} has {len(text)} characters; a document has at most {LARGEST}.")
    text = text.replace("\0", "")  # PostgreSQL keeps none in text
    passages = tuple(
        PassageText(section.anchor, part, section.heading, body)
        for section in read_sections(text, head.title)
        for part, body in enumerate(split_blocks(section.blocks), start=1)
    )
    if not passages:
        raise ValueError(f"{head.slug} has no text below its front matter.")
    return SourceDocument(head, text, passages)


def single_passage(head: Head, text: str) -> SourceDocument:
    """A short text, such as an abstract, as one passage that is never split."""
    text = text.replace("\0", "")
    return SourceDocument(head, text, (PassageText("text", 1, "", text),))


def read_folder(folder: Path) -> list[SourceDocument]:
    """Every `*.md` of a folder, by name. Raises ValueError naming each file that cannot be used, and what is wrong."""
    documents: list[SourceDocument] = []
    problems: list[str] = []
    for file in sorted(folder.glob("*.md")):
        try:
            documents.append(parse_document(file.read_text(encoding="utf-8")))
        except (ValueError, OSError) as problem:
            problems.append(f"{file.name}: {problem}")
    if problems:
        raise ValueError("\n".join(problems))
    return documents
