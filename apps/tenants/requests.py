"""What the middlewares add to a request, for the type checker."""

from django.http import HttpRequest, QueryDict
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


def posted(request: HttpRequest) -> QueryDict:
    """The form that was sent, without NULs: no text holds one, and PostgreSQL takes none."""
    given = request.POST.copy()
    for name, values in request.POST.lists():
        given.setlist(name, [value.replace("\x00", "") for value in values])
    return given
