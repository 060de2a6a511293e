"""Sign-in by e-mail and password, for people who were made members. Nobody signs up."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest

from apps.tenants.models import Membership, User


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002  # allauth's signature
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """The right password is not enough: whoever has left, or never was a member here, reads that it is wrong."""
        user = super().authenticate(request, **credentials)
        return user if user is not None and user.is_active and membership_of(user) else None

    def set_password(self, user: AbstractBaseUser, password: str) -> None:
        user.set_password(password)
        user.save(update_fields=["password"])  # a tenant's role may write no other column


def membership_of(user: User) -> Membership | None:
    """The person's active membership in the current tenant; row-level security leaves no other in sight."""
    membership = Membership.objects.filter(user=user, active=True).first()
    if membership is not None:
        membership.user = user
    return membership
