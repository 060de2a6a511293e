"""How a case stands by the policy, and what is new for a person, for the templates."""

from datetime import timedelta
from typing import Any

from django import template

from apps.reviews import notifying, settling
from apps.tenants.actors import actor_of

register = template.Library()


@register.simple_tag(takes_context=True)
def may_settle(context: dict[str, Any]) -> bool:
    return settling.may_settle(actor_of(context["request"]))


@register.simple_tag
def findings() -> list[tuple[str, str]]:
    return [(slug, title) for slug, title in settling.FINDINGS.items()]


@register.simple_tag(takes_context=True)
def unseen(context: dict[str, Any]) -> int:
    """How many notifications the person has not seen."""
    return notifying.unseen(actor_of(context["request"]))


@register.filter
def working(time: timedelta) -> str:
    """“3 h 20 min” of working time, whichever side of zero."""
    minutes = int(abs(time).total_seconds()) // 60
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
