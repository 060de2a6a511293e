"""Requests of people about their data: registered, due within a month, and answered or refused on a ground.

Nobody forgets a person alone: who registered the request does not carry it out.
"""

from datetime import date, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.audit.commitments import commit
from apps.audit.entries import record
from apps.cases.models import Case, Subject
from apps.compliance import erasure_ledger
from apps.compliance.erasing import forget_person, is_forgotten
from apps.compliance.models import DataRequest, Restriction
from apps.tenants.actors import Actor

DAYS = 30  # GDPR 12(3): one month
MORE_DAYS = 60  # and two further ones where requests are complex or many
Kind, State, Ground = DataRequest.Kind, DataRequest.State, DataRequest.Ground


class NotPossible(ValueError):
    """Nothing was changed. The message says what is missing."""


@transaction.atomic
def open_request(
    *, actor: Actor, subject: Subject, kind: str, received_on: date, wishes: str = "", case: Case | None = None
) -> DataRequest:
    """Register a request. `case` is the one whose decision is contested, and needed for that. Raises NotPossible."""
    subject = Subject.objects.select_for_update().get(pk=subject.pk)
    if kind not in Kind.values:
        raise NotPossible("Choose what the person asks for.")
    if is_forgotten(subject):
        raise NotPossible("This person has been forgotten: there is nothing left that a request could be about.")
    if received_on > timezone.localdate():
        raise NotPossible("The request cannot have come on a day that is still to come.")
    if (kind == Kind.CONTEST) != (case is not None) or (case and case.subject_id != subject.pk):
        raise NotPossible("Choose the case whose decision is contested.")
    try:
        with transaction.atomic():
            request = DataRequest.objects.create(
                subject=subject,
                kind=kind,
                case=case,
                received_on=received_on,
                due_on=received_on + timedelta(days=DAYS),
                wishes=wishes.strip(),
                opened_by=actor.id,
                opened_name=actor.name,
            )
    except IntegrityError:
        raise NotPossible("A request of this kind is in work for them already. Answer that one.") from None
    _record(actor, request, "data_request.opened", before=None, said=request.wishes)
    return request


@transaction.atomic
def extend_request(*, actor: Actor, request: DataRequest, because: str) -> DataRequest:
    """Take two further months, once, with the reason that the person is told. Raises NotPossible."""
    request = _open(request)
    if request.extended_because:
        raise NotPossible("The time was extended before, and the law allows it once.")
    if not because.strip():
        raise NotPossible("Say why more time is needed: the person is told.")
    if timezone.localdate() > request.due_on:
        raise NotPossible("The time is over: the person is told within the first month, or it is not extended.")
    before = str(request.due_on)
    request.due_on += timedelta(days=MORE_DAYS)
    request.extended_because = because.strip()
    request.save(update_fields=["due_on", "extended_because"])
    _record(actor, request, "data_request.extended", before={"due_on": before}, said=request.extended_because)
    return request


@transaction.atomic
def refuse_request(*, actor: Actor, request: DataRequest, ground: str, answer: str) -> DataRequest:
    """Refuse on a ground, with what the person is told. Raises NotPossible."""
    request = _open(request)
    if ground not in Ground.values or not answer.strip():
        raise NotPossible("Choose the ground, and say what the person is told.")
    request.ground = ground
    return _close(actor, request, State.REFUSED, answer)


@transaction.atomic
def answer_request(*, actor: Actor, request: DataRequest, answer: str) -> DataRequest:
    """Everything but an erasure is done by answering; a restriction takes effect with it. Raises NotPossible."""
    request = _open(request)
    if request.kind == Kind.ERASURE:
        raise NotPossible("A person is forgotten, not answered.")
    if not answer.strip():
        raise NotPossible("Say what the person was told, or given.")
    if request.kind == Kind.CONTEST and request.case and request.case.state != Case.State.CLOSED:
        raise NotPossible(f"{request.case.number} is still in work. A person decides it first.")
    if request.kind == Kind.RESTRICTION:
        _restrict(actor, request)
    return _close(actor, request, State.DONE, answer)


@transaction.atomic
def carry_out_erasure(*, actor: Actor, request: DataRequest) -> DataRequest:
    """The second person's approval: the person is forgotten, and the request holds the certificate.

    Raises NotPossible, and Stays where a hold or an open case stands in the way.
    """
    request = _open(request)
    if request.kind != Kind.ERASURE:
        raise NotPossible("Only a request to be forgotten is carried out this way.")
    if request.opened_by == actor.id:
        raise NotPossible("Whoever registered the request does not carry it out. Ask a second person.")
    others = DataRequest.objects.filter(subject=request.subject, state=State.OPEN).exclude(pk=request.pk)
    if other := others.first():
        raise NotPossible(f"“{other.get_kind_display()}” is in work for them as well. It is answered first.")
    Restriction.objects.filter(subject=request.subject).delete()
    certificate = forget_person(
        actor=actor, subject=request.subject, reason=f"The person asked for it, request {request.pk}.", request=request
    )
    request.refresh_from_db()
    request.certificate = dict(certificate)
    request.state = State.DONE
    request.closed_by, request.closed_name, request.closed_at = actor.id, actor.name, timezone.now()
    request.save(update_fields=["certificate", "state", "closed_by", "closed_name", "closed_at"])
    _record(actor, request, "data_request.done", before={"state": State.OPEN.value}, said="")
    erasure_ledger.after_commit(certificate)
    return request


@transaction.atomic
def lift_restriction(*, actor: Actor, subject: Subject) -> None:
    """Raises NotPossible where there is none."""
    deleted, _ = Restriction.objects.filter(subject=subject).delete()
    if not deleted:
        raise NotPossible("Nothing is restricted for this person.")
    record(actor=actor, action="restriction.lifted", object=f"subject:{subject.pk}", subject=str(subject.pk))


def _restrict(actor: Actor, request: DataRequest) -> None:
    _, made = Restriction.objects.get_or_create(subject=request.subject, defaults={"request": request})
    if made:
        whom = str(request.subject_id)
        record(actor=actor, action="restriction.placed", object=f"subject:{whom}", subject=whom)


def _open(request: DataRequest) -> DataRequest:
    """The request, locked with its person first, as everybody locks them."""
    Subject.objects.select_for_update().get(pk=request.subject_id)
    fresh = DataRequest.objects.select_for_update().get(pk=request.pk)
    if fresh.state != State.OPEN:
        raise NotPossible(f"{fresh.closed_name} has closed this request: {fresh.get_state_display().lower()}.")
    return fresh


def _close(actor: Actor, request: DataRequest, state: str, answer: str) -> DataRequest:
    request.state, request.answer = state, answer.strip()
    request.closed_by, request.closed_name, request.closed_at = actor.id, actor.name, timezone.now()
    request.save(update_fields=["state", "ground", "answer", "closed_by", "closed_name", "closed_at"])
    _record(actor, request, f"data_request.{state}", before={"state": State.OPEN.value}, said=request.answer)
    return request


def _record(actor: Actor, request: DataRequest, action: str, *, before: dict[str, str] | None, said: str) -> None:
    """What people said goes in as a digest under the person's key, since it may name them."""
    record(
        actor=actor,
        action=action,
        object=f"data_request:{request.pk}",
        case=request.case_id,
        subject=str(request.subject_id),
        before=before,
        after={"kind": request.kind, "state": request.state, "due_on": str(request.due_on)}
        | ({"ground": request.ground} if request.ground else {}),
        input=commit(request.subject_id, said.encode()) if said else None,
    )
