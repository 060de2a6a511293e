"""What a person is given to decide: the kinds of cases that they know, how many, and whose never."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from apps.audit.canonical import Json
from apps.audit.entries import record
from apps.reviews.desk import Reviewer
from apps.reviews.refusals import Refused
from apps.tenants.actors import Actor
from apps.tenants.capabilities import Capability, capabilities_of
from apps.tenants.models import Membership

HIGHEST = 1_000  # of a cap
LONGEST = {"case_types": 60, "languages": 12, "workflows": 60, "conflicts": 200}  # characters of one
MOST = 500  # of each


@dataclass(frozen=True)
class Limits:
    """Empty means everything, None means no cap."""

    case_types: Sequence[str] = ()
    languages: Sequence[str] = ()
    workflows: Sequence[str] = ()
    conflicts: Sequence[str] = ()  # customers' references
    most_held: int | None = None
    most_a_day: int | None = None


def set_limits(*, actor: Actor, member: Membership, limits: Limits) -> Reviewer:
    """Say what the member is given from now on. Raises Refused, with what to change.

    Conflicts are references of people: they are kept beside the log, which tells only how many there are.
    """
    values = {name: _cleaned(getattr(limits, name), name) for name in LONGEST}
    caps = {"most_held": limits.most_held, "most_a_day": limits.most_a_day}
    for cap in caps.values():
        if cap is not None and not 0 < cap <= HIGHEST:
            raise Refused(f"A limit is a number from 1 to {HIGHEST:,}; leave it empty for none.")
    with transaction.atomic():
        before = Reviewer.objects.select_for_update().filter(pk=member.user_id).first()
        after, _ = Reviewer.objects.update_or_create(person_id=member.user_id, defaults={**values, **caps})
        record(
            actor=actor,
            action="reviewer.limited",
            object=f"member:{member.pk}",
            before=_told(before),
            after=_told(after),
        )
        return after


def limits_of(people: Sequence[UUID]) -> dict[UUID, Reviewer]:
    return {each.person_id: each for each in Reviewer.objects.filter(person_id__in=people)}


def summary(member: Membership, limits: Reviewer | None) -> str:
    """What the member is given, in a few words; "" for who decides nothing."""
    decides = {Capability.REVIEWS_DECIDE, Capability.REVIEWS_DECIDE_RESERVED} & capabilities_of(member.role)
    if not member.active or not decides:
        return ""
    if limits is None:
        return "everything"
    said = [
        _counted(limits.case_types, "case type"),
        _counted(limits.languages, "language"),
        _counted(limits.workflows, "workflow"),
        f"at most {limits.most_held} at once" if limits.most_held else "",
        f"{limits.most_a_day} a day" if limits.most_a_day else "",
        _counted(limits.conflicts, "conflict"),
    ]
    return ", ".join(filter(None, said)) or "everything"


def _counted(values: Sequence[str], what: str) -> str:
    return f"{len(values)} {what}{'' if len(values) == 1 else 's'}" if values else ""


def _cleaned(values: Sequence[str], name: str) -> list[str]:
    cleaned = sorted({value.strip() for value in values if value.strip()})
    if len(cleaned) > MOST:
        raise Refused(f"At most {MOST} of one kind.")
    longest = next((value for value in cleaned if len(value) > LONGEST[name]), None)
    if longest:
        raise Refused(f"“{longest[:40]}…” is longer than {LONGEST[name]} characters.")
    return cleaned


def _told(limits: Reviewer | None) -> Json:
    if limits is None:
        return None
    return {
        "case_types": list(limits.case_types),
        "languages": list(limits.languages),
        "workflows": list(limits.workflows),
        "conflicts": len(limits.conflicts),
        "most_held": limits.most_held,
        "most_a_day": limits.most_a_day,
    }
