"""Taking a tenant's own out of a template: names of its people and of itself, addresses, and long numbers."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from apps.tenants.models import Membership
from apps.tenants.schemas import current_schema

PATTERNS = (
    ("e-mail address", re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")),
    ("web address", re.compile(r"https?://\S+")),
    ("number", re.compile(r"\+?\d(?:[ ()-]?\d){6,}")),  # of a telephone, an order, an account
)
SHORTEST = 3  # letters of a name that is looked for


@dataclass(frozen=True)
class Replaced:
    what: str
    was: str


def scrub(content: Any, tenant: str) -> tuple[Any, list[Replaced]]:
    """The same with placeholders, and what they stand for, each once. `tenant` is the name of the current tenant."""
    replaced: dict[Replaced, None] = {}
    names = [("client", re.compile(rf"\b{re.escape(name)}\b", re.IGNORECASE)) for name in _names_of(tenant)]
    names += [("person", re.compile(rf"\b{re.escape(name)}\b", re.IGNORECASE)) for name in _people()]

    def clean(value: Any) -> Any:
        if isinstance(value, str):
            for what, pattern in (*PATTERNS, *names):
                for was in pattern.findall(value):
                    replaced[Replaced(what, was)] = None
                value = pattern.sub(f"[{what}]", value)
            return value
        if isinstance(value, dict):
            return {name: clean(each) for name, each in value.items()}
        return [clean(each) for each in value] if isinstance(value, list | tuple) else value

    return clean(content), list(replaced)


def _names_of(tenant: str) -> Sequence[str]:
    """The whole name first, then its first word, which is what people say."""
    first = tenant.split()[0] if tenant.split() else ""
    return [name for name in (tenant, first) if len(name) >= SHORTEST]


def _people() -> Sequence[str]:
    held = Membership.objects.filter(tenant=current_schema()).select_related("user")
    whole = [member.user.name for member in held]
    last = [name.split()[-1] for name in whole if name.split()]
    return [name for name in dict.fromkeys((*whole, *last)) if len(name) >= SHORTEST]
