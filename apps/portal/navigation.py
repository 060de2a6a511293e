"""The shell around every page: where one is, which pages one's role has, and what waits."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import cached_property

from apps.compliance.people import waiting
from apps.engagements.build.changes import waiting_for as changes_waiting_for
from apps.engagements.cadence.calendar_of_run import waiting_for as rituals_waiting_for
from apps.evaluations.gate import standing_overrides
from apps.evaluations.lifecycle import for_people
from apps.portability.services import waiting_for as archives_waiting_for
from apps.reviews.queue import waiting_for
from apps.tenants.actors import Actor, actor_of
from apps.tenants.capabilities import Capability, Role, capabilities_of
from apps.tenants.purposes import BY_ROLE, Purpose, PurposeMissing, purpose_of
from apps.tenants.requests import MemberRequest
from apps.workflows.models import Warrant, Workflow


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
            Page("Review", "queue", Capability.CASES_VIEW, waiting_for),
            Page("Second look", "blind", Capability.CASES_VIEW),
            Page("What it changed", "loop", Capability.CASES_VIEW),
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
            Page("Review quality", "quality", Capability.CASES_VIEW),
            Page("Audit log", "log", Capability.AUDIT_VIEW),
            Page("Simulation", "simulations", Capability.CONFIG_VIEW),
        ),
    ),
    (
        "Engagement",
        (
            Page("Portfolio", "portfolio", Capability.PORTFOLIO_VIEW),
            Page("Library", "library", Capability.CONFIG_VIEW),
            Page("Discovery", "engagement", Capability.CONFIG_VIEW),
            Page("Build", "build_board", Capability.CONFIG_VIEW, changes_waiting_for),
            Page("Cadence", "cadence", Capability.CONFIG_VIEW, rituals_waiting_for),
            Page("Hand-over", "hand_over", Capability.CONFIG_VIEW),
        ),
    ),
    (
        "Insights",
        (
            Page("Figures", "kpis", Capability.CONFIG_VIEW),
            Page("Return", "return", Capability.CONFIG_VIEW),
            Page("Anomalies", "anomalies", Capability.CONFIG_VIEW),
            Page("Load", "load", Capability.CONFIG_VIEW),
            Page("Monthly reports", "reports", Capability.CONFIG_VIEW),
        ),
    ),
    (
        "Comply",
        (
            Page("Exports", "exports", Capability.AUDIT_VIEW),
            Page("Full archive", "hand_overs", Capability.AUDIT_VIEW, archives_waiting_for),
            Page("People’s data", "people_data", Capability.PEOPLE_DATA, lambda _: waiting()),
            Page("Frameworks", "frameworks", Capability.AUDIT_VIEW),
            Page("Gaps", "gaps", Capability.AUDIT_VIEW),
            Page("Readiness", "readiness", Capability.AUDIT_VIEW),
            Page("Log reviews", "log_reviews", Capability.AUDIT_VIEW),
            Page("Adverse impact", "impact", Capability.AUDIT_VIEW),
            Page("Record of processing", "processing_record", Capability.AUDIT_VIEW),
            Page("Disclosures", "disclosures", Capability.AUDIT_VIEW),
            Page("Versions", "versions", Capability.AUDIT_VIEW),
            Page("Uses", "uses", Capability.AUDIT_VIEW),
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


class Shell:
    """What base.html shows. Nothing of it is read before it is shown: a part of a page does without most of it."""

    def __init__(self, request: MemberRequest) -> None:
        self.tenant = request.tenant
        self.actor = actor_of(request)
        self._path = request.path
        self._request = request
        self._held = capabilities_of(self.actor.role)

    @cached_property
    def _workflows(self) -> list[Workflow]:
        return list(Workflow.objects.select_related("production").defer("production__manifest"))

    @property
    def workflow(self) -> Workflow | None:
        return self._workflows[0] if self._workflows else None

    @property
    def role(self) -> str:
        return Role(self.actor.role).label

    @property
    def initials(self) -> str:
        return "".join(word[0] for word in self.actor.name.split()[:2]).upper()

    @property
    def search(self) -> str:
        return _address("cases") if Capability.CASES_VIEW in self._held else ""

    @property
    def purposes(self) -> bool:
        """Whether the role has purposes to choose from."""
        return len(BY_ROLE.get(self.actor.role, ())) > 1

    @cached_property
    def purpose(self) -> Purpose | None:
        try:
            return purpose_of(self._request)
        except PurposeMissing:
            return None

    @cached_property
    def groups(self) -> list[dict[str, Any]]:
        groups = [{"title": title, "pages": self._entries(pages)} for title, pages in GROUPS]
        return [group for group in groups if group["pages"]]

    @cached_property
    def overrides(self) -> list[Warrant]:
        return standing_overrides(self._workflows)

    @cached_property
    def can(self) -> set[str]:
        return {capability.name.lower() for capability in self._held}

    @cached_property
    def _here(self) -> str:
        """The address of the page, or of the nearest one above it."""
        addresses = (_address(page.route) for _, pages in GROUPS for page in pages)
        above = [each for each in addresses if self._path.startswith(each) and (each != "/" or self._path == "/")]
        return max(above, key=len, default="")

    def _entries(self, pages: tuple[Page, ...]) -> list[dict[str, Any]]:
        return [self._entry(page) for page in pages if page.capability is None or page.capability in self._held]

    def _entry(self, page: Page) -> dict[str, Any]:
        address = _address(page.route)
        return {
            "title": page.title,
            "address": address,
            "current": address == self._here,
            "count": page.count(self.actor) if page.count else 0,
        }


def shell(request: HttpRequest) -> dict[str, Any]:
    """What base.html needs. Empty outside of a tenant, and for whoever is no member."""
    if getattr(request, "membership", None) is None:
        return {}
    return {"shell": Shell(cast("MemberRequest", request))}


@cache
def _address(route: str) -> str:
    """Every tenant has its pages at the same addresses."""
    return reverse(route, urlconf=settings.ROOT_URLCONF)
