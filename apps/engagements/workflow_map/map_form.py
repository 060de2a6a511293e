"""A workflow map as a form: a row for each step, a row for each way."""

from typing import Any

from django.http import QueryDict
from pydantic import ValidationError

from apps.engagements.typed_numbers import ungrouped
from apps.engagements.workflow_map.map_content import Flow, MapContent, Step, in_words

STEP = ("title", "actor", "system", "volume", "minutes", "wait", "pain", "layer", "lane")
FLOW = ("begin", "end", "share", "label")
NUMBERS = ("volume", "minutes", "wait", "share")
SPARE = 3  # empty rows to write into


def typed(content: MapContent) -> dict[str, Any]:
    """What the fields hold, with empty rows at the end."""
    steps = [_shown(step) for step in content.steps]
    flows = [_shown(flow) for flow in content.flows]
    return {
        "steps": [*steps, *[dict.fromkeys(STEP, "")] * SPARE],
        "flows": [*flows, *[dict.fromkeys(FLOW, "")] * SPARE],
    }


def typed_again(given: QueryDict) -> dict[str, Any]:
    """The same of a form that was refused."""
    return {"steps": _rows(given, "step", STEP), "flows": _flows(given)}


def content_from(given: QueryDict) -> MapContent:
    """Rows without a title are left out, and the ways of a step that was taken out go with it. Raises ValueError.

    A step that got another name keeps its ways.
    """
    places = given.getlist("step_place")
    rows = [(_place(places, at), at, row) for at, row in enumerate(_rows(given, "step", STEP)) if row["title"]]
    steps = [row for _, _, row in sorted(rows, key=lambda each: each[:2])]
    titles = {row["title"] for row in steps}
    gone = {was for was, now in _renamed(given).items() if not now} - titles
    flows = [row for row in _flows(given) if row["begin"] and row["end"] and not {row["begin"], row["end"]} & gone]
    try:
        return MapContent.model_validate(
            {"steps": [_numbers(row) for row in steps], "flows": [_numbers(row) for row in flows]}
        )
    except ValidationError as error:
        raise ValueError(in_words(error)) from error


def _flows(given: QueryDict) -> list[dict[str, str]]:
    """The ways, by what their steps are called now."""
    renamed = _renamed(given)
    rows = _rows(given, "flow", FLOW)
    return [row | {end: renamed.get(row[end]) or row[end] for end in ("begin", "end")} for row in rows]


def _renamed(given: QueryDict) -> dict[str, str]:
    """What each step was called → what its row says now, "" where it was taken out."""
    now = [row["title"] for row in _rows(given, "step", ("title",))]
    was = [row["title"] for row in _rows(given, "was", ("title",))]
    return {before: after for before, after in zip(was, now, strict=False) if before}


def _shown(row: Step | Flow) -> dict[str, str]:
    return {name: f"{value:.12g}" if isinstance(value, float) else value for name, value in row.model_dump().items()}


def _rows(given: QueryDict, name: str, columns: tuple[str, ...]) -> list[dict[str, str]]:
    lists = {column: given.getlist(f"{name}_{column}") for column in columns}
    longest = max(map(len, lists.values()), default=0)
    return [
        {column: (*values, *[""] * longest)[at].strip() for column, values in lists.items()} for at in range(longest)
    ]


def _place(places: list[str], at: int) -> float:
    """Where somebody wants a row: the number that they wrote, else where it is."""
    try:
        return float(places[at])
    except (IndexError, ValueError):
        return at + 1


def _numbers(row: dict[str, str]) -> dict[str, str]:
    return {name: (ungrouped(value) or "0") if name in NUMBERS else value for name, value in row.items()}
