"""Who works for a tenant, as the archive names them. Passwords and API keys stay: neither belongs in a file."""

from collections.abc import Iterable
from typing import Any

from apps.tenants.models import Membership, Tenant, User


def people() -> list[dict[str, Any]]:
    """Members of the current tenant, those who have left too: the record names them by number."""
    members = Membership.objects.select_related("user").order_by("user_id")
    return [
        {
            "id": str(each.user_id),
            "email": each.user.email,
            "name": each.user.name,
            "role": each.role,
            "active": each.active,
        }
        for each in members
    ]


def take_in(tenant: Tenant, given: Iterable[dict[str, Any]]) -> list[str]:
    """Make the members here, in the public schema. Returns the addresses of those who had an account already.

    An account of the same address goes on being one. Where its number is another, the number in the record becomes a
    person of its own, who cannot sign in.
    """
    known = []
    for each in given:
        held = User.objects.filter(email=each["email"]).first()
        if held is not None:
            known.append(held.email)
        if held is None or str(held.pk) == each["id"]:
            user = held or User.objects.filter(pk=each["id"]).first() or _new(each, each["email"], active=True)
            Membership.objects.create(user=user, tenant=tenant, role=each["role"], active=each["active"])
            continue
        former = User.objects.filter(pk=each["id"]).first()
        former = former or _new(each, f"{each['id']}@imported.invalid", active=False)
        Membership.objects.create(user=former, tenant=tenant, role=each["role"], active=False)
        Membership.objects.create(user=held, tenant=tenant, role=each["role"], active=each["active"])
    return known


def _new(given: dict[str, Any], email: str, *, active: bool) -> User:
    user = User(id=given["id"], email=email, name=given["name"], is_active=active)
    user.set_unusable_password()
    user.save()
    return user
