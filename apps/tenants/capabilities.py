"""What people and keys may do. A role is a named set of capabilities; a view names the one it needs, or is closed."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeVar

View = TypeVar("View", bound=Callable[..., Any])


class Capability(StrEnum):
    CASES_VIEW = "cases.view"
    CASES_ADMIT = "cases.admit"
    REVIEWS_DECIDE = "reviews.decide"
    REVIEWS_DECIDE_RESERVED = "reviews.decide_reserved"
    REVIEWS_TAKE_OVER = "reviews.take_over"
    CONFIG_VIEW = "config.view"
    CONFIG_EDIT = "config.edit"
    LABELS_GIVE = "labels.give"
    RELEASES_PROMOTE = "releases.promote"
    TRAFFIC_STOP = "traffic.stop"
    AUDIT_VIEW = "audit.view"
    AUDIT_VERIFY = "audit.verify"
    AUDIT_EXPORT = "audit.export"
    PEOPLE_DATA = "people.data"
    PEOPLE_MANAGE = "people.manage"
    KEYS_MANAGE = "keys.manage"
    PORTFOLIO_VIEW = "portfolio.view"


class Role(StrEnum):
    OPERATOR = "operator"
    SENIOR_REVIEWER = "senior_reviewer"
    DECISION_OWNER = "decision_owner"
    COMPLIANCE_OFFICER = "compliance_officer"
    TENANT_ADMIN = "tenant_admin"
    CONSULTANT = "consultant"
    AUDITOR = "auditor"

    @property
    def label(self) -> str:
        return self.value.replace("_", " ").capitalize()


C = Capability
OPERATOR = frozenset({C.CASES_VIEW, C.REVIEWS_DECIDE, C.CONFIG_VIEW, C.LABELS_GIVE})
READER = frozenset({C.CASES_VIEW, C.CONFIG_VIEW, C.AUDIT_VIEW, C.AUDIT_VERIFY})
# Stopping is safe and may not wait for the morning: whoever is responsible for a shift may. Only the owner restarts.
ROLES: dict[str, frozenset[Capability]] = {
    Role.OPERATOR: OPERATOR,
    Role.SENIOR_REVIEWER: OPERATOR
    | {C.CASES_ADMIT, C.REVIEWS_DECIDE_RESERVED, C.REVIEWS_TAKE_OVER, C.AUDIT_VIEW, C.TRAFFIC_STOP},
    # Signs what decides and opens or closes the envelope, so does not also work the queue that it governs.
    Role.DECISION_OWNER: READER
    | {
        C.REVIEWS_DECIDE_RESERVED,
        C.CONFIG_EDIT,
        C.LABELS_GIVE,
        C.RELEASES_PROMOTE,
        C.TRAFFIC_STOP,
        C.PEOPLE_DATA,
    },
    Role.COMPLIANCE_OFFICER: READER | {C.AUDIT_EXPORT, C.TRAFFIC_STOP, C.PEOPLE_DATA},
    Role.TENANT_ADMIN: frozenset({C.CONFIG_VIEW, C.AUDIT_VIEW, C.PEOPLE_MANAGE, C.KEYS_MANAGE, C.CASES_ADMIT}),
    # Configures and operates for the client, who alone promotes.
    Role.CONSULTANT: READER | {C.CASES_ADMIT, C.CONFIG_EDIT, C.LABELS_GIVE, C.TRAFFIC_STOP, C.PORTFOLIO_VIEW},
    Role.AUDITOR: READER,
}

# What a program may be given. Deciding, signing and managing people stay with people.
FOR_KEYS = frozenset({C.CASES_VIEW, C.CASES_ADMIT, C.CONFIG_VIEW, C.AUDIT_VIEW, C.AUDIT_VERIFY, C.AUDIT_EXPORT})


def capabilities_of(role: str) -> frozenset[Capability]:
    """An unknown role may do nothing."""
    return ROLES.get(role, frozenset())


def requires(capability: Capability) -> Callable[[View], View]:
    """Only members whose role has this capability reach the view: others get 403, non-members 404."""

    def mark(view: View) -> View:
        view.required_capability = capability  # type: ignore[attr-defined]
        return view

    return mark


def member_page(view: View) -> View:
    """Any active member reaches the view: it says something to every role."""
    view.for_members = True  # type: ignore[attr-defined]
    return view


def public_page(view: View) -> View:
    """Anyone reaches the view, without signing in."""
    view.for_everyone = True  # type: ignore[attr-defined]
    return view
