"""One figure week by week, as a drawing: its interval as a band, the baseline as a line, the target as a range.

Coordinates are of the drawing's own box, WIDTH x HEIGHT, with y downwards, as SVG has it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from apps.insights.against import Against
from apps.insights.happenings import Happening
from apps.insights.kpis import Figure, Kpi, Week
from apps.insights.wording import SHORT
from apps.planning.charts import Scale

WIDTH, HEIGHT = 560, 220
LEFT, RIGHT, TOP, BOTTOM = 52, 548, 22, 190
HEADROOM = 1.15
MOST_OF_BAND = 1.6  # times the highest value: what is uncertain beyond stands at the edge
TICKS = 5


@dataclass(frozen=True)
class Point:
    x: float
    y: float
    few: bool  # its interval is unknown


@dataclass(frozen=True)
class Chart:
    kpi: Kpi
    unit: str
    lines: Sequence[str]  # one for each run of weeks without a gap
    bands: Sequence[str]
    points: Sequence[Point]
    baseline: float | None  # y
    target: tuple[float, float] | None  # y and height
    up: Sequence[tuple[str, float]]
    across: Sequence[tuple[str, float]]
    marks: Sequence[tuple[str, float]]  # letters of what happened


def draw(name: str, weeks: Sequence[Week], held: Against, happened: Sequence[Happening]) -> Chart | None:
    """None where no week has a value."""
    rows = [(week.begin, week.figures[name]) for week in weeks]
    values = [figure.value for _, figure in rows if figure.value is not None]
    if not values:
        return None
    kpi, base = held.figure.kpi, held.baseline.value if held.baseline and held.figure.kpi.baseline else None
    up, target = _upwards(rows, values, base, held.target), held.target
    begin, end = weeks[0].begin, weeks[-1].begin + timedelta(days=7)
    across = Scale(0, (end - begin).days, LEFT, RIGHT)
    middles = [across((monday - begin).days + 3.5) for monday, _ in rows]
    runs = _runs([figure for _, figure in rows])
    return Chart(
        kpi=kpi,
        unit=SHORT[kpi.unit],
        lines=[" ".join(f"{middles[at]},{up(_value(rows[at][1]))}" for at in run) for run in runs if len(run) > 1],
        bands=[_band(run, rows, middles, up) for run in _runs([figure for _, figure in rows], banded=True)],
        points=[
            Point(x, up(figure.value), figure.low is None)
            for x, (_, figure) in zip(middles, rows, strict=True)
            if figure.value is not None
        ],
        baseline=up(base) if base is not None else None,
        target=(up(min(target[1], up.high)), round(up(target[0]) - up(min(target[1], up.high)), 1)) if target else None,
        up=[(f"{100 * value if kpi.share else value:g}", at) for value, at in up.ticks(4)],
        across=_days(rows, middles),
        marks=[(each.letter, across(max(0, (each.at.date() - begin).days))) for each in happened],
    )


def _upwards(
    rows: Sequence[tuple[date, Figure]],
    values: Sequence[float],
    base: float | None,
    target: tuple[float, float] | None,
) -> Scale:
    """From nothing up, so that a small change looks small."""
    highest = max(*values, base or 0.0, target[0] if target else 0.0)
    of_bands = max((figure.high for _, figure in rows if figure.high is not None), default=0.0)
    most = min(of_bands, highest * MOST_OF_BAND) if highest else of_bands
    return Scale(0.0, (max(highest, most) or 1.0) * HEADROOM, BOTTOM, TOP)


def _runs(figures: Sequence[Figure], *, banded: bool = False) -> list[list[int]]:
    """Places of weeks that follow each other and have a value, or an interval."""
    runs: list[list[int]] = [[]]
    for place, figure in enumerate(figures):
        if (figure.high if banded else figure.value) is None:
            runs.append([])
        else:
            runs[-1].append(place)
    return [run for run in runs if run]


def _band(run: Sequence[int], rows: Sequence[tuple[date, Figure]], middles: Sequence[float], up: Scale) -> str:
    def edge(places: Sequence[int], end: str) -> list[str]:
        ends = ((place, max(0.0, min(getattr(rows[place][1], end), up.high))) for place in places)
        return [f"{middles[place]},{up(value)}" for place, value in ends]

    return " ".join([*edge(run, "high"), *edge(run[::-1], "low")])


def _days(rows: Sequence[tuple[date, Figure]], middles: Sequence[float]) -> list[tuple[str, float]]:
    every = max(1, -(-len(rows) // TICKS))
    return [(f"{monday:%d %b}".lstrip("0"), middles[place]) for place, (monday, _) in enumerate(rows)][::every]


def _value(figure: Figure) -> float:
    return figure.value or 0.0
