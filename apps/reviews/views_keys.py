"""The page on which a person chooses their own keys."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from apps.reviews.keymap import ACTIONS, MOST, NotAKey, choose_keys, forget_keys, keys_of
from apps.tenants.actors import actor_of
from apps.tenants.capabilities import Capability, requires
from apps.tenants.requests import MemberRequest


@requires(Capability.CASES_VIEW)
@require_safe
def keys_page(request: MemberRequest) -> HttpResponse:
    return _show(request, {slug: list(keys) for slug, keys in keys_of(actor_of(request)).items()}, {})


@requires(Capability.CASES_VIEW)
@require_POST
def keys_choice(request: MemberRequest) -> HttpResponse:
    given = {action.slug: request.POST.getlist(action.slug)[:MOST] for action in ACTIONS}
    try:
        choose_keys(actor=actor_of(request), keys=given)
    except NotAKey as refused:
        return _show(request, given, refused.problems, status=422)
    messages.success(request, "Your keys are kept. They hold wherever you sign in.")
    return redirect("own_keys")


@requires(Capability.CASES_VIEW)
@require_POST
def keys_reset(request: MemberRequest) -> HttpResponse:
    forget_keys(actor=actor_of(request))
    messages.success(request, "The usual keys are back.")
    return redirect("own_keys")


def _show(
    request: MemberRequest, given: dict[str, list[str]], problems: dict[str, str], status: int = 200
) -> HttpResponse:
    rows = [(action, [*given[action.slug], "", ""][:MOST], problems.get(action.slug, "")) for action in ACTIONS]
    return render(request, "reviews/keymap.html", {"rows": rows, "problems": problems}, status=status)
