"""API keys: `Authorization: Bearer ts_<prefix>_<secret>`. A key works on its own tenant's host and nowhere else."""

import hashlib
import hmac
import re
import secrets
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import AnonymousUser
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from apps.tenants.models import ApiKey

if TYPE_CHECKING:
    from rest_framework.views import APIView  # which loads this module

TEXT = re.compile(r"ts_[0-9a-f]{8}_[0-9a-f]{64}")


def new_secret() -> tuple[str, str, str]:
    """A fresh key as `(shown once, prefix, hash)`."""
    prefix, secret = secrets.token_hex(4), secrets.token_hex(32)
    return f"ts_{prefix}_{secret}", prefix, digest(secret)


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


class ApiKeyAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[AnonymousUser, ApiKey] | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        key = find_key(token.strip())
        if key is None:
            raise AuthenticationFailed("This API key is not valid here.")
        return AnonymousUser(), key

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002  # the framework's signature
        return "Bearer"


def find_key(token: str) -> ApiKey | None:
    """The current tenant's unrevoked key with this text."""
    if not TEXT.fullmatch(token):
        return None
    _, prefix, secret = token.split("_")
    key = ApiKey.objects.filter(prefix=prefix, revoked_at=None).first()
    return key if key is not None and hmac.compare_digest(key.hash, digest(secret)) else None


class HasCapability(BasePermission):
    """The view names a `required_capability`, or one per HTTP method; one that names none cannot be reached."""

    message = "This API key may not do that."

    def has_permission(self, request: Request, view: "APIView") -> bool:
        required: Any = getattr(view, "required_capability", None)
        if isinstance(required, dict):
            required = required.get("GET" if request.method == "HEAD" else request.method)
        return isinstance(request.auth, ApiKey) and required is not None and required in request.auth.capabilities
