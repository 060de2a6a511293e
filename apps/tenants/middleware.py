"""The host says which tenant, the session says who, the view says what it takes. What is not allowed does not exist."""

from collections.abc import Callable
from copy import copy
from time import monotonic
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseBase
from django.urls import reverse
from rest_framework.views import APIView

from apps.tenants.accounts import membership_of
from apps.tenants.capabilities import Capability, capabilities_of
from apps.tenants.models import Domain, Tenant
from apps.tenants.requests import SiteRequest
from apps.tenants.schemas import connection

View = Callable[..., HttpResponseBase]
KEPT_SECONDS = 10.0  # how long a host that was moved to another tenant, or taken away, goes on to lead where it led


class TenantMiddleware:
    """Choose the tenant by the host name: its schema, its role, its addresses. An unknown host gets 404."""

    def __init__(self, get_response: View) -> None:
        if not settings.DATABASES["default"]["TENANT_ROLES"]:
            raise ImproperlyConfigured(
                "The web must not run as the owner of the schemas: set DATABASE_URL to the login role."
            )
        self.get_response = get_response

    def __call__(self, request: SiteRequest) -> HttpResponseBase:
        connection.set_schema_to_public()
        request.membership = None
        host = request.get_host().rsplit(":", 1)[0].lower()
        if host == settings.BASE_DOMAIN:
            request.tenant = None
            request.urlconf = settings.PUBLIC_SCHEMA_URLCONF
            return self.get_response(request)
        request.tenant = tenant_at(host)
        if request.tenant is None:
            return HttpResponse("There is nothing at this address.", status=404, content_type="text/plain")
        connection.set_tenant(request.tenant)
        return self.get_response(request)


_known: dict[str, tuple[float, Tenant]] = {}


def tenant_at(host: str) -> Tenant | None:
    """Whose host name it is. Who may come in there is read anew each time: this is only what it is called."""
    until, tenant = _known.get(host, (0.0, None))
    if tenant is None or until < monotonic():
        domain = Domain.objects.select_related("tenant").filter(domain=host).first()
        if domain is None:
            return None
        tenant = domain.tenant
        _known[host] = monotonic() + KEPT_SECONDS, tenant
    return copy(tenant)


class MembershipMiddleware:
    """Deny by default: a view is for everyone, for members, for a capability, or for nobody.

    Programs' views (`APIView`) are left to their own key and permission check, which denies by default as well.
    """

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: SiteRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: SiteRequest, view: View, *_: Any) -> HttpResponseBase | None:
        if request.tenant is not None and request.user.is_authenticated:
            request.membership = membership_of(request.user)
        if getattr(view, "for_everyone", False) or is_api(view):
            return None
        if request.tenant is None:
            raise Http404
        if request.membership is None:
            return self.turn_away(request)
        required: Capability | None = getattr(view, "required_capability", None)
        if required is None:
            if getattr(view, "for_members", False):
                return None
            raise Http404
        if required not in capabilities_of(request.membership.role):
            raise PermissionDenied
        return None

    def turn_away(self, request: SiteRequest) -> HttpResponseBase:
        """Signed in but not a member: nothing is here. Not signed in: the sign-in page."""
        if SESSION_KEY in request.session:
            raise Http404
        if "HX-Request" in request.headers:
            return HttpResponse(status=401, headers={"HX-Redirect": reverse(settings.LOGIN_URL)})
        return redirect_to_login(request.get_full_path() if request.method in {"GET", "HEAD"} else "/")


def is_api(view: View) -> bool:
    kind = getattr(view, "cls", None)
    return isinstance(kind, type) and issubclass(kind, APIView)
