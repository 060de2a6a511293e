"""Taking back what a case has done: what was planned is dropped, what was done is compensated, the last first."""

from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from apps.connectors.ledger import State, digest, enter, key_of
from apps.connectors.models import Effect
from apps.connectors.planning import withdraw
from apps.connectors.sending import EffectsOutcome, advance, outcome, run_due
from apps.tenants.actors import Actor


def compensate(*, actor: Actor, case_id: UUID, reason: str) -> EffectsOutcome:
    """Roll the case's effects back; call it again, or `run_due`, while the outcome says waiting.

    What is unknown is asked for first, so that nothing is taken back that was not done. What has no compensation is
    named as a problem, for a person. Must not be called inside a transaction.
    """
    withdraw(actor=actor, case_id=case_id, reason=reason)
    for effect in Effect.objects.select_related("system").filter(case_id=case_id, compensates=None):
        while effect.state in (State.SENT, State.UNKNOWN) and advance(effect):
            pass
    withdraw(actor=actor, case_id=case_id, reason=reason)
    if Effect.objects.filter(case_id=case_id, compensates=None, state__in=[State.SENT, State.UNKNOWN]).exists():
        return outcome(case_id)
    final = _order_compensations(actor, case_id, reason)
    ran = run_due(case_id)
    problems = (*ran.problems, *(f"{effect.summary or effect}: nothing takes it back." for effect in final))
    return EffectsOutcome("person" if problems else ran.status, ran.next_at, problems)


@transaction.atomic(durable=True)
def _order_compensations(actor: Actor, case_id: UUID, reason: str) -> list[Effect]:
    """Write down what takes each effect back, last in first out. Returns those that nothing takes back."""
    effects = list(Effect.objects.select_for_update().filter(case_id=case_id))
    answered = {effect.compensates_id for effect in effects}
    done = [effect for effect in effects if effect.state in Effect.DONE and effect.compensates_id is None]
    position = max((effect.position for effect in effects), default=0)
    for effect in reversed(done):
        if not effect.compensation or effect.pk in answered:
            continue
        position += 1
        params = {**effect.params, "takes_back": key_of(effect)}
        back = Effect(
            case_id=case_id,
            subject_id=effect.subject_id,
            step=f"{effect.step}.rollback",
            position=position,
            system_id=effect.system_id,
            operation=effect.compensation,
            object=effect.object,
            params=params,
            params_digest=digest(effect.subject_id, params),
            summary=f"Take back: {effect.summary}"[:400],
            compensates=effect,
            due_at=Now(),
        )
        back.save(force_insert=True)
        back.refresh_from_db()
        enter(back, actor=actor, before=None, reason=reason)
    return [effect for effect in done if not effect.compensation]
