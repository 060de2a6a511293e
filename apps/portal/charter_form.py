"""Between the charter and its form: one field for each thing that it says."""

from collections.abc import Mapping
from typing import Any

from django.http import QueryDict
from pydantic import ValidationError

from apps.evaluations.gate import PRIMARIES
from apps.evaluations.stop_conditions import TITLES
from apps.workflows.charters import STRICTNESS, CharterContent, lanes_of
from apps.workflows.models import Workflow

TEXTS = ("outcome", "kpi", "primary_metric")
ALLOWED = ("automatic_rollback", "automatic_retraining", "without_assurance")  # what goes without a person, or a proof
PEOPLE = {
    "decision_owner": "Decision owner",
    "data_owner": "Data owner",
    "model_steward": "Model steward",
    "business_sponsor": "Business sponsor",
}
UNITS = {
    "latency": "seconds, for 95 % of the cases",
    "cost": "USD a case, for 95 % of them",
    "drift": "index",
    "overturned": "share of the random sample that people looked at blind, as 0.05",
    "complaint": "share of the cases, as 0.05; as recorded, or by a case of these types within a fortnight",
}
FIELDS = {"wrong": "Share that may be wrong in the automatic lane", "confidence": "With this confidence"}
SAID = {
    "string_pattern_mismatch": "write a number with a point, as 0.05",
    "int_parsing": "write a whole number of days",
    "greater_than_equal": "from 1 to 90 days",
    "less_than_equal": "from 1 to 90 days",
    "literal_error": "choose one of those offered",
}


def content_from(given: QueryDict) -> CharterContent:
    """Raises pydantic's ValidationError."""
    content: dict[str, Any] = {name: given.get(name, "") for name in TEXTS}
    content |= {who: {"name": given.get(f"{who}_name", ""), "email": given.get(f"{who}_email", "")} for who in PEOPLE}
    content["risk_tolerance"] = {"wrong": given.get("wrong", ""), "confidence": given.get("confidence", "")}
    content["lanes"] = {name.removeprefix("lane:"): given[name] for name in given if name.startswith("lane:")}
    content |= {name: name in given for name in ALLOWED}
    content["stop_conditions"] = [
        {
            "metric": metric,
            "limit": given.get(f"limit:{metric}", "").strip(),
            "window": given.get(f"window:{metric}", "") or 7,
            "case_types": given.get(f"types:{metric}", "").replace(",", " ").split(),
        }
        for metric in _conditions_in(given)
    ]
    return CharterContent.model_validate(content)


def as_form(content: CharterContent, workflow: Workflow, given: QueryDict) -> dict[str, Any]:
    """The form's rows, filled from what was typed, or else from the charter."""

    def value(name: str, otherwise: object) -> object:
        return given.get(name, otherwise)

    lanes: Mapping[str, str] = lanes_of(workflow.production) if workflow.production else {}
    conditions = {str(condition.metric): condition for condition in content.stop_conditions}
    people = []
    for who, title in PEOPLE.items():
        holder = getattr(content, who)
        people.append((who, title, value(f"{who}_name", holder.name), value(f"{who}_email", holder.email)))
    return {
        "texts": {name: value(name, getattr(content, name)) for name in TEXTS},
        "people": people,
        "wrong": value("wrong", content.risk_tolerance.wrong),
        "confidence": value("confidence", content.risk_tolerance.confidence),
        **{name: name in given if given else getattr(content, name) for name in ALLOWED},
        "lanes": [
            (slug, lanes.get(slug, ""), value(f"lane:{slug}", content.lanes.get(slug, lanes.get(slug, "reserved"))))
            for slug in sorted(lanes.keys() | content.lanes.keys())
        ],
        "choices": STRICTNESS,
        "primaries": [(key, name) for key, (name, _) in PRIMARIES.items()],
        "conditions": [_condition_row(metric, conditions.get(metric), value) for metric in TITLES],
    }


def problems_of(error: ValidationError, given: QueryDict) -> list[str]:
    """Each in words: the field by the name that the form gives it, and what to write there."""
    found = error.errors()
    return [f"{_field(each['loc'], _conditions_in(given))}: {SAID.get(each['type'], each['msg'])}." for each in found]


def _conditions_in(given: QueryDict) -> list[str]:
    """The metrics for which a limit was typed, in the order of the form."""
    return [metric for metric in TITLES if given.get(f"limit:{metric}", "").strip()]


def _field(place: tuple[int | str, ...], conditions: list[str]) -> str:
    if place[0] == "stop_conditions" and len(place) > 2:
        return f"{_title(conditions[int(place[1])])}, {place[2]}"
    return FIELDS.get(str(place[-1]), " ".join(str(part).replace("_", " ") for part in place))


def _title(metric: str) -> str:
    return TITLES[metric].format("the limit,").replace(", s", ", in seconds").replace(", USD", ", in USD")


def _condition_row(metric: str, condition: Any, value: Any) -> dict[str, object]:
    return {
        "metric": metric,
        "title": _title(metric),
        "unit": UNITS.get(metric, "share of the cases, as 0.05"),
        "limit": value(f"limit:{metric}", condition.limit if condition else ""),
        "window": value(f"window:{metric}", condition.window if condition else 7),
        "types": value(f"types:{metric}", " ".join(condition.case_types) if condition else ""),
    }
