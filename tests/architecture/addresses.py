"""Every address of the product, found by walking the URL configuration."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any
from uuid import UUID

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern

from apps.tenants.capabilities import Capability
from apps.tenants.middleware import is_api

PARAMETER = re.compile(r"<(?:(?P<converter>\w+):)?(?P<name>\w+)>")
SAMPLES: Mapping[str, tuple[str, ...]] = {
    "int": ("1",),
    "str": ("x",),
    "slug": ("x",),
    "path": ("x",),
    "uuid": (str(UUID(int=7)),),
}


@dataclass(frozen=True)
class Address:
    route: str  # as written, such as `cases/<uuid:case_id>/`
    view: Any

    @property
    def api(self) -> bool:
        return is_api(self.view)

    @property
    def for_everyone(self) -> bool:
        return getattr(self.view, "for_everyone", False)

    @property
    def for_members(self) -> bool:
        return getattr(self.view, "for_members", False)

    @property
    def capabilities(self) -> set[Capability]:
        """What the address takes; for a program's view, over all of its methods."""
        owner = self.view.cls if self.api else self.view
        required = getattr(owner, "required_capability", None)
        if isinstance(required, dict):
            return set(required.values())
        return set() if required is None else {required}

    def paths(self, values: Mapping[str, Iterable[str]] = SAMPLES) -> Iterator[str]:
        """The address with every combination of the values, which are given by converter."""
        converters = [match["converter"] or "str" for match in PARAMETER.finditer(self.route)]
        for combination in product(*(values[converter] for converter in converters)):
            chosen = iter(combination)
            yield "/" + PARAMETER.sub(lambda _: next(chosen), self.route)  # noqa: B023  # used up at once


def addresses(urlconf: str) -> list[Address]:
    return list(_walk(get_resolver(urlconf).url_patterns, ""))


def _walk(patterns: Iterable[URLPattern | URLResolver], prefix: str) -> Iterator[Address]:
    for entry in patterns:
        assert isinstance(entry.pattern, RoutePattern), f"write {entry.pattern} with path(), which the tests can walk"
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _walk(entry.url_patterns, route)
        else:
            yield Address(route, entry.callback)
