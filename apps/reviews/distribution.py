"""Who is given which case: the order of priority, and what a person may be, can be and is to be given."""

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import TextChoices
from django.utils import timezone

from apps.audit.entries import record
from apps.cases.models import Case
from apps.cases.statements import execute
from apps.reviews.desk import Place, Reviewer
from apps.reviews.ordering import Narrowed
from apps.reviews.refusals import ConflictOfInterest
from apps.tenants.actors import Actor
from apps.tenants.capabilities import Capability, Role, capabilities_of

IN_CONFLICT = """
SELECT number FROM cases_case JOIN reviews_reviewer ON customer = ANY (conflicts)
WHERE id = %(case)s AND customer <> '' AND person_id = %(person)s
"""
LIMITS = "SELECT * FROM reviews_reviewer WHERE person_id = %(person)s"
# What one approved as the first of two is for somebody else.
OWN_APPROVAL = """
SELECT FROM reviews_disposition AS own WHERE own.case_id = place.case_id AND own.kind = 'propose'
    AND own.undone_at IS NULL AND own.reviewer_id::text = %(maker)s
"""
LIVE = "(holding.lease_until IS NULL OR holding.lease_until > now())"
HOLDING = "SELECT FROM reviews_assignment AS holding WHERE holding.case_id = place.case_id AND"


class Whose(TextChoices):
    """Which cases of the queue, by who holds them."""

    ANYBODYS = "", "Anybody's"
    ME = "me", "Held by me"
    OTHERS = "others", "Held by others"
    FREE = "free", "Free"


def awaits_of(role: str) -> list[str]:
    """What a place may await (`Place.awaits`) so that the role decides: `may_decide`, in the queue's words."""
    held = capabilities_of(role)
    allowed = {role}
    if Capability.REVIEWS_DECIDE in held:
        allowed.add("")
    if Capability.REVIEWS_DECIDE_RESERVED in held:
        allowed |= {"reserved", *(each.value for each in Role)}
    return sorted(allowed)


def for_person(narrowed: Narrowed, actor: Actor, reviewer: Reviewer | None) -> None:
    """Leave only what the person may decide and is to be given: by role and skills."""
    narrowed.awaits = awaits_of(actor.role)
    narrowed.also(f"NOT EXISTS ({OWN_APPROVAL})", maker=actor.id)
    if reviewer is None:
        return
    for column, values in (("case_type", reviewer.case_types), ("language", reviewer.languages)):
        if values:
            narrowed.also(f"place.{column} = ANY (%(can_{column})s)", **{f"can_{column}": values})
    if reviewer.workflows:
        known = "SELECT id FROM workflows_workflow WHERE slug = ANY (%(can_workflows)s)"
        narrowed.also(f"place.workflow_id IN ({known})", can_workflows=reviewer.workflows)


def without_conflicts(narrowed: Narrowed, reviewer: Reviewer | None) -> None:
    """Leave out the customers in whom the person has an interest: not even a row of theirs is shown."""
    if reviewer is not None and reviewer.conflicts:
        narrowed.also("NOT place.customer = ANY (%(conflicts)s)", conflicts=reviewer.conflicts)


def held(narrowed: Narrowed, whose: str, actor: Actor) -> None:
    """Leave only the cases that are held like that."""
    match whose:
        case Whose.ME:
            narrowed.also(f"EXISTS ({HOLDING} {LIVE} AND holding.holder_id = %(me)s)", me=actor.id)
        case Whose.OTHERS:
            narrowed.also(f"EXISTS ({HOLDING} {LIVE} AND holding.holder_id <> %(me)s)", me=actor.id)
        case Whose.FREE:
            narrowed.also(f"NOT EXISTS ({HOLDING} {LIVE})")


def reviewer_of(actor: Actor) -> Reviewer | None:
    """None for who has no limits, and for programs."""
    rows = execute(LIMITS, {"person": actor.id}) if actor.kind == "person" else ()
    return Reviewer(**rows[0]) if rows else None


def refuse_conflict(*, actor: Actor, case_id: UUID) -> None:
    """Raises ConflictOfInterest, and records the attempt, when the case is of a customer that the person must not have.

    Call it before the transaction of the deed, which would take the record back.
    """
    if actor.kind != "person":
        return
    rows = execute(IN_CONFLICT, {"case": case_id, "person": actor.id})
    if not rows:
        return
    with transaction.atomic():
        record(actor=actor, action="review.conflict_refused", object=f"case:{case_id}", case=case_id, layer="review")
    raise ConflictOfInterest(
        f"{rows[0]['number']} is of a customer in whom you have an interest, so somebody else decides it. "
        "That you asked for it is recorded. If the interest is over, an administrator takes it off under People."
    )


def priority(place: Place) -> float:
    """Risk x hours waited x pressure of the clock: what the queue is ordered by."""
    return float(place.weight * _waited(place).total_seconds() / 3600)


def formula(place: Place) -> str:
    """Risk, time waited, pressure of the clock, and what they come to."""
    hours = _waited(place).total_seconds() / 3600
    return f"{place.risk} × {hours:,.1f} h × {place.pressure} = {priority(place):,.1f}"


def explain(case: Case) -> list[str]:
    """The factors of the case's priority in words, and what they come to. Empty when it does not wait."""
    place = getattr(case, "place", None)
    if place is None:
        return []
    urgency = {"high": "urgent 3", "low": "not urgent 1"}.get(place.urgency, "usual urgency 2")
    impact = "high impact 2" if place.risk > {"high": 3, "low": 1}.get(place.urgency, 2) else "usual impact 1"
    clock = f"{Place.Pressure(place.pressure).label} {place.pressure}"
    hours = _waited(place).total_seconds() / 3600
    return [urgency, impact, f"waiting {hours:,.1f} h", clock, f"priority {priority(place):,.1f}"]


def _waited(place: Place) -> timedelta:
    return max(timezone.now() - place.since, timedelta())
