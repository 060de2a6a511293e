"""The statement of work as a form: lists by line, milestones and measures by row."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.http import QueryDict
from pydantic import ValidationError

from apps.engagements.statement.sow_content import SowContent
from apps.engagements.typed_numbers import ungrouped

PARTIES = {"client": "Client", "provider": "Provider"}
PARTY = {"name": "Name", "address": "Address", "signatory": "Who signs, and as what"}
LISTS = ("included", "excluded", "assumptions", "data_terms")
TEXTS = ("background", "goal", "acceptance_rule", "change_control", "leaving", "law")
PRICES = {"discovery": "Discovery, USD", "build": "Build, USD", "pilot": "Pilot, USD", "run": "Run, USD a month"}
MILESTONE = ("begin", "end", "title", "exit")
CRITERION = ("measure", "least", "cases")
SPARE = 2  # empty rows to write into


def typed(content: SowContent) -> dict[str, Any]:
    """What the form's fields hold. Rows have two empty ones at their end."""
    kept = content.model_dump()
    return {
        **{name: kept[name] for name in TEXTS},
        **{name: "\n".join(kept[name]) for name in LISTS},
        "volume": kept["volume"] or "",
        "parties": [(side, title, kept[side]) for side, title in PARTIES.items()],
        "prices": {name: kept["prices"][name] or "" for name in (*PRICES, "terms")},
        "milestones": [*kept["milestones"], *[dict.fromkeys(MILESTONE, "")] * SPARE],
        "acceptance": [*kept["acceptance"], *[dict.fromkeys(CRITERION, "")] * SPARE],
    }


def typed_again(given: QueryDict) -> dict[str, Any]:
    """The same from a form that was refused: nothing that was written is lost."""
    return {
        **{name: given.get(name, "") for name in (*TEXTS, *LISTS, "volume")},
        "parties": [
            (side, title, {name: given.get(f"{side}_{name}", "") for name in PARTY}) for side, title in PARTIES.items()
        ],
        "prices": {name: given.get(f"price_{name}", "") for name in (*PRICES, "terms")},
        "milestones": _rows(given, "milestone", MILESTONE),
        "acceptance": _rows(given, "criterion", CRITERION),
    }


def content_from(given: QueryDict) -> SowContent:
    """Raises ValueError, in words."""
    try:
        return SowContent.model_validate(
            {
                **{name: given.get(name, "") for name in TEXTS},
                **{name: _lines(given.get(name, "")) for name in LISTS},
                "volume": _number(given.get("volume", ""), "The volume"),
                **{side: {name: given.get(f"{side}_{name}", "") for name in PARTY} for side in PARTIES},
                "prices": {
                    **{name: _number(given.get(f"price_{name}", ""), title) for name, title in PRICES.items()},
                    "terms": given.get("price_terms", ""),
                },
                "milestones": _filled(given, "milestone", MILESTONE),
                "acceptance": _filled(given, "criterion", CRITERION),
            }
        )
    except ValidationError as error:
        raise ValueError(_said(error)) from error


def _rows(given: QueryDict, name: str, columns: Iterable[str]) -> list[dict[str, str]]:
    lists = {column: given.getlist(f"{name}_{column}") for column in columns}
    longest = max(map(len, lists.values()), default=0)
    return [{column: (*values, *[""] * longest)[at] for column, values in lists.items()} for at in range(longest)]


def _filled(given: QueryDict, name: str, columns: Iterable[str]) -> list[Mapping[str, str]]:
    return [row for row in _rows(given, name, columns) if any(value.strip() for value in row.values())]


def _lines(text: str) -> list[str]:
    return [line.strip().removeprefix("- ") for line in text.splitlines() if line.strip()]


def _number(text: str, what: str) -> int:
    bare = ungrouped(text)
    if not bare:
        return 0
    if not bare.isdecimal():
        raise ValueError(f"{what}: write a whole number, not “{text.strip()[:40]}”.")
    return int(bare)


def _said(error: ValidationError) -> str:
    """Where it is, and what is wrong, for the first three."""
    named = {"milestones": "Milestone", "acceptance": "Measure", "included": "In scope", "excluded": "Excluded"}
    words = []
    for each in error.errors()[:3]:
        place, *rest = each["loc"] or ("",)
        row = f" {int(rest[0]) + 1}" if rest and isinstance(rest[0], int) else ""
        column = f", {rest[1]}" if len(rest) > 1 else ""
        message = each["msg"].removeprefix("Value error, ").rstrip(".")
        words.append(f"{named.get(str(place), str(place).replace('_', ' ').capitalize())}{row}{column}: {message}.")
    return " ".join(words)
