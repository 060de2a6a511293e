"""A page, or for htmx only the part of it that a filter changes."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from apps.tenants.requests import MemberRequest


def render_found(request: MemberRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """The whole page, or its partial `found`. Both have one address, so a cache is told what tells them apart."""
    asked = request.htmx and not request.htmx.boosted and not request.htmx.history_restore_request
    response = render(request, f"{template}#found" if asked else template, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response
