"""How drift and decisions are said and coloured."""

from django import template

from apps.evaluations.lifecycle_models import DecisionRecord

register = template.Library()
WORDS = {
    "few": "too few cases",
    "stable": "stable",
    "small": "changed, but little",
    "unproved": "far, not beyond doubt",
    "drift": "drift",
}
TONES = {"few": "plain", "stable": "good", "small": "plain", "unproved": "warn", "drift": "bad"}
STAGE_TONES = {"suggested": "warn", "proposed": "warn", "accepted": "good", "declined": "plain", "ended": "plain"}
MUCH = 10_000


@register.filter
def drift_words(state: str) -> str:
    return WORDS[state]


@register.filter
def drift_tone(state: str) -> str:
    return TONES[state]


@register.filter
def decision_tone(decision: DecisionRecord) -> str:
    return "bad" if decision.state == DecisionRecord.State.FAILED else STAGE_TONES.get(decision.stage, "accent")


@register.filter
def evidence(value: float) -> str:
    """3.14 → 3.1, 42,000 → more than 10,000"""
    return f"more than {MUCH:,}" if value > MUCH else f"{value:,.1f}"


@register.filter
def gauge(value: float, limit: float) -> float:
    """The width of a bar on which the limit stands at 50 of 100."""
    return round(min(100.0, 50 * value / limit), 1)
