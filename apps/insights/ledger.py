"""What the workflow has cost so far, line by line: fees as agreed on, models as metered, one's own people as stated."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from apps.insights.return_terms import Terms

BUILD_WEEKS: Final = 10  # the longest, where nobody has said when Run begins
PARTS: Final = 3  # that Build is paid in: at its start, at the end of its fourth week, on acceptance
FOURTH_WEEK = timedelta(days=28)


@dataclass(frozen=True)
class Line:
    on: date
    kind: str  # a key of planning.roi.COSTS
    title: str
    usd: float
    source: str


def fees(terms: Terms, source: str, until: date) -> list[Line]:
    """What had to be paid up to and with the day `until`, the oldest first."""
    return sorted(
        (each for each in _all(terms, source, until) if each.usd and each.on <= until), key=lambda each: each.on
    )


def own_people(terms: Terms, hour: float | None, until: date) -> list[Line]:
    """One line for each calendar month that has begun; none where nobody said what an hour costs."""
    if hour is None:
        return []
    found = []
    for month in months(terms.discovery_on, until):
        running = terms.run_on is not None and following(month) > terms.run_on
        hours = float(terms.own_hours_running if running else terms.own_hours_building)
        whole = (following(month) - month).days
        part = ((min(following(month) - timedelta(days=1), until) - max(month, terms.discovery_on)).days + 1) / whole
        if hours:
            title = f"{hours:g} hours a month at {hour:.2f} USD" + ("" if part == 1 else f", {part:.0%} of the month")
            found.append(
                Line(max(month, terms.discovery_on), "people", title, hours * hour * part, "stated in the terms")
            )
    return found


def months(first: date, last: date) -> Iterator[date]:
    """The first day of each calendar month from the one of `first` to the one of `last`."""
    month = first.replace(day=1)
    while month <= last:
        yield month
        month = following(month)


def following(month: date) -> date:
    """The first day of the month after."""
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1)


def _all(terms: Terms, source: str, until: date) -> Iterator[Line]:
    discovered = terms.build_on or terms.discovery_on + timedelta(days=13)
    yield Line(discovered, "discovery", "Discovery, at its end", float(terms.discovery), source)
    if terms.build_on:
        accepted = terms.run_on or terms.build_on + timedelta(weeks=BUILD_WEEKS)
        days = ((terms.build_on, "at its start"), (terms.build_on + FOURTH_WEEK, "after four weeks"))
        for on, when in (*days, (accepted, "on acceptance")):
            yield Line(on, "build", f"Build, a third {when}", float(terms.build) / PARTS, source)
    if terms.run_on:
        month, number = terms.run_on, 1
        while month <= until:
            yield Line(month, "run", f"Run, month {number}, in advance", float(terms.run), source)
            later, number = following(month), number + 1
            last = (following(later) - timedelta(days=1)).day
            month = later.replace(day=min(terms.run_on.day, last))
