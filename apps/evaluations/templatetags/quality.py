"""Shares, medians and kappas with their n and interval, in words."""

from django import template

from apps.evaluations.agreement import Agreement
from apps.evaluations.review_quality import Rate, Took

register = template.Library()


@register.filter
def share(rate: Rate) -> str:
    return "–" if rate.share is None else f"{rate.share:.0%}".replace("%", " %")


@register.filter
def within(rate: Rate) -> str:
    return f"n = {rate.n}, {rate.low:.0%} to {rate.high:.0%}".replace("%", " %") if rate.n else "n = 0"


@register.filter
def kappa(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


@register.filter
def interval(found: Agreement) -> str:
    """A dash where resampling gives one value only: so few cases do not tell how sure it is."""
    if found.low is None or found.high is None or found.low == found.high:
        return "–"
    return f"{found.low:.2f} to {found.high:.2f}"


@register.filter
def kappa_within(found: Agreement) -> str:
    return f"n = {found.n}, {interval(found)}" if interval(found) != "–" else f"n = {found.n}"


@register.filter
def seconds(took: Took) -> str:
    return "–" if took.seconds is None else _length(took.seconds)


@register.filter
def seconds_within(took: Took) -> str:
    if took.low is None or took.high is None:
        return f"n = {took.n}"
    return f"n = {took.n}, {_length(took.low)} to {_length(took.high)}"


def _length(length: float) -> str:
    return f"{length:.0f} s" if length < 90 else f"{length / 60:.1f} min"
