"""What the middlewares add to a request, for the type checker."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from apps.tenants.models import Membership, Tenant, User


class SiteRequest(HttpRequest):
    """Any request: on the base domain there is no tenant, and without a sign-in no membership."""

    tenant: Tenant | None
    membership: Membership | None
    urlconf: str


class MemberRequest(HttpRequest):
    """A request that passed the membership check: what a view behind `requires` or `member_page` gets."""

    tenant: Tenant
    membership: Membership
    user: User
    htmx: HtmxDetails
