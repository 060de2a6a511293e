"""A simulation as its page shows it: lines with both releases, the lanes, and the hours of the week as a picture.

Coordinates are of the drawing's own box, with y downwards, as SVG has it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.evaluations.models import Simulation

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
LANES = (("automatic", "cleared without a person"), ("queue", "to the queue"), ("reserved", "reserved to a person"))
LINES = (  # key, title, unit, whether less is better (None: neither)
    ("automatic", "Cleared without a person", "cases", False),
    ("queue", "To the queue", "cases", True),
    ("reserved", "Reserved to a person", "cases", None),
    ("hours", "Reviewers’ time", "h", True),
    ("cost", "Hosted models", "USD", True),
    ("wrong_alone", "Wrong and cleared alone, by intake’s probabilities", "cases", True),
    ("wrong_measured", "Wrong and cleared alone, by the labelled holdout", "cases", True),
    ("wrong_seen", "Wrong and shown to a person, by intake’s probabilities", "cases", True),
)
LEFT, TOP, CELL, ROW = 34, 16, 18, 16  # of the week's drawing


@dataclass(frozen=True)
class Line:
    title: str
    unit: str
    incumbent: Mapping[str, Any]
    candidate: Mapping[str, Any]
    difference: Mapping[str, Any] | None
    tone: str  # of the difference: good, bad, or plain while its interval holds 0


@dataclass(frozen=True)
class Cell:
    x: int
    y: int
    strength: float  # 0-1 of the busiest hour of either release
    words: str


@dataclass(frozen=True)
class Bar:
    """One release's lanes as parts of a whole."""

    label: str
    parts: Sequence[tuple[str, float, float, float]]  # lane, left and width in percent, cases


def lines(simulation: Simulation) -> list[Line]:
    figures = simulation.report["figures"]
    return [_line(title, unit, less, figures[key]) for key, title, unit, less in LINES]


def lanes(simulation: Simulation) -> list[Bar]:
    figures = simulation.report["figures"]
    named = (("incumbent", simulation.incumbent.label), ("candidate", simulation.release.label))
    return [_bar(label, [figures[lane][arm]["value"] for lane, _ in LANES]) for arm, label in named]


def weeks(simulation: Simulation) -> list[tuple[str, list[Cell]]]:
    """The candidate's week and the incumbent's, each 7 x 24, on one scale."""
    load = simulation.report["load"]
    busiest = max(*load["incumbent"], *load["candidate"], 1e-9)
    named = (("candidate", simulation.release.label), ("incumbent", simulation.incumbent.label))
    return [(label, [_cell(hour, each, busiest) for hour, each in enumerate(load[arm])]) for arm, label in named]


def hours(simulation: Simulation) -> list[tuple[str, list[tuple[str, float, float]]]]:
    """The same as a table: for each hour of the day, each day with the candidate's and the incumbent's load."""
    load = simulation.report["load"]
    return [
        (
            f"{hour:02}–{(hour + 1) % 24:02} h",
            [
                (day, load["candidate"][place * 24 + hour], load["incumbent"][place * 24 + hour])
                for place, day in enumerate(DAYS)
            ],
        )
        for hour in range(24)
    ]


def peak(load: Sequence[float]) -> dict[str, Any]:
    """The busiest hour of a week."""
    busiest = max(range(len(load)), key=load.__getitem__)
    return {"hours": load[busiest], "when": hour_in_words(busiest)}


def stop_rows(simulation: Simulation) -> list[tuple[Mapping[str, Any], list[tuple[int, Mapping[str, Any]]]]]:
    """Each stop condition with what it did at each width."""
    widenings = simulation.report["widenings"]
    by_width = [[(each["percent"], stop) for stop in each["stops"]] for each in widenings]
    return [(row[0][1], list(row)) for row in zip(*by_width, strict=True)]


def headline(simulation: Simulation) -> str:
    """What would change, in a sentence."""
    figures = simulation.report["figures"]
    time, wrong = figures["hours"]["difference"], figures["wrong_alone"]
    less = "less" if time["value"] < 0 else "more"
    sure = "" if time["low"] * time["high"] > 0 else " (it may as well be none)"
    return (
        f"With {simulation.release.label} for all customers reviewers would work {abs(time['value']):.0f} h {less} "
        f"in four weeks{sure}, and {wrong['candidate']['value']:.1f} wrong cases would be cleared alone where "
        f"{wrong['incumbent']['value']:.1f} are now, as far as intake’s probabilities hold.{_measured(figures)}"
    )


def _measured(figures: Mapping[str, Any]) -> str:
    """What the labels say beside it: probabilities are of the case type, and a reply can be wrong in more than that."""
    seen = figures["wrong_measured"]["candidate"]
    if not seen["n"]:
        return ""
    found = f"{seen['value']:.0f} ({seen['low']:.0f} to {seen['high']:.0f}, n = {seen['n']})"
    worse = figures["wrong_alone"]["candidate"]["high"] < seen["low"]
    return f" By the labelled holdout it would be {found}{': do not rely on the smaller number' if worse else ''}."


def fired(simulation: Simulation) -> list[str]:
    """The stop conditions that would have ended a slice in the month, with the width at which each did first."""
    told = []
    for stop, widths in stop_rows(simulation):
        hit = next((percent for percent, each in widths if each.get("breach")), None)
        if hit is not None:
            told.append(f"{stop['title']} at {hit} %")
    return told


def hour_in_words(hour: int) -> str:
    return f"{DAYS[hour // 24]} {hour % 24:02}–{(hour % 24 + 1) % 24:02} h"


def _line(title: str, unit: str, less: bool | None, figure: Mapping[str, Any]) -> Line:
    difference = figure.get("difference")
    tone = "plain"
    if difference and less is not None and difference["low"] * difference["high"] > 0:
        tone = "good" if (difference["value"] < 0) == less else "bad"
    return Line(title, unit, figure["incumbent"], figure["candidate"], difference, tone)


def _bar(label: str, values: Sequence[float]) -> Bar:
    whole, left, parts = sum(values) or 1.0, 0.0, []
    for (lane, _), value in zip(LANES, values, strict=True):
        parts.append((lane, round(left, 2), round(100 * value / whole, 2), value))
        left += 100 * value / whole
    return Bar(label, parts)


def _cell(hour: int, load: float, busiest: float) -> Cell:
    day, at = divmod(hour, 24)
    return Cell(
        LEFT + at * CELL, TOP + day * ROW, round(load / busiest, 3), f"{hour_in_words(hour)}: {60 * load:.0f} min"
    )
