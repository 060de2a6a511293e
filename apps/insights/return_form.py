"""The form of the terms: what is typed, as text, and what is read from it."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from apps.insights.return_terms import Terms, TermsRefused
from apps.planning.assumptions import COMPLEXITIES, GEOGRAPHIES, INDUSTRIES


@dataclass(frozen=True)
class Field:
    name: str
    label: str
    kind: str  # of the input: date, number, select
    hint: str = ""
    step: str = "any"
    choices: tuple[tuple[str, str], ...] = ()
    needed: bool = False


def _titles(names: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    return tuple((name, str(getattr(each, "title", name))) for name, each in names.items())


RECORDS = (("", "all cases"), ("1", "a sample of the cases a month"))
NOBODY = "0: nobody has said, and the channel claims nothing"
FIELDS = (
    (
        "Phases and fees",
        (
            Field("discovery_on", "Discovery began", "date", needed=True),
            Field("discovery", "Discovery, USD", "number", "paid at its end"),
            Field("build_on", "Build began", "date", "empty: not yet"),
            Field("build", "Build, USD", "number", "paid in three thirds"),
            Field("run_on", "Run began", "date", "empty: not yet"),
            Field("run", "Run, USD a month", "number", "paid in advance"),
        ),
    ),
    (
        "Your own people, beside the review of cases",
        (
            Field("own_hours_building", "Hours a month until Run", "number"),
            Field("own_hours_running", "Hours a month in Run", "number"),
        ),
    ),
    (
        "What a difference is worth",
        (
            Field("error_cost", "Cost of one error, USD", "number", NOBODY),
            Field("day_value", "Worth of a day earlier, USD a case", "number", NOBODY),
        ),
    ),
    (
        "Volume",
        (
            Field("monthly_volume", "Cases a month", "number", "for the forecast", "1"),
            Field("sampled", "The records are", "select", "a sample is scaled up, and said to be", choices=RECORDS),
        ),
    ),
    (
        "For the forecast",
        (
            Field("routine", "Routine share, 0 to 1", "number"),
            Field("complexity", "Complexity", "select", choices=_titles(COMPLEXITIES)),
            Field("geography", "Where people work", "select", choices=_titles(GEOGRAPHIES)),
            Field("industry", "Industry", "select", choices=_titles(INDUSTRIES)),
        ),
    ),
)
NAMES = {each.name: each for _, fields in FIELDS for each in fields}


def typed_of(terms: Terms | None) -> dict[str, str]:
    """As the form shows them."""
    if terms is None:
        return {}
    shown = {name: "" if value is None else str(value) for name, value in terms.model_dump(mode="json").items()}
    return shown | {"sampled": "1" if terms.sampled else ""}


def read(typed: Mapping[str, str]) -> Terms:
    """Raises TermsRefused, in words that name the field."""
    given: dict[str, object] = {}
    for name in NAMES:
        text = typed.get(name, "").strip()
        given[name] = text  # a number comes with a point: a comma may stand between thousands
        if not text and name != "sampled":
            del given[name]
    given["sampled"] = bool(given["sampled"])
    try:
        return Terms.model_validate(given)
    except ValidationError as error:
        raise TermsRefused(" ".join(_said(each) for each in error.errors()[:3])) from None


def _said(error: Mapping[str, object]) -> str:
    place, said = error["loc"], str(error["msg"]).removeprefix("Value error, ")
    name = str(place[0]) if isinstance(place, tuple) and place else ""
    return f"{NAMES[name].label}: {said}." if name in NAMES else said
