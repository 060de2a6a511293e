"""What for somebody reads about customers, asked once in a session."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from apps.audit.access import record_purpose
from apps.tenants.actors import actor_of
from apps.tenants.capabilities import member_page
from apps.tenants.purposes import BY_ROLE, CHOSEN, chosen_purpose
from apps.tenants.requests import MemberRequest, posted


@member_page
@require_http_methods(["GET", "POST"])
def purpose_page(request: MemberRequest) -> HttpResponse:
    """The purposes that the role may have; POST keeps one for this session and goes on to `next`."""
    typed = posted(request) if request.method == "POST" else request.GET
    back = typed.get("next", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        back = "/"
    offered = BY_ROLE.get(request.membership.role, ())
    if request.method == "POST":
        wanted = next((purpose for purpose in offered if purpose.value == typed.get("purpose")), None)
        if wanted is not None:
            record_purpose(actor=actor_of(request), purpose=wanted)
            request.session[CHOSEN] = wanted.value
            return redirect(back)
    context = {
        "offered": offered,
        "chosen": chosen_purpose(request),
        "next": back,
        "problem": "Choose one of the purposes." if request.method == "POST" else "",
    }
    return render(request, "portal/purpose.html", context, status=400 if context["problem"] else 200)
