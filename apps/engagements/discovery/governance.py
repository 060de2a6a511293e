"""The governance map: who decides what, by which lane, under which framework, and how it is proved.

Nothing of it is kept here. It is the charter, the taxonomy, the memberships, the frameworks and the log, read together.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from django.urls import reverse

from apps.audit.models import Destination
from apps.compliance.framework_models import Gap
from apps.compliance.frameworks import latest_scopes, the_map
from apps.compliance.people_models import RetentionRule
from apps.engagements.engagement_models import Engagement
from apps.taxonomies.models import TaxonomyVersion
from apps.tenants.capabilities import Capability, Role, capabilities_of
from apps.tenants.models import Membership
from apps.tenants.schemas import current_schema
from apps.workflows import charters
from apps.workflows.models import Charter, Workflow

DUTIES: Final = {
    Capability.CONFIG_EDIT: "Configures",
    Capability.RELEASES_PROMOTE: "Gives traffic, signs",
    Capability.REVIEWS_DECIDE: "Decides cases",
    Capability.LABELS_GIVE: "Labels",
    Capability.AUDIT_EXPORT: "Proves",
    Capability.PEOPLE_MANAGE: "Manages people",
    Capability.TRAFFIC_STOP: "May stop",
}
ROLES: Final = ("decision_owner", "data_owner", "model_steward", "business_sponsor")


@dataclass(frozen=True)
class LaneRow:
    title: str
    proposed: str  # by the taxonomy
    allowed: str  # by the charter, "" where it says nothing


@dataclass(frozen=True)
class Holder:
    title: str
    name: str
    email: str
    member: bool  # whether somebody signs in here by this address


@dataclass(frozen=True)
class Person:
    name: str
    role: str
    duties: Sequence[bool]  # in the order of DUTIES


@dataclass(frozen=True)
class Conflict:
    said: str
    address: str  # of the page on which it is put right


@dataclass(frozen=True)
class Governance:
    charter: Charter | None
    lanes: Sequence[LaneRow]
    holders: Sequence[Holder]
    people: Sequence[Person]
    frameworks: Sequence[tuple[str, str]]  # that apply, and the ground
    undecided: int  # frameworks of which nobody has said whether they apply
    design: Sequence[tuple[str, str, str]]  # what is proved, how it stands, and where
    conflicts: Sequence[Conflict]


def govern(engagement: Engagement) -> Governance:
    workflow = engagement.workflow
    charter = charters.in_force(workflow) or workflow.charters.first()
    content = charters.content_of(charter) if charter else charters.CharterContent()
    members = list(
        Membership.objects.filter(tenant=current_schema(), active=True).select_related("user").order_by("role", "id")
    )
    known = {member.user.email.lower() for member in members}
    holders = [
        Holder(name.replace("_", " ").capitalize(), held.name, held.email, held.email.lower() in known)
        for name in ROLES
        for held in [getattr(content, name)]
    ]
    people = [
        Person(
            member.user.name,
            member.get_role_display(),
            [duty in capabilities_of(member.role) for duty in DUTIES],
        )
        for member in members
    ]
    scopes = latest_scopes()
    applying = [
        (each.title, scopes[each.id].ground)
        for each in the_map().frameworks
        if each.id in scopes and scopes[each.id].applies
    ]
    return Governance(
        charter=charter,
        lanes=_lanes(workflow, content),
        holders=holders,
        people=people,
        frameworks=applying,
        undecided=sum(each.id not in scopes for each in the_map().frameworks),
        design=list(_design()),
        conflicts=list(_conflicts(charter, content, holders, members)),
    )


def _lanes(workflow: Workflow, content: charters.CharterContent) -> list[LaneRow]:
    version = TaxonomyVersion.objects.filter(workflow=workflow.slug).order_by("-version").first()
    types = version.taxonomy().case_types if version else ()
    return [LaneRow(each.title, each.lane, content.lanes.get(each.slug, "")) for each in types]


def _design() -> Iterator[tuple[str, str, str]]:
    outside = Destination.objects.filter(stopped_at=None).exclude(kind=Destination.Kind.FOLDER).count()
    inside = Destination.objects.filter(stopped_at=None, kind=Destination.Kind.FOLDER).count()
    said = (
        f"{outside} outside of the house"
        if outside
        else f"{inside} on a disk of one's own, none outside"
        if inside
        else "none"
    )
    yield "Each step of each case", "in the log, in the transaction that does it", reverse("log")
    yield "Checkpoints leave the house", said, reverse("log")
    rules = RetentionRule.objects.filter(ended_at=None).count()
    yield "Retention rules", f"{rules} in force" if rules else "none, so everything is kept", reverse("people_data")
    gaps = Gap.objects.filter(state__in=Gap.UNFINISHED).count()
    yield "Gaps in evidence", f"{gaps} planned or in work", reverse("gaps")


def _conflicts(
    charter: Charter | None, content: charters.CharterContent, holders: Sequence[Holder], members: Sequence[Membership]
) -> Iterator[Conflict]:
    fix = reverse("charter")
    if charter is None:
        yield Conflict("There is no charter: nobody answers for the workflow.", fix)
    elif charter.signed_at is None:
        yield Conflict("The charter is a draft: until it is signed nobody answers for the workflow.", fix)
    yield from (Conflict(f"The charter lacks {what}.", fix) for what in content.missing() if charter)
    for holder in holders:
        if holder.email and not holder.member and holder.title == "Decision owner":
            yield Conflict(f"{holder.name} decides by the charter, and cannot sign in here.", reverse("people"))
    same = {holder.email for holder in holders if holder.email and holder.title in ("Decision owner", "Model steward")}
    if len([h for h in holders if h.email and h.title in ("Decision owner", "Model steward")]) > len(same):
        yield Conflict("Whoever answers for the model also decides on it: name another model steward.", fix)
    roles = [member.role for member in members]
    for role, why in (
        (Role.DECISION_OWNER, "nobody can sign or give traffic"),
        (Role.COMPLIANCE_OFFICER, "nobody can prove anything to an examiner"),
        (Role.SENIOR_REVIEWER, "reserved cases and escalations have nobody"),
        (Role.OPERATOR, "nobody works the queue"),
    ):
        if role not in roles:
            yield Conflict(f"There is no {role.label.lower()}: {why}.", reverse("people"))
    if roles.count(Role.DECISION_OWNER) == 1:
        yield Conflict(
            "One decision owner alone: in their absence nothing can be stopped for good or put right.",
            reverse("people"),
        )
