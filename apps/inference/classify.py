"""Asking a model which case type a case is, when rules and the classifier leave it open."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, create_model

from apps.inference import blocks
from apps.inference.exchanges import About

if TYPE_CHECKING:
    from apps.inference.door import Answer

Certainty = Literal["certain", "likely", "unsure"]
# What a model says about itself is no probability. The words are placed where a person would put them, and no higher.
CERTAINTY: Mapping[Certainty, float] = {"certain": 0.95, "likely": 0.75, "unsure": 0.4}


@dataclass(frozen=True)
class CaseTypeOption:
    slug: str
    title: str
    description: str


@dataclass(frozen=True)
class CaseTypeAnswer:
    case_type: str  # one of the options' slugs
    confidence: float  # 0-1, from CERTAINTY
    why: str  # one sentence
    exchange: UUID


class _Choice(BaseModel):
    model_config = ConfigDict(extra="forbid")

    why: str = Field(description="One sentence that names the words in the case that decide it.", max_length=400)
    certainty: Certainty


def ask_case_type(
    *,
    route: str,
    about: About,
    instructions: str,
    subject: str,
    text: str,
    options: Sequence[CaseTypeOption],
    candidates: Sequence[tuple[str, float]] = (),
    ask: "Callable[..., Answer[Any]] | None" = None,
) -> CaseTypeAnswer:
    """Let the model choose among `options`; `candidates` are what the classifier thought, likeliest first.

    `ask` stands in for `door.ask` where nothing is to be sent. Raises what it raises.
    """
    allowed = one_of([option.slug for option in options])
    output: type[Any] = create_model("CaseTypeChoice", __base__=_Choice, case_type=(allowed, ...))
    from apps.inference import door  # not before it is needed: the SDK behind it takes a second to load

    answer = (ask or door.ask)(
        route=route,
        purpose="intake",
        about=about,
        instructions=f"{instructions.strip()}\n\n{blocks.RULES}",
        text=_question(subject, text, options, candidates),
        output=output,
        max_tokens=400,
    )
    choice: Any = answer.output
    return CaseTypeAnswer(choice.case_type, CERTAINTY[choice.certainty], choice.why, answer.exchange_id)


def one_of(slugs: Sequence[str]) -> Any:
    """The type of which exactly these strings are values."""
    return cast("Any", Literal)[tuple(slugs)]


def _question(
    subject: str, text: str, options: Sequence[CaseTypeOption], candidates: Sequence[tuple[str, float]]
) -> str:
    case = blocks.render([blocks.Block("case", f"Subject: {subject}\n\n{text}")])
    listed = "\n".join(f"- {option.slug}: {option.title}. {option.description}" for option in options)
    guesses = ", ".join(f"{slug} ({probability:.2f})" for slug, probability in candidates)
    hint = f"\n\nA classifier was not sure. Its guesses: {guesses}." if guesses else ""
    return f"{case}\n\nWhich of these case types is it?\n{listed}{hint}"
