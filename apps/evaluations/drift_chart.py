"""What drift did from day to day, as a drawing: each measure as a part of its limit, which is a line across.

Coordinates are of the drawing's own box, WIDTH x HEIGHT, with y downwards, as SVG has it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from apps.evaluations.drift_models import DriftReport

WIDTH, HEIGHT = 640, 220
LEFT, RIGHT, TOP, BOTTOM = 46, 626, 12, 186
MOST_DAYS = 30
HIGHEST = 2.0  # times the limit: what is above stands at the edge
TICKS = 5  # days that are named


@dataclass(frozen=True)
class Line:
    number: int  # of its colour
    title: str
    points: str
    dots: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Chart:
    lines: tuple[Line, ...]
    limit: float  # y
    days: tuple[tuple[float, str], ...]
    up: tuple[tuple[float, str], ...]


def draw(reports: Sequence[DriftReport]) -> Chart | None:
    """Of finished reports, the newest first; None without one."""
    shown = list(reports[:MOST_DAYS])[::-1]
    if not shown:
        return None
    places = [LEFT + (RIGHT - LEFT) * (place + 0.5) / len(shown) for place in range(len(shown))]
    titles = {each["key"]: each["title"] for report in shown for each in report.report["measures"]}
    lines = []
    for number, (key, title) in enumerate(titles.items()):
        dots = tuple(
            (round(x, 1), _up(each["excess"] / each["limit"]))
            for x, report in zip(places, shown, strict=True)
            for each in report.report["measures"]
            if each["key"] == key and each["state"] != "few"
        )
        if dots:
            lines.append(Line(number, title, " ".join(f"{x},{y}" for x, y in dots), dots))
    every = max(1, -(-len(shown) // TICKS))
    days = [(round(x, 1), f"{report.day:%d %b}") for x, report in zip(places, shown, strict=True)]
    return Chart(tuple(lines), _up(1.0), tuple(days[::every]), tuple((_up(part), f"{part:g}×") for part in (0, 1, 2)))


def _up(part: float) -> float:
    return round(BOTTOM - (BOTTOM - TOP) * min(part, HIGHEST) / HIGHEST, 1)
