"""Between calendar and policy and their forms: one field for each thing that they say."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.http import QueryDict
from django.utils import timezone
from pydantic import ValidationError

from apps.reviews.calendars import DAYS, CalendarContent, as_lines, read_days
from apps.reviews.policies import PolicyContent
from apps.reviews.working_time import NeverOpen, add
from apps.workflows.models import Workflow

SPARE = 2  # empty rows at the end of a list
LEVEL = ("case_type", "urgency", "hours")
BLIND = ("sample", "second", "known")
RULE = ("case_type", "urgency", "reason", "when", "hours", "to", "otherwise")


def calendar_from(given: QueryDict) -> CalendarContent:
    """Raises ValueError, of which pydantic's ValidationError is one."""
    days = read_days(given.get("special", ""), year=timezone.now().year)
    pasted = read_days(given.get("paste", ""), year=timezone.now().year)
    known = {each.day for each in days}
    special = sorted([*days, *(each for each in pasted if each.day not in known)], key=lambda each: each.day)
    week = tuple(given.get(f"day-{number}", "") for number in range(len(DAYS)))
    return CalendarContent.model_validate({"zone": given.get("zone", ""), "week": week, "special": special})


def calendar_fields(content: CalendarContent, given: QueryDict) -> dict[str, Any]:
    """What the form shows: what was typed, or else what is in force."""
    return {
        "zone": given.get("zone", content.zone),
        "week": [(number, name, given.get(f"day-{number}", content.week[number])) for number, name in enumerate(DAYS)],
        "special": given.get("special", as_lines(content.special)),
        "paste": given.get("paste", ""),
        "note": given.get("note", ""),
    }


def policy_from(given: QueryDict) -> PolicyContent:
    """Rows without anything that counts are left out. Raises ValidationError."""
    return PolicyContent.model_validate(
        {
            "two_people": {
                "impacts": given.getlist("impact"),
                "case_types": given.get("two_types", "").replace(",", " ").split(),
            },
            "service_levels": [row for row in _rows(given, "level", LEVEL) if row["hours"]],
            "warn_at": given.get("warn_at", ""),
            "escalations": [row | {"hours": row["hours"] or "0"} for row in _rows(given, "rule", RULE) if row["to"]],
            "blind": {name: given[f"blind-{name}"] for name in BLIND if given.get(f"blind-{name}")},
        }
    )


def policy_fields(content: PolicyContent, given: QueryDict) -> dict[str, Any]:
    stored = content.model_dump(mode="json")
    typed = bool(given)
    return {
        "impacts": given.getlist("impact") if typed else stored["two_people"]["impacts"],
        "two_types": given.get("two_types", " ".join(content.two_people.case_types)),
        "levels": _filled(_rows(given, "level", LEVEL) if typed else stored["service_levels"], LEVEL),
        "warn_at": given.get("warn_at", content.warn_at),
        "rules": _filled(_rows(given, "rule", RULE) if typed else stored["escalations"], RULE),
        "blind": {name: given.get(f"blind-{name}", stored["blind"][name]) for name in BLIND},
        "note": given.get("note", ""),
    }


def previewed(calendar: CalendarContent, workflows: list[tuple[Workflow, PolicyContent]]) -> list[tuple[str, str, str]]:
    """For each service level: what it is for, its hours, and when a case that comes now is due."""
    rows, hours, now = [], calendar.hours(), timezone.now()
    for workflow, policy in workflows:
        for level in policy.service_levels:
            what = " · ".join([workflow.title, level.case_type or "any type", f"{level.urgency or 'any'} urgency"])
            try:
                moment = add(hours, now, float(Decimal(level.hours)) * timedelta(hours=1))
                when = f"{moment.astimezone(ZoneInfo(calendar.zone)):%a %d %b %Y, %H:%M %Z}"
            except NeverOpen:
                when = "never: there are no opening hours"
            rows.append((what, level.hours, when))
    return rows


def problems_of(error: ValueError) -> list[str]:
    if not isinstance(error, ValidationError):
        return [str(error)]
    return [
        f"{' '.join(str(part) for part in each['loc'])}: {each['msg'].removeprefix('Value error, ')}"
        for each in error.errors()
    ]


def _rows(given: QueryDict, name: str, fields: tuple[str, ...]) -> list[dict[str, str]]:
    columns = [given.getlist(f"{name}-{field}") for field in fields]
    return [dict(zip(fields, (value.strip() for value in row), strict=True)) for row in zip(*columns, strict=False)]


def _filled(rows: list[dict[str, str]], fields: tuple[str, ...]) -> list[dict[str, str]]:
    kept = [row for row in rows if any(row.get(name) for name in ("hours", "to"))]
    return [*kept, *(dict.fromkeys(fields, "") for _ in range(SPARE))]
