"""Before anything leaves: orders are written down with the way back, and may be withdrawn until their time comes."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from apps.connectors.ledger import State, digest, enter, from_now, move
from apps.connectors.models import Effect, System
from apps.connectors.operations import Operations
from apps.tenants.actors import Actor

UNDO_WINDOW = timedelta(seconds=10)


class NotGranted(Exception):
    """The release does not allow this effect, or its system does not offer it. Nothing was planned."""


class AlreadyOrdered(Exception):
    """The same operation on the same object has been ordered in this step before, with other parameters."""


class TooLate(Exception):
    """Some of the case's effects have left, or are about to. Nothing was withdrawn."""


class Wanted(Protocol):
    """An effect as a proposal plans it."""

    @property
    def system(self) -> str: ...
    @property
    def operation(self) -> str: ...
    @property
    def object(self) -> str: ...
    @property
    def params(self) -> Mapping[str, str]: ...
    @property
    def summary(self) -> str: ...
    @property
    def amount(self) -> Decimal | None: ...
    @property
    def compensation(self) -> str: ...


@transaction.atomic
def plan(
    *,
    actor: Actor,
    case_id: UUID,
    subject_id: UUID,
    step: str,
    effects: Sequence[Wanted],
    grants: frozenset[str],
    undo_for: timedelta = UNDO_WINDOW,
) -> list[Effect]:
    """Write the orders down; `run_due` sends them, in this order, once `undo_for` is over.

    `step` must be the same when the case is worked again ("effects", not "effects of revision 2"): with the object and
    the operation it makes the key that keeps an order from being carried out twice. What is planned already stays;
    what was cancelled or has failed is planned anew. Raises NotGranted or AlreadyOrdered, and then plans nothing.
    """
    systems = {system.slug: system for system in System.objects.filter(pk__in={effect.system for effect in effects})}
    known = list(Effect.objects.select_for_update().filter(case_id=case_id))
    ordered = {_what(effect): effect for effect in known}
    last = max((effect.position for effect in known), default=0)
    planned = []
    for position, wanted in enumerate(effects, start=last + 1):
        fresh = _order(wanted, systems.get(wanted.system), grants, case_id, subject_id, step)
        fresh.position = position
        ordered[_what(fresh)] = _place(fresh, ordered.get(_what(fresh)), actor, undo_for)
        planned.append(ordered[_what(fresh)])
    return planned


def _what(effect: Effect) -> tuple[str, str, str, str]:
    """What tells the orders of a case apart."""
    return effect.step, effect.system_id, effect.operation, effect.object


def _order(
    wanted: Wanted, system: System | None, grants: frozenset[str], case_id: UUID, subject_id: UUID, step: str
) -> Effect:
    name = f"{wanted.system}.{wanted.operation}"
    if name not in grants:
        raise NotGranted(f"{name} is not granted by the release.")
    operation = system and Operations.model_validate(system.operations).effect(wanted.operation)
    if not operation:
        raise NotGranted(f"{name} is not an effect that is registered.")
    params = dict(wanted.params)
    return Effect(
        case_id=case_id,
        subject_id=subject_id,
        step=step,
        system=system,
        operation=wanted.operation,
        object=wanted.object,
        params=params,
        params_digest=digest(subject_id, params),
        summary=wanted.summary,
        amount=wanted.amount,
        compensation=wanted.compensation or operation.compensation,
    )


def _place(fresh: Effect, existing: Effect | None, actor: Actor, undo_for: timedelta) -> Effect:
    due_at = from_now(undo_for)
    if existing is None:
        fresh.due_at = due_at
        fresh.save(force_insert=True)
        fresh.refresh_from_db(fields=["due_at"])
        enter(fresh, actor=actor, before=None)
        return fresh
    if existing.state in (State.CANCELLED, State.FAILED):
        content = {name: getattr(fresh, name) for name in ("position", "params", "params_digest", "summary", "amount")}
        move(existing, State.PLANNED, actor=actor, due_at=due_at, attempts=0, needs_person=False, problem="", **content)
    elif existing.params != fresh.params:
        raise AlreadyOrdered(f"{fresh.system_id}.{fresh.operation} of {fresh.object} is {existing.state} already.")
    return existing


@transaction.atomic
def withdraw(*, actor: Actor, case_id: UUID, reason: str) -> None:
    """Cancel what has not left, whatever has left already. A worker that is about to send is shut out."""
    waiting = Effect.objects.select_for_update().filter(case_id=case_id, compensates=None, state=State.PLANNED)
    for effect in waiting:
        move(effect, State.CANCELLED, actor=actor, reason=reason, fence=effect.fence + 1)


@transaction.atomic
def cancel_planned(*, actor: Actor, case_id: UUID, step: str, reason: str = "") -> int:
    """Undo: withdraw all of the step's orders while none has left. Returns how many. Raises TooLate."""
    ordered = Effect.objects.filter(case_id=case_id, step=step).exclude(state=State.CANCELLED)
    planned = list(ordered.select_for_update())
    leaving = ordered.filter(due_at__lte=Now()).exists()
    if leaving or any(effect.state != State.PLANNED or effect.attempts for effect in planned):
        raise TooLate("The undo window is over: an effect has left or is about to.")
    for effect in planned:
        move(effect, State.CANCELLED, actor=actor, reason=reason)
    return len(planned)
