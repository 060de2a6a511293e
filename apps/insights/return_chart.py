"""The return as drawings: cumulative cash beside the forecast, and the channels month by month."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from apps.insights.returned import BAND
from apps.insights.returns import Return
from apps.planning.assumptions import MONTHS
from apps.planning.charts import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Scale, dollars
from apps.planning.roi import CHANNELS, Floats

ACROSS = (1, 6, 12, 18, 24, 30, 36)


@dataclass(frozen=True)
class Cash:
    measured: str
    ahead: str
    band: str
    forecast: str
    zero: float
    up: tuple[tuple[str, float], ...]
    across: tuple[tuple[int, float], ...]


@dataclass(frozen=True)
class Ahead:
    """The cash summed up at the end of a month, USD, as the chart shows it."""

    number: int
    measured: bool
    total: float
    low: float
    high: float
    forecast: float | None


@dataclass(frozen=True)
class Bar:
    number: int  # of its channel's colour
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Bars:
    bars: tuple[Bar, ...]
    zero: float
    up: tuple[tuple[str, float], ...]
    across: tuple[tuple[str, float], ...]
    legend: tuple[tuple[int, str], ...]


def cash(found: Return) -> Cash | None:
    """None before a whole month is over."""
    if not found.whole:
        return None
    line, (low, high) = found.projection[0], np.percentile(found.projection, BAND, axis=0)
    forecast = found.forecast[0] if found.forecast else np.zeros(0)
    values = np.concatenate([line, low, high, forecast, [0.0]])
    up, across = _scale(values), Scale(1, MONTHS, LEFT, RIGHT)

    def points(of: Floats, first: int = 0) -> list[str]:
        return [f"{across(first + at + 1)},{up(float(value))}" for at, value in enumerate(of)]

    known = min(found.whole, MONTHS)
    return Cash(
        measured=" ".join(points(line[:known])),
        ahead=" ".join(points(line[known - 1 :], known - 1)),
        band=" ".join([*points(high), *reversed(points(low))]),
        forecast=" ".join(points(forecast)),
        zero=up(0.0),
        up=tuple((dollars(value), at) for value, at in up.ticks()),
        across=tuple((month, across(month)) for month in ACROSS),
    )


def ahead(found: Return) -> list[Ahead]:
    """The numbers of the chart of cash: 36 months."""
    line, (low, high) = found.projection[0], np.percentile(found.projection, BAND, axis=0)
    forecast = [float(each) for each in found.forecast[0]] if found.forecast else [None] * len(line)
    numbers = zip(line.tolist(), low.tolist(), high.tolist(), forecast, strict=True)
    return [Ahead(at, at <= found.whole, *each) for at, each in enumerate(numbers, start=1)]


def bars(found: Return) -> Bars | None:
    """What each month returned, a channel upon the other; what was lost hangs below. None where nothing is claimed."""
    flows = found.returned.channels
    if not flows:
        return None
    rows = np.array([flows[name][0] for name in flows])
    up = _scale(np.concatenate([np.maximum(rows, 0).sum(axis=0), np.minimum(rows, 0).sum(axis=0), [0.0]]))
    step = (RIGHT - LEFT) / max(rows.shape[1], 1)
    numbers = {name: number for number, name in enumerate(CHANNELS)}
    made = []
    for month in range(rows.shape[1]):
        above = below = 0.0
        for name, value in zip(flows, rows[:, month].tolist(), strict=True):
            begin = above if value >= 0 else below
            top, foot = sorted((up(begin), up(begin + value)))
            made.append(
                Bar(
                    numbers[name],
                    round(LEFT + step * (month + 0.2), 1),
                    top,
                    round(step * 0.6, 1),
                    round(foot - top, 1),
                )
            )
            above, below = (above + value, below) if value >= 0 else (above, below + value)
    return Bars(
        bars=tuple(made),
        zero=up(0.0),
        up=tuple((dollars(value), at) for value, at in up.ticks()),
        across=tuple((f"{each.begin:%b}", round(LEFT + step * (at + 0.5), 1)) for at, each in enumerate(found.periods)),
        legend=tuple((numbers[name], CHANNELS[name]) for name in flows),
    )


def as_svg(drawn: Cash) -> str:
    """The cash for paper, where no stylesheet is."""
    grid = "".join(
        f'<line x1="{LEFT}" x2="{RIGHT}" y1="{at}" y2="{at}" stroke="#d5dae1"/>'
        f'<text x="{LEFT - 6}" y="{at + 4}" text-anchor="end" font-size="12">{text}</text>'
        for text, at in drawn.up
    )
    below = "".join(
        f'<text x="{at}" y="248" text-anchor="middle" font-size="12">{month}</text>' for month, at in drawn.across
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">{grid}{below}'
        f'<polygon points="{drawn.band}" fill="#dff0f4"/>'
        f'<line x1="{LEFT}" x2="{RIGHT}" y1="{drawn.zero}" y2="{drawn.zero}" stroke="#5b6472"/>'
        f'<polyline points="{drawn.forecast}" fill="none" stroke="#5b6472" stroke-width="1.5" stroke-dasharray="6 4"/>'
        f'<polyline points="{drawn.ahead}" fill="none" stroke="#0b6b80" stroke-width="1.5" stroke-dasharray="2 3"/>'
        f'<polyline points="{drawn.measured}" fill="none" stroke="#0b6b80" stroke-width="3"/></svg>'
    )


def _scale(values: Floats | Sequence[float]) -> Scale:
    least, most = float(np.min(values)), float(np.max(values))
    margin = (most - least) * 0.05 or 1.0
    return Scale(least - margin, most + margin, BOTTOM, TOP)
