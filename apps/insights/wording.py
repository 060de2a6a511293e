"""Figures in words, with their units: the same on the pages and in the report."""

from datetime import date

from apps.insights.against import Against
from apps.insights.kpis import KPIS, Kpi
from apps.insights.models import Baseline

SHORT = {
    "cases an hour": "cases/h",
    "hours a case": "h",
    "minutes a case": "min",
    "USD a case": "USD",
    "share": "%",
}
NOTHING = "–"


def amount(value: float | None, kpi: Kpi) -> str:
    """4.62 → 4.6 min; a share as a percentage."""
    if value is None:
        return NOTHING
    return f"{number(value, kpi)} {SHORT[kpi.unit]}"


def number(value: float, kpi: Kpi) -> str:
    """Three digits that mean something, without the unit."""
    if kpi.share:
        return f"{100 * value:.1f}"
    if kpi.unit == "USD a case":
        return f"{value:,.2f}"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}" if value >= 10 else f"{value:.2f}"


def interval(low: float | None, high: float | None, kpi: Kpi) -> str:
    if low is None or high is None:
        return ""
    return f"{number(low, kpi)}–{number(high, kpi)}"


def baseline(known: Baseline) -> list[str]:
    """Measure, value with its interval, n, period and source."""
    kpi = KPIS[known.measure]
    ends = interval(known.low, known.high, kpi)
    period = f"{_day(known.begin)} – {_day(known.end)}" if known.begin != known.end else _day(known.end)
    return [kpi.title, amount(known.value, kpi) + (f" ({ends})" if ends else ""), f"{known.n:,}", period, known.source]


def change(value: float | None) -> str:
    """As a percentage of the baseline; more than twice as much as a multiple."""
    if value is None:
        return ""
    if value >= 1:
        return f"{1 + value:.1f} ×"
    return f"{100 * value:+.0f} %".replace("-", "−")


def target(held: Against) -> str:
    """What 90 days should bring: as a change, or as the figure itself where nothing was before."""
    kpi = held.figure.kpi
    if kpi.low is None or kpi.high is None:
        return ""
    if not kpi.baseline:
        return f"{100 * kpi.low:.0f}–{100 * kpi.high:.0f} %"
    if kpi.low >= 1:
        return f"{1 + kpi.low:.0f}–{1 + kpi.high:.0f} ×"
    return f"{change(kpi.low)} to {change(kpi.high)}"


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"
