"""Figures in words."""

from django import template

from apps.insights import wording
from apps.insights.against import Against
from apps.insights.kpis import Figure
from apps.insights.models import Baseline

register = template.Library()


@register.filter
def amount(figure: Figure) -> str:
    return wording.amount(figure.value, figure.kpi)


@register.filter
def interval(figure: Figure) -> str:
    return wording.interval(figure.low, figure.high, figure.kpi)


@register.filter
def before(held: Against) -> str:
    return wording.amount(held.baseline.value, held.figure.kpi) if held.baseline else ""


@register.filter
def measured(baseline: Baseline) -> str:
    """Value and interval, with the unit."""
    return wording.baseline(baseline)[1]


@register.filter
def rests_on(baseline: Baseline) -> str:
    """Value and interval, n, period and source."""
    _, value, n, period, source = wording.baseline(baseline)
    return f"{value}, n = {n}, {period}: {source}"


@register.filter
def change(held: Against) -> str:
    return wording.change(held.change)


@register.filter
def change_interval(held: Against) -> str:
    if held.low is None or held.high is None:
        return ""
    low, high = (wording.change(each) for each in (held.low, held.high))
    return f"{low} to {high}"


@register.filter
def target(held: Against) -> str:
    return wording.target(held)
