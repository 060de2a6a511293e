"""Dollars and months in words."""

from math import isfinite

from django import template

from apps.planning import charts

register = template.Library()


@register.filter
def dollars(value: float) -> str:
    return charts.dollars(value)


@register.filter
def months(value: float) -> str:
    return f"{value:.1f} months" if isfinite(value) else "not within 36 months"


@register.filter
def times(value: float) -> str:
    return f"{value:.1f} ×".replace("-", "−")


@register.filter
def of_hundred(share: float) -> str:
    return f"{100 * share:.0f} %"
