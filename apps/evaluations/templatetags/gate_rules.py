"""The review gate's rules in the words of the queue."""

from django import template

from apps.reviews.queue import REASONS

register = template.Library()


@register.filter
def title_of_rule(slug: str) -> str:
    """drafted_lane → lane asks for review"""
    title = REASONS.get(slug, slug.replace("_", " "))
    return title[0].lower() + title[1:]
