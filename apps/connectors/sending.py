"""Carrying out what is due, one order after the other, and finding out what became of those without an answer.

No transaction is open while a system of record is asked. A worker may die at any line here: what it had claimed is
found by its lease, and treated as unknown.
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from apps.connectors import wire
from apps.connectors.ledger import State, claim, from_now, key_of, move
from apps.connectors.models import Effect, System
from apps.connectors.operations import Operations
from apps.tenants.actors import Actor

MOST_ATTEMPTS = 8  # orders and questions together; then a person has it
ONE_LOSS = 2  # attempts: an order, and the question what became of it
LONGEST_WAIT = timedelta(seconds=60)
LEASE_MARGIN = timedelta(seconds=10)


@dataclass(frozen=True)
class EffectsOutcome:
    status: Literal["done", "waiting", "person"]
    next_at: datetime | None  # when to call again while waiting
    problems: tuple[str, ...]  # for the person, one sentence each


def run_due(case_id: UUID) -> EffectsOutcome:
    """Send the case's orders that are due, in order; stop at the first that cannot be settled now.

    Safe to call again at any time and from two workers at once. Must not be called inside a transaction.
    """
    with transaction.atomic(durable=True):
        effects = _queue(case_id)
    for effect in effects:
        while advance(effect):
            pass
        if effect.state not in SETTLED:
            break
    return outcome(case_id)


SETTLED = (State.CONFIRMED, State.RECONCILED, State.CANCELLED, State.COMPENSATED)


def _queue(case_id: UUID) -> list[Effect]:
    """What is still to run: the orders, or once the case is being rolled back, only what takes them back."""
    effects = list(Effect.objects.select_related("system").filter(case_id=case_id))
    undoing = [effect for effect in effects if effect.compensates_id]
    return undoing or effects


def outcome(case_id: UUID) -> EffectsOutcome:
    effects = _queue(case_id)
    stuck = [effect for effect in effects if effect.state == State.FAILED or effect.needs_person]
    if stuck:
        problems = tuple(f"{effect.summary or effect}: {effect.problem}" for effect in stuck)
        return EffectsOutcome("person", None, problems)
    open_ones = [effect for effect in effects if effect.state not in SETTLED]
    if not open_ones:
        return EffectsOutcome("done", None, ())
    first = open_ones[0]
    return EffectsOutcome("waiting", max(filter(None, (first.due_at, first.lease_until))), ())


def advance(effect: Effect) -> bool:
    """Take the effect one move on. False when there is nothing to do now."""
    if effect.needs_person:
        return False
    if effect.state == State.PLANNED:
        return _send(effect)
    if effect.state == State.SENT:
        return _give_up_waiting(effect)
    if effect.state == State.UNKNOWN:
        return _reconcile(effect)
    return False


def _send(effect: Effect) -> bool:
    lease = _lease(effect.system)
    begin = time.monotonic()
    if not claim(effect, State.SENT, lease, sent_at=Now(), problem=""):
        return _lost(effect)
    if time.monotonic() - begin > (LEASE_MARGIN / 2).total_seconds():
        return False  # held up so long that the lease could run out while we send: leave it to whoever finds it
    result = wire.order(effect.system, effect.operation, effect.params, key_of(effect))
    match result:
        case wire.Done(answer):
            settled = move(effect, State.CONFIRMED, answer=answer, settled_at=Now(), lease_until=None)
            _taken_back(effect)
            return settled
        case wire.Refused(problem):
            return move(effect, State.FAILED, problem=problem, settled_at=Now(), lease_until=None)
        case wire.NotSent(problem) if effect.attempts >= MOST_ATTEMPTS:
            return move(effect, State.FAILED, problem=problem, settled_at=Now(), lease_until=None)
        case wire.NotSent(problem):
            return move(effect, State.PLANNED, problem=problem, due_at=from_now(_wait(effect)), lease_until=None)
        case wire.Unclear(problem):
            return _doubt(effect, problem)


def _give_up_waiting(effect: Effect) -> bool:
    """Whoever sent it is gone once the lease is over."""
    if not Effect.objects.filter(pk=effect.pk, lease_until__lte=Now()).exists():
        return False
    return _doubt(effect, "The worker that sent it did not come back.", fence=effect.fence + 1) or _lost(effect)


def _doubt(effect: Effect, problem: str, **changes: Any) -> bool:
    nobody_to_ask = effect.system.guarantee == System.Guarantee.NONE
    if nobody_to_ask:
        problem = f"{problem} {effect.system.title} cannot be asked whether it was done, so it is not sent again."
    return move(
        effect,
        State.UNKNOWN,
        problem=problem[:400],
        needs_person=nobody_to_ask,
        due_at=Now(),
        lease_until=None,
        **changes,
    )


def _reconcile(effect: Effect) -> bool:
    """Ask the system of record whether it was done."""
    if not claim(effect, State.UNKNOWN, _lease(effect.system)):
        return _lost(effect)
    operation = Operations.model_validate(effect.system.operations).effect(effect.operation)
    later = from_now(_wait(effect))
    if operation is None or not operation.asked_by:
        return move(effect, State.UNKNOWN, problem="No look-up tells whether it was done.", needs_person=True)
    try:
        answer = wire.ask(effect.system, operation.asked_by, key_of(effect))
    except wire.SystemUnavailable as error:
        person = effect.attempts >= MOST_ATTEMPTS
        move(effect, State.UNKNOWN, problem=str(error)[:400], due_at=later, lease_until=None, needs_person=person)
        return False
    if answer is not None:
        settled = move(effect, State.RECONCILED, answer=answer, settled_at=Now(), lease_until=None, problem="")
        _taken_back(effect)
        return settled
    if not _believable(effect):
        move(effect, State.UNKNOWN, due_at=later, lease_until=None)
        return False
    if effect.attempts >= MOST_ATTEMPTS:
        problem = f"Tried {effect.attempts} times, and never done."
        return move(effect, State.FAILED, problem=problem, settled_at=Now(), lease_until=None)
    # At once after the first loss, then ever later: a system in trouble would use all attempts up within a second.
    due_at = Now() if effect.attempts <= ONE_LOSS else later
    return move(effect, State.PLANNED, due_at=due_at, lease_until=None)


def _believable(effect: Effect) -> bool:
    """Whether "not there" means that it will not be there later: with a key, sending again is harmless anyhow."""
    if effect.system.guarantee == System.Guarantee.KEY:
        return True
    settled = from_now(-timedelta(seconds=effect.system.settles_after))
    return Effect.objects.filter(pk=effect.pk, sent_at__lte=settled).exists()


def _taken_back(effect: Effect) -> None:
    """A compensation that is done marks what it took back."""
    if effect.compensates_id and effect.state in Effect.DONE:
        original = Effect.objects.get(pk=effect.compensates_id)
        if original.state in Effect.DONE:
            move(original, State.COMPENSATED)


def _lost(effect: Effect) -> bool:
    """Somebody else moved it, or it is not due: see how it is now, and leave it."""
    effect.refresh_from_db()
    return False


def _lease(system: System) -> timedelta:
    return timedelta(seconds=system.timeout) + LEASE_MARGIN


def _wait(effect: Effect) -> timedelta:
    return min(timedelta(seconds=2**effect.attempts), LONGEST_WAIT)


def settle_by_hand(
    *, actor: Actor, effect_id: UUID, finding: Literal["done", "not_done", "send_again"], reason: str
) -> None:
    """A person found out what the platform could not. Raises ValueError for an effect that waits for nobody."""
    if not reason.strip():
        raise ValueError("Say how it was found out.")
    with transaction.atomic():
        effect = Effect.objects.select_for_update().get(pk=effect_id)
        if not (effect.needs_person or effect.state == State.FAILED):
            raise ValueError("The effect does not wait for a person.")
        new_fence: dict[str, Any] = {"fence": effect.fence + 1, "needs_person": False, "lease_until": None}
        if finding == "done":
            move(effect, State.RECONCILED, actor=actor, reason=reason, settled_at=Now(), **new_fence)
            _taken_back(effect)
        elif finding == "not_done":
            move(effect, State.CANCELLED, actor=actor, reason=reason, settled_at=Now(), **new_fence)
        else:
            move(effect, State.PLANNED, actor=actor, reason=reason, due_at=Now(), attempts=0, problem="", **new_fence)
