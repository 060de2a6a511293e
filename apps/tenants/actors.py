"""Who did something, as the audit log names them."""

from dataclasses import dataclass
from typing import Literal, cast

from rest_framework.request import Request

from apps.tenants.models import ApiKey
from apps.tenants.requests import MemberRequest


@dataclass(frozen=True)
class Actor:
    kind: Literal["person", "key", "service"]
    id: str
    name: str
    role: str


SYSTEM = Actor("service", "thinslice", "Thinslice", "")


def actor_of(request: MemberRequest | Request) -> Actor:
    """The member or the API key behind a request that has been let in."""
    if isinstance(request, Request):
        key = cast("ApiKey", request.auth)
        return Actor("key", str(key.id), key.name, "")
    membership = request.membership
    return Actor("person", str(membership.user_id), membership.user.name, membership.role)
