"""What for somebody reads about customers: implied by the page and the role, else chosen once in a session."""

from enum import StrEnum

from rest_framework.request import Request

from apps.tenants.capabilities import Capability, Role, capabilities_of
from apps.tenants.requests import MemberRequest

CHOSEN = "purpose"  # in the session


class Purpose(StrEnum):
    REVIEW = "review"
    AUDIT = "audit"
    COMPLAINT = "complaint"
    QUALITY = "quality"
    SUPPORT = "support"
    OPERATION = "operation"

    @property
    def label(self) -> str:
        return LABELS[self]


LABELS = {
    Purpose.REVIEW: "To decide cases",
    Purpose.AUDIT: "To check how cases were handled",
    Purpose.COMPLAINT: "To answer a complaint or somebody's request about their data",
    Purpose.QUALITY: "To improve how cases are handled",
    Purpose.SUPPORT: "To find out why the system did something",
    Purpose.OPERATION: "A program of the tenant does its work",
}
P = Purpose
# One purpose is not asked for. An unknown role has none, and reads nothing.
BY_ROLE: dict[str, tuple[Purpose, ...]] = {
    Role.OPERATOR: (P.REVIEW,),
    Role.SENIOR_REVIEWER: (P.REVIEW,),
    Role.DECISION_OWNER: (P.QUALITY, P.AUDIT, P.COMPLAINT),
    Role.COMPLIANCE_OFFICER: (P.AUDIT, P.COMPLAINT),
    Role.TENANT_ADMIN: (P.SUPPORT,),
    Role.CONSULTANT: (P.SUPPORT, P.QUALITY, P.AUDIT),
    Role.AUDITOR: (P.AUDIT, P.COMPLAINT),
}
DECIDES = frozenset({Capability.REVIEWS_DECIDE, Capability.REVIEWS_DECIDE_RESERVED})


class PurposeMissing(Exception):
    """The person has not said what for they read here. The answer is to ask them (apps.portal.access)."""


def purpose_of(request: MemberRequest | Request, *, deciding: bool = False) -> Purpose:
    """The purpose of this request. `deciding`: the page is for deciding, so whoever may decide does that here.

    Raises PurposeMissing where neither page nor role tells, and nothing was chosen in this session.
    """
    if isinstance(request, Request):
        return Purpose.OPERATION
    role = request.membership.role
    if deciding and DECIDES & capabilities_of(role):
        return Purpose.REVIEW
    offered = BY_ROLE.get(role, ())
    if len(offered) == 1:
        return offered[0]
    chosen = chosen_purpose(request)
    if chosen is None:
        raise PurposeMissing
    return chosen


def chosen_purpose(request: MemberRequest) -> Purpose | None:
    """What was chosen in this session, as long as the role still offers it."""
    offered = BY_ROLE.get(request.membership.role, ())
    given = request.session.get(CHOSEN)
    return next((purpose for purpose in offered if purpose.value == given), None)
