"""Who works here, and which programs may call. The services judge and record; these pages ask and show."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.portal.people import add_member, change_role, create_key, deactivate_member, revoke_key
from apps.reviews.reviewers import limits_of, summary
from apps.tenants.actors import actor_of
from apps.tenants.capabilities import FOR_KEYS, ROLES, Capability, Role, requires
from apps.tenants.models import ApiKey, Membership
from apps.tenants.requests import MemberRequest

MAY = {
    Capability.CASES_VIEW: "look at cases and where they stand",
    Capability.CASES_ADMIT: "send cases in",
    Capability.CONFIG_VIEW: "read the configuration",
    Capability.AUDIT_VIEW: "read the audit log",
    Capability.AUDIT_VERIFY: "verify the audit log",
    Capability.AUDIT_EXPORT: "export the audit log",
}


@requires(Capability.PEOPLE_MANAGE)
@require_http_methods(["GET", "POST"])
def people_page(request: MemberRequest) -> HttpResponse:
    """The list, and the form that adds someone to it."""
    problems: list[str] = []
    if request.method == "POST":
        typed = {name: _text(request, name) for name in ("email", "name", "role")}
        try:
            if not typed["name"]:
                raise ValidationError("Say the person's name.")
            add_member(actor=actor_of(request), **typed, password=request.POST.get("password", ""))
        except ValidationError as error:
            problems = error.messages
        else:
            messages.success(request, f"{typed['name']} may work here now.")
            return redirect("people")
    members = list(Membership.objects.select_related("user").order_by("-active", "user__name"))
    limits = limits_of([member.user_id for member in members])
    roles = [(role.value, role.label, sorted(ROLES[role])) for role in Role]
    given = [(member, summary(member, limits.get(member.user_id))) for member in members]
    context = {"members": given, "roles": roles, "problems": problems, "posted": request.POST}
    return render(request, "portal/people.html", context, status=400 if problems else 200)


@requires(Capability.PEOPLE_MANAGE)
@require_POST
def member_role(request: MemberRequest, member_id: UUID) -> HttpResponse:
    member = get_object_or_404(Membership.objects.select_related("user"), pk=member_id, active=True)
    role = _text(request, "role")
    done = f"{member.user.name} is {Role(role).label.lower() if role in ROLES else role} from now on."
    _try(request, lambda: change_role(actor=actor_of(request), membership=member, role=role), done)
    return redirect("people")


@requires(Capability.PEOPLE_MANAGE)
@require_POST
def member_deactivation(request: MemberRequest, member_id: UUID) -> HttpResponse:
    member = get_object_or_404(Membership.objects.select_related("user"), pk=member_id, active=True)
    done = f"{member.user.name} cannot work here any more. What they did keeps their name."
    _try(request, lambda: deactivate_member(actor=actor_of(request), membership=member), done)
    return redirect("people")


@requires(Capability.KEYS_MANAGE)
@require_GET
def keys_page(request: MemberRequest) -> HttpResponse:
    return _keys(request)


@requires(Capability.KEYS_MANAGE)
@require_POST
@never_cache
def key_creation(request: MemberRequest) -> HttpResponse:
    """Answers with the page itself, for the text of the key is shown once and stored nowhere."""
    name, wanted = _text(request, "name"), request.POST.getlist("capability")
    try:
        if not 0 < len(name) <= 80:
            raise ValidationError("Give the key a name of at most 80 characters: which program has it?")
        granted = frozenset(Capability(each) for each in wanted if each in set(Capability))
        key, text = create_key(actor=actor_of(request), name=name, capabilities=granted)
    except ValidationError as error:
        return _keys(request, problems=error.messages)
    return _keys(request, made=key, text=text)


@requires(Capability.KEYS_MANAGE)
@require_POST
def key_revocation(request: MemberRequest, key_id: UUID) -> HttpResponse:
    key = get_object_or_404(ApiKey, pk=key_id, revoked_at=None)
    _try(request, lambda: revoke_key(actor=actor_of(request), key=key), f"The key “{key.name}” opens nothing any more.")
    return redirect("keys")


def _keys(
    request: MemberRequest, *, problems: list[str] | None = None, made: ApiKey | None = None, text: str = ""
) -> HttpResponse:
    context = {
        "keys": ApiKey.objects.order_by("-created_at"),
        "choices": [(each.value, MAY[each]) for each in Capability if each in FOR_KEYS],
        "problems": problems,
        "made": made,
        "text": text,
        "chosen": request.POST.getlist("capability") if problems else [Capability.CASES_ADMIT.value],
        "typed": _text(request, "name") if problems else "",
        "address": request.build_absolute_uri("/api/v1/cases"),
    }
    return render(request, "portal/keys.html", context, status=400 if problems else 200)


def _text(request: MemberRequest, name: str) -> str:
    return request.POST.get(name, "").replace("\x00", "").strip()


def _try(request: MemberRequest, deed: Callable[[], object], done: str) -> None:
    try:
        deed()
    except ValidationError as error:
        for problem in error.messages:
            messages.error(request, problem)
    else:
        messages.success(request, done)
