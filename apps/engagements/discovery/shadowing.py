"""Notes beside an operator: steps timed by this server's clock, one tap each. Nobody's name is asked."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from apps.audit.canonical import Json
from apps.audit.entries import record
from apps.engagements.board_models import ShadowedStep, Shadowing
from apps.engagements.engagement_models import Engagement
from apps.tenants.actors import Actor

MOST = 500  # steps in a sitting
Kind = ShadowedStep.Kind


class ShadowingRefused(ValueError):
    """The note cannot be taken so. The message says why."""


@transaction.atomic
def start_shadowing(*, actor: Actor, engagement: Engagement, role: str, place: str) -> Shadowing:
    """Raises ShadowingRefused."""
    if engagement.phase == Engagement.Phase.ENDED:
        raise ShadowingRefused("The engagement has ended.")
    if not role.strip() or not place.strip():
        raise ShadowingRefused("Say whose work it is, as a role, and where.")
    if "@" in role:
        raise ShadowingRefused("Write the role, not who it is: notes are about the work.")
    made = Shadowing.objects.create(
        engagement=engagement, role=role.strip()[:120], place=place.strip()[:120], began_at=timezone.now(),
        by=actor.id, by_name=actor.name,
    )  # fmt: skip
    _enter(actor, made, "shadowing.started", after={"role": made.role, "place": made.place})
    return made


@transaction.atomic
def start_step(
    *, actor: Actor, shadowing: Shadowing, title: str, system: str = "", kind: str = Kind.NORMAL, note: str = "",
    new_case: bool = False,
) -> ShadowedStep:  # fmt: skip
    """Begin a step now; one that runs stops at the same moment. The first step begins the first case.

    Raises ShadowingRefused.
    """
    held = _locked(actor, shadowing)
    if not title.strip():
        raise ShadowingRefused("Say what is done in this step.")
    if kind not in Kind.values:
        raise ShadowingRefused("A step is normal, or an exception.")
    if held.steps.count() >= MOST:
        raise ShadowingRefused(f"A sitting holds {MOST} steps. End this one and begin another.")
    now, last = timezone.now(), held.steps.last()
    if last and last.stopped_at is None:
        _stop(last, now)
    case = last.case + new_case if last else 1
    made = ShadowedStep.objects.create(
        shadowing=held, case=case, title=title.strip()[:120], system=system.strip()[:120], kind=kind,
        note=note.strip()[:2000], started_at=now,
    )  # fmt: skip
    _enter(actor, held, "shadowing.step_started", after={"step": made.pk, "title": made.title, "case": case})
    return made


@transaction.atomic
def stop_step(*, actor: Actor, shadowing: Shadowing, kind: str, note: str = "") -> ShadowedStep:
    """Stop the step that runs, and say what it was. Raises ShadowingRefused."""
    held = _locked(actor, shadowing)
    running = held.steps.filter(stopped_at=None).first()
    if running is None:
        raise ShadowingRefused("No step runs. It may have been stopped on another device.")
    if kind not in Kind.values:
        raise ShadowingRefused("A step is normal, or an exception.")
    running.kind, running.note = kind, note.strip()[:2000]
    _stop(running, timezone.now())
    _enter(actor, held, "shadowing.step_stopped", after={"step": running.pk, "seconds": running.seconds, "kind": kind})
    return running


@transaction.atomic
def undo_last(*, actor: Actor, shadowing: Shadowing) -> str:
    """Take the last tap back: a stopped step runs again, a running one is gone. Says what was done."""
    held = _locked(actor, shadowing)
    last = held.steps.last()
    if last is None:
        raise ShadowingRefused("There is nothing to take back.")
    before: Json = {"step": last.pk, "title": last.title, "case": last.case, "seconds": last.seconds}
    _enter(actor, held, "shadowing.undone", before=before)
    if last.stopped_at is None:
        last.delete()
        return f"“{last.title}” is taken back."
    last.stopped_at = None
    last.save(update_fields=["stopped_at"])
    return f"“{last.title}” runs again, since {last.started_at:%H:%M:%S} UTC."


@transaction.atomic
def end_shadowing(*, actor: Actor, shadowing: Shadowing) -> Shadowing:
    """End the sitting, and the step that runs in it."""
    held, now = _locked(actor, shadowing), timezone.now()
    for running in held.steps.filter(stopped_at=None):
        _stop(running, now)
    held.ended_at = now
    held.save(update_fields=["ended_at"])
    _enter(actor, held, "shadowing.ended", after={"steps": held.steps.count()})
    return held


def _stop(step: ShadowedStep, now: datetime) -> None:
    step.stopped_at = now
    step.save(update_fields=["kind", "note", "stopped_at"])


def _locked(actor: Actor, shadowing: Shadowing) -> Shadowing:
    held = Shadowing.objects.select_for_update(of=("self",)).select_related("engagement__workflow").get(pk=shadowing.pk)
    if held.ended_at:
        raise ShadowingRefused("This sitting has ended. Begin another one.")
    if held.by != actor.id:
        raise ShadowingRefused(f"{held.by_name} takes the notes of this sitting.")
    return held


def _enter(actor: Actor, shadowing: Shadowing, action: str, *, before: Json = None, after: Json = None) -> None:
    record(
        actor=actor, action=action, object=f"shadowing:{shadowing.pk}", workflow=shadowing.engagement.workflow.slug,
        before=before, after=after,
    )  # fmt: skip
