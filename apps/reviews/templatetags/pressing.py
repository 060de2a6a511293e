"""A person's keys, for the pages that one works by keyboard."""

from typing import Any

from django import template

from apps.reviews.keymap import ACTIONS, Action, keys_of, translation
from apps.tenants.actors import actor_of

register = template.Library()


@register.simple_tag(takes_context=True)
def pressed(context: dict[str, Any]) -> str:
    """JSON for the script: key that is pressed → usual key that the page names."""
    return translation(_chosen(context))


@register.simple_tag(takes_context=True)
def own_keys(context: dict[str, Any]) -> list[tuple[Action, tuple[str, ...]]]:
    """Each action with the keys that the person presses for it."""
    chosen = _chosen(context)
    return [(action, chosen[action.slug]) for action in ACTIONS]


def _chosen(context: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    """Read once for a page: its script and its list of keys both want them."""
    request = context["request"]
    if not hasattr(request, "chosen_keys"):
        request.chosen_keys = keys_of(actor_of(request))
    chosen: dict[str, tuple[str, ...]] = request.chosen_keys
    return chosen
