"""The ledger's own moves: every change of an effect's state, fenced, and audited in the same transaction."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.db import models, transaction
from django.db.models import ExpressionWrapper, Q
from django.db.models.expressions import Combinable
from django.db.models.functions import Now

from apps.audit.commitments import SubjectForgotten, commit
from apps.audit.entries import record
from apps.connectors.models import Effect
from apps.tenants.actors import SYSTEM, Actor

State = Effect.State


def from_now(delay: timedelta) -> Combinable:
    """A time on the database's clock."""
    return ExpressionWrapper(Now() + delay, output_field=models.DateTimeField())


def key_of(effect: Effect) -> str:
    """The idempotency key: (case, step, operation, business object), in letters that a header may hold."""
    parts = (str(effect.case_id), effect.step, f"{effect.system_id}.{effect.operation}", effect.object)
    return "/".join(quote(part, safe=":.") for part in parts)


def digest(subject: UUID, value: Any) -> str:
    """What the audit log holds of parameters and answers. "" once the subject has been forgotten."""
    try:
        return commit(subject, json.dumps(value, sort_keys=True, ensure_ascii=False).encode())
    except SubjectForgotten:
        return ""


def move(effect: Effect, state: Effect.State, *, actor: Actor = SYSTEM, reason: str = "", **changes: Any) -> bool:
    """Put the effect into `state` if it still is as we read it. False: somebody with a newer claim has moved it."""
    with transaction.atomic():
        unchanged = Effect.objects.filter(pk=effect.pk, state=effect.state, fence=effect.fence)
        if not unchanged.update(state=state, **changes):
            return False
        before = effect.state
        effect.refresh_from_db(fields=["state", *changes])
        enter(effect, actor=actor, before=before, reason=reason)
    return True


def claim(effect: Effect, state: Effect.State, lease: timedelta, **changes: Any) -> bool:
    """Take the effect for ourselves: a newer fence shuts out every older claim. False: another worker was quicker."""
    free = Q(lease_until=None) | Q(lease_until__lte=Now())
    if not Effect.objects.filter(free, pk=effect.pk, due_at__lte=Now()).exists():
        return False
    taken: dict[str, Any] = {"fence": effect.fence + 1, "attempts": effect.attempts + 1, "lease_until": from_now(lease)}
    return move(effect, state, **taken, **changes)


def enter(effect: Effect, *, actor: Actor, before: str | None, reason: str = "") -> None:
    """The audit entry of a change that is being made in this transaction."""
    answer: Mapping[str, Any] = {} if effect.answer is None else {"result": digest(effect.subject_id, effect.answer)}
    record(
        actor=actor,
        action=f"effect.{effect.state}",
        object=f"effect:{effect.pk}",
        case=effect.case_id,
        layer="effects",
        reason=reason,
        before=before and {"state": str(before)},
        after={"state": str(effect.state), "attempts": effect.attempts, "fence": effect.fence},
        subject=str(effect.subject_id),
        tool=f"{effect.system_id}.{effect.operation}",
        target=effect.object,
        idempotency_key=key_of(effect),
        params=effect.params_digest,
        **answer,
    )
