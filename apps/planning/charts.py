"""Cash over time and swings of value as drawings. Coordinates are of a drawing's own box, y downwards."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from apps.planning.assumptions import Range
from apps.planning.roi import Floats, Swing

WIDTH, HEIGHT = 720, 260
LEFT, RIGHT, TOP, BOTTOM = 64, 708, 12, 228
SWING = 400  # the width of a swing's box
SHOWN = 8  # swings
STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True)
class Scale:
    """From what is measured to where it is drawn."""

    low: float
    high: float
    begin: float
    end: float

    def __call__(self, value: float) -> float:
        return round(self.begin + (self.end - self.begin) * (value - self.low) / (self.high - self.low), 1)

    def ticks(self, about: int = 5) -> list[tuple[float, float]]:
        """Round values within the scale, each with its place."""
        raw = (self.high - self.low) / about
        power = 10.0 ** floor(log10(raw))
        step = next(power * each for each in STEPS if power * each >= raw)
        first = ceil(self.low / step)
        return [(step * at, self(step * at)) for at in range(first, floor(self.high / step) + 1)]


@dataclass(frozen=True)
class Cash:
    line: str
    band: str
    zero: float
    up: Sequence[tuple[str, float]]
    across: Sequence[tuple[int, float]]


def cash(likely: Floats, low: Floats, high: Floats) -> Cash:
    """Cumulative USD at the end of each month, with its band."""
    least, most = min(0.0, float(low.min())), max(0.0, float(high.max()))
    margin = (most - least) * 0.05 or 1.0
    up = Scale(least - margin, most + margin, BOTTOM, TOP)
    across = Scale(1, len(likely), LEFT, RIGHT)

    def points(values: Iterable[float], begin: int = 1, step: int = 1) -> list[str]:
        return [f"{across(begin + step * at)},{up(value)}" for at, value in enumerate(values)]

    back = points(low[::-1], begin=len(low), step=-1)
    return Cash(
        line=" ".join(points(likely)),
        band=" ".join([*points(high), *back]),
        zero=up(0.0),
        up=[(dollars(value), at) for value, at in up.ticks()],
        across=[(month, across(month)) for month in (1, 6, 12, 18, 24, 30, 36)],
    )


@dataclass(frozen=True)
class Bar:
    title: str
    x: float
    width: float
    ends: str  # what the quantity is at either end, in words
    left: str
    right: str


@dataclass(frozen=True)
class Tornado:
    bars: Sequence[Bar]
    middle: float


def tornado(swings: Sequence[Swing], worth: float) -> Tornado:
    """The widest swings around the net present value `worth`, USD. Needs one at least."""
    shown = swings[:SHOWN]
    ends = [end for swing in shown for end in (swing.at_low, swing.at_high)]
    scale = Scale(min(*ends, worth), max(*ends, worth), 0, SWING)
    bars = []
    for swing in shown:
        low, high = sorted((swing.at_low, swing.at_high))
        bars.append(
            Bar(
                title=swing.quantity.title,
                x=scale(low),
                width=max(round(scale(high) - scale(low), 1), 1.0),
                ends=_between(swing.quantity),
                left=dollars(low),
                right=dollars(high),
            )
        )
    return Tornado(bars, scale(worth))


def dollars(value: float) -> str:
    """Three digits: $9,100, $354k, $1.25m."""
    sign, size = "−" if value < 0 else "", abs(value)
    if size >= 999_500:
        return f"{sign}${size / 1e6:.3g}m" if size < 999.5e6 else f"{sign}${size / 1e6:,.0f}m"
    return f"{sign}${size / 1e3:.3g}k" if size >= 9_995 else f"{sign}${size:,.0f}"


def _between(moved: Range) -> str:
    return f"{quantity(moved.low, moved.unit)} – {quantity(moved.high, moved.unit)}"


def quantity(value: float, unit: str) -> str:
    if unit == "share":
        return f"{100 * value:.3g} %"
    if unit == "points a month":
        return f"{100 * value:.2g} points a month"
    number = f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
    return f"{number} {unit}"
