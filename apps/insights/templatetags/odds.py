"""Chances and the values of streams in words."""

from math import floor, log10

from django import template

from apps.insights.anomaly_words import amount

register = template.Library()
POWERS = ((9, "billion"), (6, "million"))


@register.filter
def one_in(chance: float) -> str:
    """1 in 1,400; never finer than one digit and a half, because the tail of a distribution is not known finer."""
    odds = min(1 / max(chance, 1e-12), 1e9)
    digits = 10 ** max(floor(log10(odds)) - 1, 0)
    rounded = round(odds / digits) * digits
    for power, word in POWERS:
        if rounded >= 10**power:
            more = "more than " if odds >= 1e9 else ""
            return f"{more}1 in {rounded / 10**power:,.0f} {word}"
    return f"1 in {rounded:,.0f}"


@register.filter
def as_amount(value: float, kind: str) -> str:
    return amount(kind, value)
