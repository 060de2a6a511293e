"""How a decision moves on: each step is written, and audited, in the transaction of the deed that it tells of."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.audit.canonical import Json
from apps.audit.entries import record as audit
from apps.evaluations.leased_run import LEASE
from apps.evaluations.lifecycle_models import DecisionRecord, DecisionStep
from apps.tenants.actors import Actor
from apps.tenants.schemas import current_schema
from apps.workflows.models import Release, Workflow

Stage, State, Kind = DecisionRecord.Stage, DecisionRecord.State, DecisionRecord.Kind
Evidence = Mapping[str, Json]
STAGES: dict[str, int] = {
    Kind.RETRAIN: len(DecisionRecord.WORKED) + 2,
    Kind.ROLLBACK: 2,
}  # with who asked and who decided


@transaction.atomic
def open_decision(
    *, actor: Actor, workflow: Workflow, incumbent: Release, kind: str, stage: str, why: str, what: str,
    evidence: Evidence | None = None, **fields: Any,
) -> DecisionRecord:  # fmt: skip
    """Begin a record. Raises IntegrityError when one of the kind is open already for the workflow."""
    made = DecisionRecord.objects.create(
        workflow=workflow,
        incumbent=incumbent,
        kind=kind,
        stage=stage,
        why=why,
        state=State.QUEUED if stage in DecisionRecord.WORKED else State.DONE,
        total=STAGES[kind],
        done=1,
        created_by=actor.id,
        created_name=actor.name,
        **fields,
    )
    _write(made, actor, "asked", what, why, evidence)
    after_commit(made)
    return made


@transaction.atomic
def take_step(
    decision: DecisionRecord,
    *,
    actor: Actor,
    to: str,
    what: str,
    why: str = "",
    evidence: Evidence | None = None,
    **changes: Any,
) -> bool:
    """Write down that the decision's stage is done, and go to the next. False when somebody moved it meanwhile.

    `changes` are other fields of the decision. It is brought up to date.
    """
    locked = DecisionRecord.objects.select_for_update().get(pk=decision.pk)
    if locked.stage != decision.stage or locked.state != decision.state:
        return False
    _write(locked, actor, decision.stage, what, why, evidence, to)
    locked.stage, locked.done, locked.attempts, locked.problem = to, locked.done + 1, 0, ""
    if to not in DecisionRecord.WORKED:
        locked.state = State.DONE
        locked.finished_at = None if locked.open else timezone.now()
    elif locked.state == State.RUNNING:
        locked.lease_until = timezone.now() + LEASE
    else:
        locked.state, locked.lease_until = State.QUEUED, timezone.now()
        after_commit(locked)
    for name, value in changes.items():
        setattr(locked, name, value)
    locked.save()
    decision.refresh_from_db()
    return True


def after_commit(decision: DecisionRecord) -> None:
    from apps.evaluations.tasks import send_decision

    schema = current_schema()
    if decision.state == State.QUEUED:
        transaction.on_commit(lambda: send_decision(schema, decision.pk))


def _write(
    decision: DecisionRecord, actor: Actor, stage: str, what: str, why: str, evidence: Evidence | None, to: str = ""
) -> None:
    shown = dict(evidence or {})
    DecisionStep.objects.create(
        record=decision, stage=stage, what=what, why=why, evidence=shown, done_by=actor.id, done_name=actor.name
    )
    audit(
        actor=actor,
        action=f"decision.{stage}",
        object=f"decision:{decision.pk}",
        workflow=decision.workflow.slug,
        release=decision.candidate_id or decision.incumbent_id,
        after={"kind": decision.kind, "next": to or decision.stage, "what": what, "evidence": shown},
        reason=why,
    )
