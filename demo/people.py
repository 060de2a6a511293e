"""The demo's people, as the services know them."""

from apps.tenants.actors import Actor
from apps.tenants.capabilities import Role
from apps.tenants.models import Membership


def actor(role: Role) -> Actor:
    """The first person of the current tenant who has this role."""
    return actors(role)[0]


def actors(role: Role) -> list[Actor]:
    """Everybody of the current tenant who has this role, in the order of their names."""
    members = Membership.objects.select_related("user").filter(role=role).order_by("user__name")
    return [Actor("person", str(each.user_id), each.user.name, each.role) for each in members]
