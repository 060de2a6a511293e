"""Asking a model for a reply draft: claims with verbatim quotes, and a decision among those allowed.

Nothing that comes back is trusted. The caller verifies every quote against its passage and takes effects, amounts and
recipients from systems of record only.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, create_model

from apps.inference import blocks
from apps.inference.classify import CERTAINTY, Certainty, one_of
from apps.inference.exchanges import About

if TYPE_CHECKING:
    from apps.inference.door import Answer


@dataclass(frozen=True)
class Source:
    id: str
    title: str
    heading: str
    text: str


@dataclass(frozen=True)
class DraftQuestion:
    about: About
    subject: str
    text: str
    language: str
    case_type: str  # its title
    passages: Sequence[Source]
    facts: Mapping[str, str]  # from systems of record
    decisions: Sequence[tuple[str, str]]  # slugs and titles
    decided: str  # the slug that the decision table gave, "" when it gave none
    why: str  # the conditions that held, in words
    opening: str
    closing: str
    problems: Sequence[str] = ()  # what verification found wrong with the previous draft


class ModelCitation(BaseModel):
    model_config = ConfigDict(extra="forbid")

    passage: str = Field(description="The id of the passage.")
    quote: str = Field(description="A stretch of that passage, copied character by character.")


class ModelClaim(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: str = Field(description="One sentence of the reply.")
    kind: Literal["courtesy", "statement", "fact"] = Field(
        description="statement: says what a passage says. fact: restates a listed fact. courtesy: states nothing."
    )
    citations: list[ModelCitation] = Field(description="At least one for a statement, none for the others.")


class _Draft(BaseModel):
    model_config = ConfigDict(extra="forbid")

    claims: list[ModelClaim] = Field(description="The reply, sentence by sentence, in reading order.")
    reasoning: str = Field(description="For the reviewer, in at most three sentences: why this reply.")
    certainty: Certainty


@dataclass(frozen=True)
class ModelDraft:
    claims: tuple[ModelClaim, ...]
    decision: str | None  # one of the allowed slugs, None when none were offered; may differ from `decided`
    reasoning: str
    confidence: float  # 0-1, a word of the model about itself turned into a number, not a probability
    exchange: UUID


def draft_with_model(
    question: DraftQuestion,
    *,
    route: str,
    instructions: str,
    max_tokens: int = 2000,
    ask: "Callable[..., Answer[Any]] | None" = None,
) -> ModelDraft:
    """Ask the model of `route` for a draft.

    `ask` stands in for `door.ask` where nothing is to be sent. Raises what it raises.
    """
    output: type[Any] = _Draft
    if question.decisions:
        allowed = one_of([slug for slug, _ in question.decisions])
        output = create_model("Draft", __base__=_Draft, decision=(allowed, ...))
    from apps.inference import door  # not before it is needed: the SDK behind it takes a second to load

    answer = (ask or door.ask)(
        route=route,
        purpose="action",
        about=question.about,
        instructions=f"{instructions.strip()}\n\n{blocks.RULES}",
        text=_request(question),
        output=output,
        max_tokens=max_tokens,
    )
    draft = answer.output
    return ModelDraft(
        claims=tuple(draft.claims),
        decision=getattr(draft, "decision", None),
        reasoning=draft.reasoning,
        confidence=CERTAINTY[draft.certainty],
        exchange=answer.exchange_id,
    )


def _request(question: DraftQuestion) -> str:
    data = [blocks.Block("case", f"Subject: {question.subject}\n\n{question.text}")]
    if question.facts:
        facts = "\n".join(f"{name} = {value}" for name, value in sorted(question.facts.items()))
        data.append(blocks.Block("facts", facts))
    data += [
        blocks.Block("passage", source.text, {"id": source.id, "title": source.title, "heading": source.heading})
        for source in question.passages
    ]
    if question.problems:
        data.append(blocks.Block("problems", "\n".join(question.problems)))
    return f"{blocks.render(data)}\n\n{_task(question)}"


def _task(question: DraftQuestion) -> str:
    lines = [
        f"Write the reply to this case, which is about: {question.case_type}.",
        f"Language of the reply: {question.language}.",
        f"Begin with: {question.opening}",
        f"End with: {question.closing}",
    ]
    if question.decisions:
        lines += ["Decisions allowed:", *(f"- {slug}: {title}" for slug, title in question.decisions)]
    if question.decided:
        lines.append(f"Decision that follows from the facts: {question.decided}. {question.why}".strip())
    if question.problems:
        lines.append("Your previous draft failed verification. Write it again without the listed problems.")
    return "\n".join(lines)
