"""Signing in and out, with an entry in the tenant's log for each."""

from typing import Any, cast

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import resolve_url

from apps.audit.access import record_failed_sign_in, record_password_change, record_sign_in, record_sign_out
from apps.tenants.accounts import AccountAdapter, membership_of
from apps.tenants.actors import Actor
from apps.tenants.models import Membership, User


class AuditedAccountAdapter(AccountAdapter):
    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """Attempts that are over the limit are not entered one by one: those that led there are."""
        user = super().authenticate(request, **credentials)
        if user is None:
            address = str(credentials.get("email", ""))
            known = Membership.objects.filter(user__email=address.strip().lower()).first()
            record_failed_sign_in(
                person=known.user_id if known else None,
                address=address,
                place=self.get_client_ip(request) or "",
                reason=_reason(known),
            )
        return user

    @transaction.atomic
    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        super().login(request, user)
        record_sign_in(actor=_actor(user))

    @transaction.atomic
    def logout(self, request: HttpRequest) -> None:
        user = cast("User", request.user)
        if membership_of(user) is not None:  # whoever was shown out has been entered by whoever ended the membership
            record_sign_out(actor=_actor(user))
        super().logout(request)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:  # noqa: ARG002  # allauth's signature
        return resolve_url("home")

    @transaction.atomic
    def set_password(self, user: AbstractBaseUser, password: str) -> None:
        super().set_password(user, password)
        record_password_change(actor=_actor(user))


def _actor(user: AbstractBaseUser) -> Actor:
    membership = membership_of(cast("User", user))
    if membership is None:
        raise PermissionError("Nobody but a member signs in, or changes a password, here.")
    return Actor("person", str(membership.user_id), membership.user.name, membership.role)


def _reason(known: Membership | None) -> str:
    if known is None:
        return "No member here has this address."
    return "The password is wrong." if known.active else "This person is no member any more."
