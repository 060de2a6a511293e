"""Cases that are not in the queue for a while: snoozed until a time, or sent back with a question to the sender.

A question stops the case's clock, since it is not in our hands; a snooze does not, so that nobody gains time by it.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.audit.commitments import commit
from apps.audit.entries import record
from apps.cases.layers.types import PlannedEffect
from apps.cases.loading import load
from apps.cases.models import Case
from apps.connectors import planning, sending
from apps.connectors.models import Effect
from apps.reviews import assignments, clocks
from apps.reviews.deciding import may_escalate
from apps.reviews.desk import Assignment, Place
from apps.reviews.distribution import refuse_conflict
from apps.reviews.notifying import notify
from apps.reviews.refusals import AlreadyDecided, Refused
from apps.reviews.terms import Notification, Pause
from apps.tenants.actors import SYSTEM, Actor

STEP = "question"  # of the effects that ask; apart from those of the decision, which can still be undone
LONGEST_SNOOZE = timedelta(days=60)
LONGEST_TEXT = 4000  # characters


def snooze(*, actor: Actor, case_id: UUID, until: datetime, note: str) -> Pause:
    """Take the case out of the queue until then. Its clock goes on. Raises Refused."""
    now = timezone.now()
    if not now < until <= now + LONGEST_SNOOZE:
        raise Refused(f"Choose a time from now on, at most {LONGEST_SNOOZE.days} days ahead.")
    with transaction.atomic():
        case = _to_lay_aside(actor, case_id)
        return _lay_aside(
            actor, case, Pause.Kind.SNOOZED, _text(note, "Write what it waits for, in a few words."), until
        )


def send_back(*, actor: Actor, case_id: UUID, question: str) -> Pause:
    """Ask the sender. The case waits for the answer, its clock stands still. Raises Refused.

    The question leaves when the time to undo is over, by the way that replies go; until then `fetch` recalls it.
    """
    with transaction.atomic():
        case = _to_lay_aside(actor, case_id)
        if case.layer == Case.Layer.EFFECTS:
            raise Refused("What was ordered is not settled yet. Settle it first, then ask.")
        text = _text(question, "Write the question.")
        pause = _lay_aside(actor, case, Pause.Kind.SENT_BACK, text, None)
        _plan_question(actor, case, text)
        return pause


def fetch(*, actor: Actor, case_id: UUID) -> Case:
    """Bring a case back before its time. A question that has not left is dropped. Raises Refused."""
    refuse_conflict(actor=actor, case_id=case_id)
    with transaction.atomic():
        case = Case.objects.select_for_update().get(pk=case_id)
        if not may_escalate(actor, case):
            raise Refused(f"{case.number} is not for you to decide.")
        pause = _running(case)
        if pause is None:
            raise AlreadyDecided(f"{case.number} is in the queue already.")
        _end(actor, case, pause, Pause.End.FETCHED)
        return case


def answer(*, actor: Actor, case_id: UUID, text: str) -> Case:
    """The sender's answer, by a program or by somebody who took the call. The case is back. Raises Refused.

    The same answer again changes nothing.
    """
    given = _text(text, "Write the answer.")
    with transaction.atomic():
        case = Case.objects.select_for_update().get(pk=case_id)
        pause = _running(case)
        if pause is None or pause.kind != Pause.Kind.SENT_BACK:
            last = case.pauses.filter(kind=Pause.Kind.SENT_BACK).last()
            if last and last.answer == given:
                return case
            raise AlreadyDecided(f"{case.number} waits for no answer.")
        pause.answer = given
        _end(actor, case, pause, Pause.End.ANSWERED)
        return case


def refuse_away(case: Case) -> None:
    """Raises Refused for a case that is laid aside: it is brought back first, so that nothing crosses its question."""
    pause = _running(case)
    if pause:
        how = "is snoozed" if pause.kind == Pause.Kind.SNOOZED else "waits for the sender's answer"
        raise Refused(f"{case.number} {how}. Bring it back first.")


def wake() -> int:
    """Bring back what was snoozed until now. Returns how many."""
    over = Pause.objects.filter(kind=Pause.Kind.SNOOZED, ended_at=None, until__lte=timezone.now())
    return sum(_wake(case) for case in over.values_list("case_id", flat=True)[:500])


def send_questions() -> None:
    """Send the questions whose time to undo is over; bring a case back whose question cannot be sent."""
    asked = Pause.objects.filter(kind=Pause.Kind.SENT_BACK, ended_at=None).values("case_id")
    unsettled = Effect.objects.filter(case_id__in=asked, step=STEP, due_at__lte=timezone.now()).exclude(
        state__in=sending.SETTLED
    )
    for case_id in unsettled.values_list("case_id", flat=True).distinct():
        outcome = sending.run_due(case_id)
        if outcome.status == "person":
            _give_up(case_id)


def _wake(case_id: UUID) -> bool:
    with transaction.atomic():
        case = Case.objects.select_for_update().get(pk=case_id)
        pause = _running(case)
        if pause is None or pause.until is None or pause.until > timezone.now():
            return False
        _end(SYSTEM, case, pause, Pause.End.OVER)
        return True


def _give_up(case_id: UUID) -> None:
    with transaction.atomic():
        case = Case.objects.select_for_update().get(pk=case_id)
        pause = _running(case)
        if pause:
            _end(SYSTEM, case, pause, Pause.End.UNSENT)


def _to_lay_aside(actor: Actor, case_id: UUID) -> Case:
    refuse_conflict(actor=actor, case_id=case_id)
    case = Case.objects.select_for_update().get(pk=case_id)
    if case.state != Case.State.REVIEW:
        raise AlreadyDecided(f"{case.number} is no longer waiting.")
    if not may_escalate(actor, case):
        raise Refused(f"{case.number} is not for you to decide.")
    refuse_away(case)
    assignments.hold(actor, case_id)
    return case


def _lay_aside(actor: Actor, case: Case, kind: Pause.Kind, note: str, until: datetime | None) -> Pause:
    pause = Pause.objects.create(
        case=case,
        kind=kind,
        note=note,
        by_id=UUID(actor.id),
        by_name=actor.name,
        since=timezone.now(),
        until=until,
    )
    Place.objects.filter(pk=case.pk).update(away=Place.Away(kind.value))
    Assignment.objects.filter(pk=case.pk).delete()
    clocks.reckon([case.pk], clocks.Terms.of(case.workflow_id))
    _record(actor, case, pause, f"review.{kind.value}")
    return pause


def _end(actor: Actor, case: Case, pause: Pause, end: Pause.End) -> None:
    pause.ended_at, pause.end, pause.ended_name = timezone.now(), end, actor.name
    pause.save(update_fields=["ended_at", "end", "ended_name", "answer"])
    Place.objects.filter(pk=case.pk).update(away=Place.Away.HERE)
    if pause.kind == Pause.Kind.SENT_BACK:
        planning.withdraw(actor=actor, case_id=case.pk, reason="The case was brought back.")
    clocks.reckon([case.pk], clocks.Terms.of(case.workflow_id))
    _record(actor, case, pause, "review.brought_back")
    if actor.id != str(pause.by_id):
        answered = end == Pause.End.ANSWERED
        kind = Notification.Kind.ANSWERED if answered else Notification.Kind.RETURNED
        how = {
            Pause.End.ANSWERED: "Your question was answered",
            Pause.End.UNSENT: "Your question could not be sent",
        }.get(end, "What you laid aside is back")
        notify(to=[pause.by_id], kind=kind, text=f"{how}: {case.number}.", case=case)


def _plan_question(actor: Actor, case: Case, text: str) -> None:
    """Through the ledger, as a reply is. Without a way to reply, the person writes to the sender outside."""
    release = load(case.release_id).release
    operation = release.taxonomy.reply
    if operation is None:
        return
    number = case.pauses.filter(kind=Pause.Kind.SENT_BACK).count()
    asked = PlannedEffect(
        system=operation.system,
        operation=operation.operation,
        params={"case": str(case.pk), "to": case.customer or "sender", "text": text},
        object=f"case:{case.pk}/question:{number}",
        summary=f"Ask {case.customer or 'the sender'}",
    )
    try:
        planning.plan(
            actor=actor,
            case_id=case.pk,
            subject_id=case.subject_id,
            step=STEP,
            effects=[asked],
            grants=release.grants,
            undo_for=timedelta(seconds=settings.UNDO_SECONDS),
        )
    except planning.NotGranted as error:
        raise Refused(f"The question cannot be sent: {error} Ask the sender outside, and snooze the case.") from error


def _record(actor: Actor, case: Case, pause: Pause, action: str) -> None:
    record(
        actor=actor,
        action=action,
        object=f"case:{case.pk}",
        case=case.pk,
        subject=str(case.subject_id),
        layer="review",
        input=commit(case.subject_id, (pause.answer or pause.note).encode()),
        after={
            "kind": pause.kind,
            "until": pause.until.isoformat() if pause.until else "",
            "end": pause.end,
        },
    )


def _running(case: Case) -> Pause | None:
    return case.pauses.filter(ended_at=None).first()


def _text(given: str, otherwise: str) -> str:
    text = given.replace("\x00", "").strip()
    if not text:
        raise Refused(otherwise)
    if len(text) > LONGEST_TEXT:
        raise Refused(f"The text has {len(text)} characters; {LONGEST_TEXT} are the most.")
    return text
