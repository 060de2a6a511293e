"""The demo's people, as the services know them."""

from apps.tenants.actors import Actor
from apps.tenants.capabilities import Role
from apps.tenants.models import Membership


def actor(role: Role) -> Actor:
    """The one person of the current tenant who has this role."""
    membership = Membership.objects.select_related("user").get(role=role)
    return Actor("person", str(membership.user_id), membership.user.name, membership.role)
