"""Shares and thresholds to the digits in which they matter."""

from django import template

from apps.inference.local.calibration import NEVER

register = template.Library()


@register.filter
def tenths(share: float) -> str:
    """0.0213 → 2.1 %"""
    return f"{100 * share:.1f} %"


@register.filter
def of(part: int, whole: int) -> float:
    """The share; 0 of none."""
    return part / whole if whole else 0.0


@register.filter
def threshold(probability: float) -> str:
    """0.98264 → “from 0.9826”; a threshold that nothing reaches → “never”"""
    return "never" if probability >= NEVER else f"from {probability:.4f}"
