"""Who did something, as the audit log names them."""

from dataclasses import dataclass
from typing import Literal

from django.http import HttpRequest
from rest_framework.request import Request

from apps.tenants.models import ApiKey


@dataclass(frozen=True)
class Actor:
    kind: Literal["person", "key", "service"]
    id: str
    name: str
    role: str


SYSTEM = Actor("service", "thinslice", "Thinslice", "")


def actor_of(request: HttpRequest | Request) -> Actor:
    """The member or the API key behind a request that has passed the membership check."""
    key = getattr(request, "auth", None)
    if isinstance(key, ApiKey):
        return Actor("key", str(key.id), key.name, "")
    membership = request.membership
    return Actor("person", str(membership.user_id), membership.user.name, membership.role)
