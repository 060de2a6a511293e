"""What the log says about access: sessions that we ended, keys that were used. And asks for missing purposes.

Whoever opens an address that only takes what a form sends reads so, instead of nothing.
"""

from collections.abc import Callable
from urllib.parse import urlencode

from django.contrib.auth import SESSION_KEY
from django.http import HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.urls import reverse

from apps.audit.access import record_key_use, record_session_end
from apps.tenants.actors import Actor
from apps.tenants.models import ApiKey, Membership
from apps.tenants.purposes import PurposeMissing
from apps.tenants.requests import MemberRequest, SiteRequest


class AccessMiddleware:
    def __init__(self, get_response: Callable[[SiteRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: SiteRequest) -> HttpResponseBase:
        if request.tenant is not None:
            _note_session_end(request)
        response = self.get_response(request)
        key = getattr(request, "auth", None)  # REST framework leaves it here
        if isinstance(key, ApiKey):
            record_key_use(actor=Actor("key", str(key.id), key.name, ""))
        if request.method == "GET" and isinstance(response, HttpResponseNotAllowed) and not response.content:
            said = render(request, "405.html", status=405)
            said["Allow"] = response["Allow"]
            return said
        return response

    def process_exception(self, request: MemberRequest, exception: Exception) -> HttpResponse | None:
        """Ask for the purpose, and come back. What was posted is not sent again: the page is opened anew."""
        if not isinstance(exception, PurposeMissing):
            return None
        if request.htmx:
            back = request.htmx.current_url_abs_path or "/"
            return HttpResponse(status=204, headers={"HX-Redirect": _asking(back)})
        return redirect(_asking(request.get_full_path() if request.method == "GET" else "/"))


def _note_session_end(request: SiteRequest) -> None:
    """Django throws a session away when the password behind it has changed. It says so nowhere; we do."""
    person = request.session.get(SESSION_KEY)
    if person is None or request.user.is_authenticated or SESSION_KEY in request.session:
        return
    if Membership.objects.filter(user_id=person).exists():
        record_session_end(person=person)


def _asking(back: str) -> str:
    return f"{reverse('purpose')}?{urlencode({'next': back})}"
