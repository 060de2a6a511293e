"""Which components a signing in this session asks for: e-mail address and password first, then the password alone."""

from typing import TypedDict

from django.http import HttpRequest

from apps.tenants.requests import posted

SIGNED = "signed_in_this_session"


class Password(TypedDict):
    password: str


class Components(Password, total=False):
    email: str


def components(request: HttpRequest) -> Components:
    """As the form gave them, for `signatures.identify`."""
    form = posted(request)
    found: Components = {"password": form.get("password", "")[:200]}
    if not request.session.get(SIGNED):
        found["email"] = form.get("email", "")[:254]
    return found


def remember_signing(request: HttpRequest) -> None:
    request.session[SIGNED] = True
