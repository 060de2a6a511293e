"""What differs from the statement of work that was accepted: seen in the records, or asked for and decided on."""

import re
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from apps.audit.entries import record
from apps.connectors.models import System
from apps.engagements.build.standings import unmeasured
from apps.engagements.build_models import ChangeRequest
from apps.engagements.engagement_models import Engagement
from apps.engagements.scope_models import ScopeItem
from apps.engagements.statement import sow
from apps.engagements.statement.sow_content import as_text
from apps.taxonomies.models import TaxonomyVersion
from apps.tenants.actors import Actor
from apps.tenants.capabilities import Capability, Role, capabilities_of
from apps.tenants.models import Membership
from apps.tenants.schemas import current_schema

State = ChangeRequest.State
VOLUME = 0.2  # share by which the volume may differ
MOST, LONGEST = 1_000_000, 250  # USD, and working days


class ChangeRefused(ValueError):
    """The change request cannot be kept so. The message says why."""


@dataclass(frozen=True)
class Wanted:
    """What is asked for. `price` in USD more, `days` of work later; both may be negative."""

    title: str
    why: str
    price: int
    days: int


def seen(engagement: Engagement) -> list[str]:
    """Differences between what was agreed on, in the statement or in a change, and what is there, in words.

    Empty too where nothing was accepted.
    """
    agreed = sow.accepted(engagement)
    if agreed is None:
        return []
    content, found, changed = sow.content_of(agreed), [], _accepted_words(engagement)
    version = TaxonomyVersion.objects.filter(workflow=engagement.workflow.slug).order_by("-version").first()
    if version and content.included:
        said = " ".join((*content.included, *content.excluded, changed))
        titles = {each.title for each in version.taxonomy().case_types}
        found += [
            f"Case type “{title}” is in the taxonomy, and not in the statement of work."
            for title in sorted(titles)
            if not _names(said, title)
        ]
        found += [
            f"“{line}” is in scope, and no case type of the taxonomy."
            for line in content.included
            if not any(_names(line, title) for title in titles)
        ]
    found += [
        f"Milestone “{title}” has no exit criteria here: hold its exit against the work together."
        for title in unmeasured(each.title for each in content.milestones)
    ]
    found += _unnamed_systems(engagement, f"{as_text(content)} {changed}")
    volume = engagement.workflow.monthly_volume
    if content.volume and abs(volume / content.volume - 1) > VOLUME:
        found.append(f"The workflow is set to {volume:,} cases a month; agreed on were {content.volume:,}.")
    newest = sow.newest(engagement)
    if newest and newest.number > agreed.number:
        found.append(
            f"Version {newest.number} of the statement of work is written; version {agreed.number} is agreed on."
        )
    return found


def _accepted_words(engagement: Engagement) -> str:
    accepted = ChangeRequest.objects.filter(engagement=engagement, state=State.ACCEPTED)
    return " ".join(f"{title} {why}" for title, why in accepted.values_list("title", "why"))


def _unnamed_systems(engagement: Engagement, agreed: str) -> list[str]:
    """Connected, and neither in what was agreed on nor in the integration scope that it refers to."""
    scope = ScopeItem.objects.filter(engagement=engagement, removed_at=None).values_list("system", flat=True)
    said = " ".join((agreed, *scope))
    return [
        f"{system.title} is connected, and neither the statement of work nor the integration scope names it."
        for system in System.objects.all()
        if not _names(said, system.title)
    ]


def _names(text: str, title: str) -> bool:
    """Whether the title stands in the text as whole words, in capitals or not."""
    return re.search(rf"(?<!\w){re.escape(title.casefold())}(?!\w)", text.casefold()) is not None


def decidable(actor: Actor) -> QuerySet[ChangeRequest]:
    """Those that the other side decides: the decision owner, and what one of them asked anybody who may configure."""
    held, found = capabilities_of(actor.role), ChangeRequest.objects.filter(state=State.OPEN).exclude(asked_by=actor.id)
    if Capability.RELEASES_PROMOTE in held:
        return found
    if Capability.CONFIG_EDIT not in held:
        return found.none()
    owners = Membership.objects.filter(tenant_id=current_schema(), role=Role.DECISION_OWNER)
    return found.filter(asked_by__in=[str(person) for person in owners.values_list("user_id", flat=True)])


def waiting_for(actor: Actor) -> int:
    """How many wait that the person may decide on."""
    return decidable(actor).count()


def may_take_back(actor: Actor, change: ChangeRequest) -> bool:
    """Whoever asked for it, as long as nobody has decided."""
    return change.state == State.OPEN and actor.id == change.asked_by


@transaction.atomic
def ask_change(*, actor: Actor, engagement: Engagement, wanted: Wanted) -> ChangeRequest:
    """Put a change before the decision owner. Raises ChangeRefused."""
    if not wanted.title.strip() or not wanted.why.strip():
        raise ChangeRefused("Say what is to change, and why.")
    if abs(wanted.price) > MOST or abs(wanted.days) > LONGEST:
        raise ChangeRefused(
            f"The effect is at most USD {MOST:,} on the price, and {LONGEST} working days on the dates."
        )
    if engagement.build_on is None or engagement.phase == Engagement.Phase.ENDED:
        raise ChangeRefused("Changes are asked for from Build on. Until then, write them into the statement of work.")
    made = ChangeRequest.objects.create(
        engagement=engagement,
        title=wanted.title.strip()[:200],
        why=wanted.why.strip()[:4000],
        price=wanted.price,
        days=wanted.days,
        asked_at=timezone.now(),
        asked_by=actor.id,
        asked_name=actor.name,
    )
    _record(actor, made, "change.asked", "")
    return made


@transaction.atomic
def decide_change(*, actor: Actor, change: ChangeRequest, accept: bool, reason: str) -> ChangeRequest:
    """Accept or decline; whoever asked does not decide, but may take it back. Raises ChangeRefused."""
    change = ChangeRequest.objects.select_for_update(of=("self",)).get(pk=change.pk)
    if change.state != State.OPEN:
        raise ChangeRefused(f"{change.decided_name} has decided on it already.")
    if not decidable(actor).filter(pk=change.pk).exists() and (accept or not may_take_back(actor, change)):
        raise ChangeRefused("The decision owner decides; on what a decision owner asked for, somebody else does.")
    if not reason.strip():
        raise ChangeRefused("Say why.")
    change.state = State.ACCEPTED if accept else State.DECLINED
    change.decided_at, change.decided_name, change.reason = timezone.now(), actor.name, reason.strip()[:4000]
    change.save(update_fields=["state", "decided_at", "decided_name", "reason"])
    _record(actor, change, f"change.{change.state}", change.reason)
    return change


def _record(actor: Actor, change: ChangeRequest, action: str, reason: str) -> None:
    record(
        actor=actor,
        action=action,
        object=f"change:{change.pk}",
        workflow=change.engagement.workflow.slug,
        after={"title": change.title, "price": change.price, "days": change.days, "state": change.state},
        reason=reason,
    )
