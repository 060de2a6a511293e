"""What was answered in the public tools, as it comes along into an engagement and as people read it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.http import QueryDict

from apps.audit.canonical import Json
from apps.compliance.readiness import ANSWERS, public_questions
from apps.planning.forms import BuildOrBuyForm, RoiForm, SprintForm
from apps.planning.sprint import Idea

FORMS: Final[Mapping[str, type[forms.Form]]] = {
    "roi": RoiForm,
    "sprint": SprintForm,
    "build_or_buy": BuildOrBuyForm,
}
TITLES: Final[Mapping[str, str]] = {
    "roi": "Return",
    "sprint": "Sprint plan",
    "build_or_buy": "Build or buy",
    "readiness": "Readiness",
}
Given = dict[str, Json]


@dataclass(frozen=True)
class Said:
    """One tool's answers in words: (what was asked, what was answered). `problem`: why they cannot be taken."""

    tool: str
    rows: list[tuple[str, str]]
    problem: str = ""

    @property
    def title(self) -> str:
        return TITLES[self.tool]


def read(address: QueryDict) -> dict[str, Given]:
    """Tool → its answers, of an address `?tool=roi&volume=6200&…`. {} where it names no tool."""
    tool = address.get("tool", "")
    if tool == "readiness":
        asked = {question.id for question in public_questions()}
        return {tool: {name: str(address[name]) for name in address if name in asked and address[name] in ANSWERS}}
    if tool not in FORMS:
        return {}
    given: Given = {}
    for name, field in FORMS[tool]().fields.items():
        values = [value.replace("\x00", "")[:400] for value in address.getlist(name)]
        if values:
            several: list[Json] = [*values[:40]]
            given[name] = several if isinstance(field, forms.MultipleChoiceField) else values[-1]
    return {tool: given}


def in_words(tool: str, given: Mapping[str, Json]) -> Said:
    if tool == "readiness":
        asks = {question.id: question.asks for question in public_questions()}
        return Said(tool, [(asks[name], _answer(value)) for name, value in given.items() if name in asks])
    form = form_of(tool, given)
    problem = " ".join(
        f"{form[name].label}: {errors[0]}" for name, errors in form.errors.items() if name in form.fields
    )
    return Said(tool, [(str(form[name].label), _shown(form, name)) for name in form.fields if name in given], problem)


def form_of(tool: str, given: Mapping[str, Json]) -> forms.Form:
    """The tool's form with these answers, and its example's values for what was left out."""
    kind = FORMS[tool]
    example = {name: field.initial for name, field in kind().fields.items() if field.initial is not None}
    return kind({**example, **given})


def idea_of(answers: Mapping[str, Mapping[str, Json]], volume: int) -> Idea:
    """What the ten days are planned for: the answers of the sprint generator, else a plain idea of this volume."""
    given = answers.get("sprint") or {"volume": volume or 1, "systems": "", "regulations": []}
    form = form_of("sprint", given)
    if isinstance(form, SprintForm) and form.is_valid():
        return form.idea()
    raise ValueError("The answers to the sprint generator cannot be read.")


def _answer(value: Any) -> str:
    return {str(word): text for word, text in ANSWERS.items()}.get(str(value), "Not known")


def _shown(form: forms.Form, name: str) -> str:
    field, value = form.fields[name], form[name].value()
    if isinstance(field, forms.ChoiceField):
        choices: Any = field.choices
        titles = {str(key): str(title) for key, title in choices}
        values = value if isinstance(value, list | tuple) else [value]
        return ", ".join(titles.get(str(each), str(each)) for each in values) or "none"
    return str(value)
