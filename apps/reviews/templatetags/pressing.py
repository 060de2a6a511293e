"""A person's keys, for the pages that one works by keyboard."""

from typing import Any

from django import template

from apps.reviews.keymap import ACTIONS, Action, keys_of, translation
from apps.tenants.actors import actor_of

register = template.Library()


@register.simple_tag(takes_context=True)
def pressed(context: dict[str, Any]) -> str:
    """JSON for the script: key that is pressed → usual key that the page names."""
    return translation(actor_of(context["request"]))


@register.simple_tag(takes_context=True)
def own_keys(context: dict[str, Any]) -> list[tuple[Action, tuple[str, ...]]]:
    """Each action with the keys that the person presses for it."""
    chosen = keys_of(actor_of(context["request"]))
    return [(action, chosen[action.slug]) for action in ACTIONS]
