"""The risk-coverage curve as a drawing: how wrong intake would be, the more cases it decides alone.

Coordinates are of the drawing's own box, WIDTH x HEIGHT, with y downwards, as SVG has it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from apps.evaluations.risk import Tested
from apps.evaluations.thresholds import Study

WIDTH, HEIGHT = 440, 260
LEFT, RIGHT, TOP, BOTTOM = 46, 416, 14, 218
MOST_POINTS = 240  # more could not be told apart
STEPS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2)  # of the scale of risk
TICKS = 5
TABLE_ROWS = 10


@dataclass(frozen=True)
class Tick:
    at: float
    text: str


@dataclass(frozen=True)
class Chart:
    seen: str  # points of the polyline of errors seen
    bound: str  # and of the bound that each threshold has by itself
    promised: float  # y of the promised risk
    chosen: tuple[float, float] | None  # x and y of the threshold found
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]
    table: tuple[Tested, ...]


def draw(study: Study) -> Chart:
    """Of a study with at least one case."""
    cases = study.asked
    shares = [point.wrong / point.taken for point in study.points]
    highest = max(2 * study.promise.risk, *shares)
    step = next((step for step in STEPS if step * TICKS >= highest), STEPS[-1])
    top = step * TICKS

    def across(taken: int) -> float:
        return round(LEFT + (RIGHT - LEFT) * taken / cases, 1)

    def up(risk: float) -> float:
        return round(BOTTOM - (BOTTOM - TOP) * min(1.0, risk / top), 1)

    shown = _thinned(study.points, MOST_POINTS)
    chosen = study.finding.chosen
    return Chart(
        seen=" ".join(f"{across(each.taken)},{up(each.wrong / each.taken)}" for each in shown),
        bound=" ".join(f"{across(each.taken)},{up(each.bound)}" for each in shown),
        promised=up(study.promise.risk),
        chosen=(across(chosen.taken), up(chosen.wrong / chosen.taken)) if chosen else None,
        across=tuple(Tick(across(round(cases * share / 4)), f"{share * 25} %") for share in range(5)),
        up=tuple(Tick(up(step * number), f"{100 * step * number:g} %") for number in range(TICKS + 1)),
        table=tuple(_thinned(study.points, TABLE_ROWS)),
    )


def _thinned(points: Sequence[Tested], most: int) -> list[Tested]:
    """At most so many, evenly over the coverage, the last one always among them."""
    every = max(1, -(-len(points) // most))
    return list(points[::-1][::every][::-1])
