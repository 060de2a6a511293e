"""One deed on many cases. What would happen is asked of the very services that do it, case by case, and taken back;
what happened is one entry that names its cases, and is undone as one.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.audit.entries import record
from apps.cases.models import Case
from apps.reviews import assignments, services, snoozing
from apps.reviews.desk import Assignment, BulkAction
from apps.reviews.drafts import proposal_of
from apps.reviews.models import Disposition
from apps.reviews.refusals import Refused
from apps.reviews.sharing import Crew
from apps.tenants.actors import Actor
from apps.tenants.capabilities import Capability, Role, capabilities_of
from apps.tenants.models import Membership

LARGEST = 100  # cases at once: locked together, and undone within the seconds that there are for it
Kind = BulkAction.Kind


@dataclass(frozen=True)
class Order:
    """What is to be done: to whom for reassigning (a membership) or escalating (a role), until when, and why."""

    kind: Kind
    to: Membership | None = None
    role: str = ""
    rationale: str = ""
    until: datetime | None = None  # of snoozing


@dataclass
class Outcome:
    """What happened to one case, or would: in words, or why nothing."""

    case: UUID
    number: str
    says: str = ""
    problem: str = ""
    undo: dict[str, str] = field(default_factory=dict)  # by what it is taken back

    def as_json(self) -> dict[str, Any]:
        return {"case": str(self.case), "number": self.number, "says": self.problem or self.says, "undo": self.undo}


class _TakenBack(Exception):
    """Carries nothing: it only ends the transaction of a preview."""


def preview(*, actor: Actor, order: Order, cases: Sequence[Case]) -> list[Outcome]:
    """What `act` would do with each case; nothing is changed. Raises Refused as it does."""
    _check(actor, order, cases)
    deed = _deed(actor, order)
    return [_tried(deed, case, keep=False) for case in _in_order(cases)]


def act(*, actor: Actor, order: Order, cases: Sequence[Case]) -> BulkAction:
    """Do it to all that can be done, in one transaction; the others are named with the reason. Raises Refused.

    A case that is refused stops no other. Refused when there are none, too many, or the role may not.
    """
    _check(actor, order, cases)
    with transaction.atomic():
        deed = _deed(actor, order)
        outcomes = [_tried(deed, case, keep=True) for case in _in_order(cases)]
        done = [each for each in outcomes if not each.problem]
        if not done:
            raise Refused(f"Nothing could be done: {outcomes[0].problem}")
        bulk = BulkAction.objects.create(
            kind=order.kind,
            actor_id=UUID(actor.id),
            actor_name=actor.name,
            said=order.rationale.strip() or (order.to.user.name if order.to else ""),
            done=[each.as_json() for each in done],
            refused=[each.as_json() for each in outcomes if each.problem],
        )
        _record(actor, bulk, f"bulk.{order.kind.value}", [str(each.case) for each in done])
        return bulk


def undo(*, actor: Actor, bulk_id: UUID) -> list[Outcome]:
    """Take one's own bulk action back as one. Cases that have gone on since stay, and are returned with the reason.

    Raises Refused when it is not one's own, has been undone, or nothing of it can be taken back.
    """
    with transaction.atomic():
        bulk = BulkAction.objects.select_for_update().filter(pk=bulk_id, undone_at=None).first()
        if bulk is None or str(bulk.actor_id) != actor.id:
            raise Refused("There is nothing of yours to undo.")
        outcomes = [_undone(actor, item) for item in bulk.done]
        back = [str(each.case) for each in outcomes if not each.problem]
        if not back:
            raise Refused(outcomes[0].problem)
        bulk.undone_at = timezone.now()
        bulk.save(update_fields=["undone_at"])
        _record(actor, bulk, "bulk.undone", back)
    return [each for each in outcomes if each.problem]


def kinds_of(actor: Actor) -> list[Kind]:
    """What the person may do to many."""
    held = capabilities_of(actor.role)
    decides = bool(held & {Capability.REVIEWS_DECIDE, Capability.REVIEWS_DECIDE_RESERVED})
    senior = [Kind.REASSIGN, Kind.SHARE_OUT] if Capability.REVIEWS_TAKE_OVER in held else []
    return [*senior, *([Kind.ESCALATE, Kind.SNOOZE, Kind.APPROVE] if decides else [])]


def _check(actor: Actor, order: Order, cases: Sequence[Case]) -> None:
    if order.kind not in kinds_of(actor):
        raise Refused("Your role does not do that to many cases at once.")
    if not cases:
        raise Refused("Choose at least one case.")
    if len(cases) > LARGEST:
        raise Refused(f"At most {LARGEST} cases at once: choose fewer, or narrow the filter.")
    if order.kind == Kind.REASSIGN and order.to is None:
        raise Refused("Choose who gets them.")
    if order.kind == Kind.ESCALATE and order.role not in services.ESCALATION_ROLES:
        raise Refused("Choose who should decide.")
    if order.kind == Kind.ESCALATE and not order.rationale.strip():
        raise Refused("Write what the next person should look at.")
    if order.kind == Kind.SNOOZE and (order.until is None or not order.rationale.strip()):
        raise Refused("Say until when, and what they wait for.")


Deed = Callable[[Case], tuple[str, dict[str, str]]]  # what it did in words, and by what it is undone


def _deed(actor: Actor, order: Order) -> Deed:
    match order.kind:
        case Kind.ESCALATE:
            return lambda case: _escalate(actor, case, order)
        case Kind.APPROVE:
            return lambda case: _approve(actor, case, order)
        case Kind.SNOOZE if order.until:
            until = order.until
            return lambda case: _snooze(actor, case, until, order.rationale)
        case Kind.REASSIGN if order.to:
            to = order.to
            return lambda case: _give(actor, case, to)
        case Kind.SHARE_OUT:
            crew = Crew.present()
            return lambda case: _give(actor, case, crew.next_for(case))
        case _:
            raise Refused("That cannot be done to many cases at once.")


def _give(actor: Actor, case: Case, to: Membership) -> tuple[str, dict[str, str]]:
    before = assignments.held_by([case.pk]).get(case.pk)
    assignments.give(actor=actor, case_id=case.pk, to=to)
    taken = f", who takes it from {before.holder_name}" if before and before.holder_id != to.user_id else ""
    return f"Goes to {to.user.name}{taken}.", {"holder": str(to.user_id)}


def _escalate(actor: Actor, case: Case, order: Order) -> tuple[str, dict[str, str]]:
    made = services.escalate(
        actor=actor, case_id=case.pk, revision=case.revision, to=order.role, rationale=order.rationale
    )
    return f"Goes to the {Role(order.role).label.lower()}.", {"disposition": str(made.pk)}


def _snooze(actor: Actor, case: Case, until: datetime, note: str) -> tuple[str, dict[str, str]]:
    snoozing.snooze(actor=actor, case_id=case.pk, until=until, note=note)
    return f"Leaves the queue until {until:%d %b %Y, %H:%M} UTC.", {"snoozed": until.isoformat()}


def _approve(actor: Actor, case: Case, order: Order) -> tuple[str, dict[str, str]]:
    """Only what is safe to approve unread: the others are read one by one."""
    proposal = proposal_of(case)
    if case.impact == "high" or case.reserved or case.escalated_to:
        raise Refused("It weighs too much to be approved unread: open it.")
    if case.band == "low":
        raise Refused("The machine is not sure what it is: open it.")
    if proposal is None or not all(claim.grounded for claim in proposal.claims):
        raise Refused("A sentence of the draft has no source: open it.")
    made = services.approve(actor=actor, case_id=case.pk, revision=case.revision, rationale=order.rationale)
    if made.kind != Disposition.Kind.APPROVE:
        raise Refused("Two people have to approve it: open it.")
    sent = f": {'; '.join(effect.summary for effect in proposal.effects)}" if proposal.effects else ""
    return f"The reply goes out{sent}.", {"disposition": str(made.pk)}


def _tried(deed: Deed, case: Case, *, keep: bool) -> Outcome:
    outcome = Outcome(case.pk, case.number)
    try:
        with transaction.atomic():
            outcome.says, outcome.undo = deed(case)
            if not keep:
                raise _TakenBack
    except _TakenBack:
        pass
    except Refused as refused:
        outcome.problem = str(refused)
    return outcome


def _undone(actor: Actor, item: dict[str, Any]) -> Outcome:
    outcome = Outcome(UUID(item["case"]), item["number"])
    try:
        with transaction.atomic():
            if "disposition" in item["undo"]:
                services.undo(actor=actor, disposition_id=UUID(item["undo"]["disposition"]))
                assignments.release(actor=actor, case_id=outcome.case)
            elif "snoozed" in item["undo"]:
                snoozing.fetch(actor=actor, case_id=outcome.case)
            else:
                _take_back(outcome, item["undo"]["holder"])
    except Refused as refused:
        outcome.problem = str(refused)
    return outcome


def _take_back(outcome: Outcome, holder: str) -> None:
    given = Assignment.objects.filter(pk=outcome.case, holder_id=holder, lease_until=None)
    if not given.delete()[0]:
        raise Refused(f"{outcome.number} is no longer with the person who was given it.")


def _in_order(cases: Iterable[Case]) -> list[Case]:
    """Always the same, so that two people with overlapping choices do not wait for each other."""
    return sorted(cases, key=lambda case: case.pk)


def _record(actor: Actor, bulk: BulkAction, action: str, cases: list[str]) -> None:
    record(
        actor=actor,
        action=action,
        object=f"bulk:{bulk.pk}",
        layer="review",
        cases=cases,
        refused=[each["case"] for each in bulk.refused],
    )
