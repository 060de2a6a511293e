"""The shell around every page: where one is, which pages one's role has, and what waits."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from django.http import HttpRequest
from django.urls import reverse

from apps.evaluations.gate import standing_overrides
from apps.evaluations.lifecycle import for_people
from apps.reviews.queue import mine_to_decide
from apps.tenants.actors import Actor, actor_of
from apps.tenants.capabilities import Capability, Role, capabilities_of
from apps.tenants.requests import MemberRequest
from apps.workflows.models import Workflow


@dataclass(frozen=True)
class Page:
    """An entry of the navigation: shown to those who have the capability (None: to every member)."""

    title: str
    route: str  # name of the URL; its first word in the path also marks the pages below it as current
    capability: Capability | None = None
    count: Callable[[Actor], int] | None = None


GROUPS: tuple[tuple[str, tuple[Page, ...]], ...] = (
    (
        "",
        (
            Page("Home", "home"),
            Page("Review", "queue", Capability.CASES_VIEW, mine_to_decide),
            Page("Cases", "cases", Capability.CASES_VIEW),
            Page("Upload", "upload", Capability.CASES_ADMIT),
        ),
    ),
    (
        "Operate",
        (
            Page("Traffic", "traffic", Capability.CONFIG_VIEW),
            Page("Charter", "charter", Capability.CONFIG_VIEW),
        ),
    ),
    (
        "Prove",
        (
            Page("Labelled sets", "labelled_sets", Capability.CONFIG_VIEW),
            Page("Evaluations", "runs", Capability.CONFIG_VIEW),
            Page("Assurance", "assurance", Capability.CONFIG_VIEW),
            Page("Calibration", "calibration", Capability.CONFIG_VIEW),
            Page("Drift", "drift", Capability.CONFIG_VIEW),
            Page("Decisions", "decisions", Capability.CONFIG_VIEW, lambda _: for_people().count()),
            Page("Audit log", "log", Capability.AUDIT_VIEW),
            Page("Simulation", "simulations", Capability.CONFIG_VIEW),
        ),
    ),
    (
        "Configuration",
        (
            Page("Taxonomy", "taxonomy", Capability.CONFIG_VIEW),
            Page("Corpus", "corpus", Capability.CONFIG_VIEW),
            Page("Prompts", "prompts", Capability.CONFIG_VIEW),
            Page("Review policy", "policy", Capability.CONFIG_VIEW),
            Page("Calendar", "calendar", Capability.CONFIG_VIEW),
            Page("Releases", "releases", Capability.CONFIG_VIEW),
        ),
    ),
    (
        "Access",
        (
            Page("People", "people", Capability.PEOPLE_MANAGE),
            Page("API keys", "keys", Capability.KEYS_MANAGE),
        ),
    ),
)


def shell(request: HttpRequest) -> dict[str, Any]:
    """What base.html needs. Empty outside of a tenant, and for whoever is no member."""
    if getattr(request, "membership", None) is None:
        return {}
    member = cast("MemberRequest", request)
    actor = actor_of(member)
    held = capabilities_of(actor.role)
    workflows = list(Workflow.objects.select_related("production"))
    return {
        "shell": {
            "tenant": member.tenant,
            "workflow": workflows[0] if workflows else None,
            "role": Role(actor.role).label,
            "initials": "".join(word[0] for word in actor.name.split()[:2]).upper(),
            "search": reverse("cases") if Capability.CASES_VIEW in held else "",
            "groups": [group for group in (_group(*entry, request.path, actor) for entry in GROUPS) if group["pages"]],
            "overrides": standing_overrides(workflows),
            "can": {capability.name.lower() for capability in held},
        }
    }


def _group(title: str, pages: tuple[Page, ...], path: str, actor: Actor) -> dict[str, Any]:
    held = capabilities_of(actor.role)
    return {
        "title": title,
        "pages": [_entry(page, path, actor) for page in pages if page.capability is None or page.capability in held],
    }


def _entry(page: Page, path: str, actor: Actor) -> dict[str, Any]:
    address = reverse(page.route)
    current = path == address if address == "/" else path.startswith(address)
    return {
        "title": page.title,
        "address": address,
        "current": current,
        "count": page.count(actor) if page.count else 0,
    }
