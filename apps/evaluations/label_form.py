"""The questions of the labelling page with their keys, and the answers as a form sends them."""

from dataclasses import dataclass
from typing import get_args

from django.http import QueryDict
from pydantic import ValidationError

from apps.evaluations.label_files import against
from apps.evaluations.labels import Answers, Expected, Sentiment, Urgency
from apps.taxonomies.content import OUT_OF_SCOPE, Taxonomy

TYPE_KEYS = "1234567890qweryuio"  # one for each case type, in the taxonomy's order, out of scope last
URGENCY_KEYS = "zxv"
SENTIMENT_KEYS = "asdf"
NO_DECISION = "none"
POINTS = 20


class AnswersRefused(ValueError):
    """The answers cannot be kept as they are. The message says why."""


@dataclass(frozen=True)
class Option:
    value: str
    title: str
    key: str
    chosen: bool
    description: str = ""


@dataclass(frozen=True)
class Questions:
    types: list[Option]
    urgency: list[Option]
    sentiment: list[Option]
    decisions: list[tuple[str, str, list[Option]]]  # case type's slug and title, and its decisions
    no_decision: bool


def questions(taxonomy: Taxonomy | None, answers: Answers) -> Questions:
    """With what was answered so far."""
    kinds = [(kind.slug, kind.title, kind.description) for kind in taxonomy.case_types] if taxonomy else []
    if taxonomy:
        kinds.append((OUT_OF_SCOPE, taxonomy.out_of_scope.title, taxonomy.out_of_scope.description))
    keys = TYPE_KEYS + " " * len(kinds)
    return Questions(
        types=[
            Option(slug, title, keys[place].strip(), slug == answers.case_type, description)
            for place, (slug, title, description) in enumerate(kinds)
        ],
        urgency=_options(get_args(Urgency), URGENCY_KEYS, answers.urgency),
        sentiment=_options(get_args(Sentiment), SENTIMENT_KEYS, answers.sentiment),
        decisions=[
            (
                kind.slug,
                kind.title,
                [
                    Option(row.slug, row.title, "", (kind.slug, row.slug) == (answers.case_type, answers.decision))
                    for row in kind.decisions
                ],
            )
            for kind in (taxonomy.case_types if taxonomy else ())
        ],
        no_decision=answers.decision == "",
    )


def answers_in(form: QueryDict, taxonomy: Taxonomy | None) -> Answers:
    """What a form says. Raises AnswersRefused when the taxonomy does not know an answer."""
    kind, _, slug = form.get("decision", "").partition("/")
    decision = None if not kind else "" if kind == NO_DECISION else slug
    try:
        answers = Answers.model_validate(
            {
                **{name: form.get(name) or None for name in ("case_type", "urgency", "sentiment")},
                "passages": tuple(dict.fromkeys(each[:300] for each in form.getlist("passages")[:POINTS])),
                "decision": decision,
                **{name: _points(form.get(name, "")) for name in ("must", "must_not")},
            }
        )
    except ValidationError as error:
        raise AnswersRefused(_first(error)) from None
    if answers.case_type and taxonomy:
        if answers.decision and kind != answers.case_type:
            raise AnswersRefused("The decision is one of another case type. Choose again.")
        wrong = against(taxonomy, Expected(case_type=answers.case_type, decision=answers.decision or None))
        if wrong:
            raise AnswersRefused(wrong)
    return answers


def _options(values: tuple[str, ...], keys: str, chosen: str | None) -> list[Option]:
    return [Option(value, value.capitalize(), key, value == chosen) for value, key in zip(values, keys, strict=True)]


def _points(text: str) -> tuple[str, ...]:
    """One point a line."""
    if "\x00" in text:
        raise AnswersRefused("A point holds a NUL byte, which no text has.")
    return tuple(line.strip() for line in text.splitlines() if line.strip())[:POINTS]


def _first(error: ValidationError) -> str:
    detail = error.errors(include_url=False, include_input=False)[0]
    return f"{str(detail['loc'][0]).replace('_', ' ').capitalize()}: {detail['msg']}."
