"""A prompt as its author writes it: YAML front matter, then the text."""

import hashlib
import re
from pathlib import Path
from typing import Annotated, Literal

import rfc8785
import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

FRONT_MATTER = re.compile(r"\A---\r?\n(.*?)\r?\n---\r?\n(.*)\Z", re.DOTALL)


class Prompt(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    slug: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,49}$")]
    version: int = Field(ge=1)
    purpose: Literal["intake", "action"]
    model: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50_000)]

    @property
    def sha256(self) -> str:
        said = {"purpose": self.purpose, "model": self.model, "text": self.text}
        return hashlib.sha256(rfc8785.dumps(said)).hexdigest()


def parse_prompt(text: str) -> Prompt:
    """Raises ValueError when there is no front matter or something in it is wrong."""
    found = FRONT_MATTER.match(text)
    head = yaml.safe_load(found[1]) if found else None
    if found is None or not isinstance(head, dict):
        raise ValueError(
            "A prompt begins with front matter: slug, version, purpose and model between two lines of ---."
        )
    return Prompt.model_validate({**head, "text": found[2]})


def read_prompts(folder: Path) -> list[Prompt]:
    """Every `*.md` of a folder, by name."""
    return [parse_prompt(file.read_text(encoding="utf-8")) for file in sorted(folder.glob("*.md"))]
