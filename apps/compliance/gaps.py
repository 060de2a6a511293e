"""What is done about missing evidence: who, until when, and how it ended. And which frameworks apply at all."""

from datetime import date
from uuid import UUID

from django.db import transaction

from apps.audit.entries import record
from apps.compliance.framework_models import Gap, Scope
from apps.compliance.frameworks import Framework, Row
from apps.compliance.signatures import Signable, identify, write_signature
from apps.tenants.actors import Actor
from apps.tenants.models import Membership

MEANING = "I state that this is in place, and that the note says where it can be seen."
State = Gap.State


class GapRefused(ValueError):
    """The gap cannot be changed so. The message says why."""


@transaction.atomic
def plan_gap(*, actor: Actor, row: Row, state: str, owner: UUID | None, due_on: date | None, note: str) -> Gap:
    """Say who closes a gap and until when, or that the row does not apply, with the ground. Raises GapRefused."""
    if state not in (State.OPEN, State.WORKING, State.NOT_APPLICABLE):
        raise GapRefused("A gap is closed by a signature.")
    if state == State.NOT_APPLICABLE and not note.strip():
        raise GapRefused("Say on which ground this does not apply.")
    member = Membership.objects.filter(user=owner, active=True).select_related("user").first() if owner else None
    if owner and member is None:
        raise GapRefused("The owner must be somebody who works here.")
    gap = _locked(row)
    before = _facts(gap)
    gap.state, gap.note, gap.due_on, gap.signature = state, note.strip(), due_on, None
    gap.owner_id, gap.owner_name = (member.user_id, member.user.name) if member else (None, "")
    _save(actor, gap, before, "gap.planned")
    return gap


def close_gap(*, actor: Actor, row: Row, note: str, password: str, email: str | None = None) -> Gap:
    """State with a signature that the evidence is in place elsewhere. The pack shows it as stated, never as covered.

    Raises GapRefused and SignatureRefused.
    """
    if not note.strip():
        raise GapRefused("Say where the evidence can be seen, and who keeps it.")
    identify(actor=actor, record=f"gap:{row.id}", password=password, email=email)
    return _close(actor, row, note.strip(), 1 if email is None else 2)


@transaction.atomic
def decide_scope(*, actor: Actor, framework: Framework, applies: bool, ground: str) -> Scope:
    """Say whether a framework applies here, and why. Raises GapRefused."""
    if not ground.strip():
        raise GapRefused("Say on which ground it applies or does not.")
    scope = Scope.objects.create(
        framework=framework.id,
        applies=applies,
        ground=ground.strip(),
        decided_by=actor.id,
        decided_name=actor.name,
    )
    record(
        actor=actor,
        action="framework.scoped",
        object=f"framework:{framework.id}",
        after={"applies": applies},
        reason=ground.strip(),
    )
    return scope


@transaction.atomic
def _close(actor: Actor, row: Row, note: str, components: int) -> Gap:
    gap = _locked(row)
    before = _facts(gap)
    shown = Signable(f"gap:{row.id}", {"row": row.id, "asks": row.asks, "note": note, "state": State.CLOSED.value})
    gap.signature = write_signature(actor=actor, record=shown, meaning=MEANING, components=components)
    gap.state, gap.note = State.CLOSED, note
    _save(actor, gap, before, "gap.closed")
    return gap


def _locked(row: Row) -> Gap:
    Gap.objects.bulk_create([Gap(row=row.id)], ignore_conflicts=True)
    return Gap.objects.select_for_update().get(row=row.id)


def _save(actor: Actor, gap: Gap, before: dict[str, str | None], action: str) -> None:
    gap.changed_name = actor.name
    gap.save()
    record(actor=actor, action=action, object=f"gap:{gap.row}", before=before, after=_facts(gap), reason=gap.note)


def _facts(gap: Gap) -> dict[str, str | None]:
    return {
        "state": str(gap.state),
        "owner": str(gap.owner_id) if gap.owner_id else None,
        "due_on": str(gap.due_on) if gap.due_on else None,
        "signature": str(gap.signature_id) if gap.signature_id else None,
    }
