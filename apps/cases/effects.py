"""The case's last stretch: its reply and its planned effects leave through the ledger, once each."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from apps.audit.entries import prepare
from apps.cases.claiming import Claimed
from apps.cases.layers.types import Claim, Frozen, PlannedEffect
from apps.cases.loading import Loaded
from apps.cases.models import Case
from apps.cases.statements import WAIT, commit_layer, entry_parameters, execute
from apps.connectors import planning, sending
from apps.connectors.selectors import effects_of
from apps.tenants.actors import SYSTEM, Actor

STEP = "effects"  # the same for every revision, so that rework never sends an order twice
LONGEST_WAIT = 60.0  # seconds until an unsettled case is looked at again


class EffectsResult(Frozen):
    """What became of a case's effects, in the order in which they ran."""

    effects: tuple[tuple[str, str], ...]  # summary, state


def plan(
    *, actor: Actor, case: UUID, subject: UUID, customer: str, loaded: Loaded,
    effects: Sequence[PlannedEffect], claims: Sequence[Claim], wait: int,
) -> None:  # fmt: skip
    """Write down what the case does, in the caller's transaction. Nothing leaves before `wait` seconds are over."""
    reply = _reply(loaded, case, customer, claims)
    planning.plan(
        actor=actor,
        case_id=case,
        subject_id=subject,
        step=STEP,
        effects=[*effects, *reply],
        grants=loaded.release.grants,
        undo_for=timedelta(seconds=wait),
    )


def _reply(loaded: Loaded, case: UUID, customer: str, claims: Sequence[Claim]) -> list[PlannedEffect]:
    """The answer, to the sender that the case came with and to nobody that its text names."""
    operation = loaded.release.taxonomy.reply
    if operation is None or not claims:
        return []
    return [
        PlannedEffect(
            system=operation.system,
            operation=operation.operation,
            params={"case": str(case), "to": customer or "sender", "text": reply_text(claims)},
            object=f"case:{case}",
            summary=f"Send the reply to {customer or 'the sender'}",
        )
    ]


def reply_text(claims: Sequence[Claim]) -> str:
    """The draft as a letter: courtesy, statements, courtesy, with an empty line wherever the kind changes."""
    text, previous = "", None
    for claim in claims:
        text += ("" if previous is None else " " if claim.kind == previous else "\n\n") + claim.text
        previous = claim.kind
    return text


def cancel(case: UUID, *, actor: Actor) -> bool:
    """Withdraw everything that was planned. False, and nothing withdrawn, when something has left or is about to."""
    try:
        planning.cancel_planned(actor=actor, case_id=case, step=STEP, reason="The decision was undone.")
    except planning.TooLate:
        return False
    return True


def withdraw(case: UUID, *, actor: Actor) -> None:
    """Drop what has not left, for good; what has left stays as it is."""
    planning.withdraw(actor=actor, case_id=case, reason="The case was rejected.")


def settle(claimed: Claimed) -> None:
    """Run what is due: close the case when all is settled, wait while it is not, a person when nothing can go on."""
    outcome = sending.run_due(claimed.id)
    if outcome.status == "waiting":
        wait = (outcome.next_at - timezone.now()).total_seconds() if outcome.next_at else 1.0
        execute(WAIT, {"case": claimed.id, "fence": claimed.fence, "wait": min(max(wait, 0.5), LONGEST_WAIT)})
    elif outcome.status == "done":
        _close(claimed)
    else:
        _hand_over(claimed, " ".join(outcome.problems))


def _close(claimed: Claimed) -> None:
    effects = tuple((effect.summary, str(effect.state)) for effect in effects_of(claimed.id))
    entry = prepare(
        actor=SYSTEM,
        action="case.closed",
        object=f"case:{claimed.id}",
        case=claimed.id,
        subject=str(claimed.subject_id),
        layer="effects",
        release=claimed.release_id,
        effects=[state for _, state in effects],
    )
    commit_layer(
        case=claimed.id,
        fence=claimed.fence,
        layer=claimed.layer,
        next=Case.Layer.DONE,
        queue=claimed.queue,
        state=Case.State.CLOSED,
        result=EffectsResult(effects=effects).model_dump_json(),
        started_at=entry.at,
        microseconds=0,
        columns={"closed_at": entry.at},
        **entry_parameters(entry),
    )


def _hand_over(claimed: Claimed, problem: str) -> None:
    entry = prepare(
        actor=SYSTEM,
        action="case.effects_unsettled",
        object=f"case:{claimed.id}",
        case=claimed.id,
        subject=str(claimed.subject_id),
        layer="effects",
        release=claimed.release_id,
    )
    commit_layer(
        case=claimed.id,
        fence=claimed.fence,
        layer=claimed.layer,
        next=Case.Layer.EFFECTS,
        queue=claimed.queue,
        state=Case.State.REVIEW,
        columns={"reason": problem[:400], "reserved": True, "in_review_since": entry.at},
        **entry_parameters(entry),
    )
