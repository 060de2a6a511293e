"""The ten weeks of Build as a drawing: what was agreed on and changed, what was met when, and where today is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from apps.engagements.build.standings import Standing

WEEKS, LEFT, WIDE, ROW = 12, 190, 720, 36  # weeks that are drawn: late ones need room


@dataclass(frozen=True)
class Bar:
    title: str
    y: int
    x: float
    width: float
    met_x: float | None  # where its last criterion was met


@dataclass(frozen=True)
class Timeline:
    width: int
    height: int
    bars: Sequence[Bar]
    weeks: Sequence[tuple[int, float]]
    today: float | None


def timeline(standings: Sequence[Standing], monday: date, today: date) -> Timeline:
    """Of stages that begin in the week of `monday`."""

    def x(day: date) -> float:
        return round(LEFT + (WIDE - LEFT) * min(max((day - monday).days, 0), 7 * WEEKS) / (7 * WEEKS), 1)

    def week(number: float) -> float:
        return round(LEFT + (WIDE - LEFT) * number / WEEKS, 1)

    bars = [
        Bar(
            each.stage.title,
            24 + row * ROW,
            week(each.begin - 1),
            round(max(week(each.end) + x(each.due) - x(each.agreed_on) - week(each.begin - 1), 1), 1),
            x(each.met_on) if each.met_on else None,
        )
        for row, each in enumerate(standings)
    ]
    inside = 0 <= (today - monday).days <= 7 * WEEKS
    marks = [(number + 1, week(number)) for number in range(WEEKS)]
    return Timeline(WIDE, 24 + len(bars) * ROW, bars, marks, x(today) if inside else None)
