"""A stream's way as a drawing: its units, the usual range of each, and those that were out of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from apps.insights.anomaly_rows import Unit
from apps.insights.anomaly_words import amount
from apps.planning.charts import BOTTOM, LEFT, RIGHT, TOP, Scale

TICKS = 6


@dataclass(frozen=True)
class Drawing:
    line: str
    band: str
    odd: tuple[tuple[float, float], ...]
    up: tuple[tuple[str, float], ...]
    across: tuple[tuple[str, float], ...]


def draw(units: Sequence[Unit]) -> Drawing | None:
    """None where there are fewer than two units. Its box is that of the cash chart of the public tools."""
    if len(units) < 2:
        return None
    kind, judged = units[0].judged.stream.kind, [each.judged for each in units]
    most = max(max(each.value, each.high) for each in judged)
    up = Scale(0.0, most * 1.05 or 1.0, BOTTOM, TOP)
    across = Scale(0.0, float(len(units) - 1), LEFT + 8, RIGHT - 8)
    above = [f"{across(at)},{up(each.high)}" for at, each in enumerate(judged)]
    below = [f"{across(at)},{up(each.low)}" for at, each in enumerate(judged)]
    every = max(1, -(-len(units) // TICKS))
    return Drawing(
        line=" ".join(f"{across(at)},{up(each.value)}" for at, each in enumerate(judged)),
        band=" ".join([*above, *reversed(below)]),
        odd=tuple((across(at), up(each.judged.value)) for at, each in enumerate(units) if each.odd),
        up=tuple((amount(kind, value).removesuffix(" cases"), at) for value, at in up.ticks(4)),
        across=tuple((f"{each.begin.day} {each.begin:%b}", across(at)) for at, each in enumerate(units))[::every],
    )
