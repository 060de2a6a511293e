"""What the head of a tool's page says of it to search engines and models."""

from typing import Any

from django import template

from apps.planning.tools import TOOLS, embedded, linked_data

register = template.Library()


@register.inclusion_tag("planning/head.html", takes_context=True)
def tool_head(context: dict[str, Any]) -> dict[str, object]:
    request = context["request"]
    tool = next(each for each in TOOLS if each.page == request.resolver_match.url_name)
    data = linked_data(tool, request.build_absolute_uri("/"))
    return {"tool": tool, "address": data["url"], "data": embedded(data)}
