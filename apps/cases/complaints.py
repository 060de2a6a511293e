"""A customer complained about how a finished case was handled. The stop conditions count it against its release."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from apps.audit.commitments import commit
from apps.audit.entries import record, timestamp
from apps.cases.models import Case, Complaint
from apps.tenants.actors import Actor

LONGEST = 2000  # characters of what was said


class NotTaken(ValueError):
    """The complaint was not recorded, or not withdrawn. The message says why."""


@transaction.atomic
def record_complaint(
    *, actor: Actor, case: Case, said: str = "", external_id: str = "", complained_at: datetime | None = None
) -> tuple[Complaint, bool]:
    """Record a complaint, once per `external_id`; the second value is False for a repeat. Raises NotTaken."""
    held = Case.objects.select_for_update().get(pk=case.pk)
    known = held.complaints.filter(external_id=external_id).first() if external_id else None
    if known:
        return known, False
    problem = _problem(held, said, complained_at)
    if problem:
        raise NotTaken(problem)
    complaint = Complaint.objects.create(
        case=held,
        external_id=external_id or None,
        said=said.strip(),
        complained_at=complained_at or timezone.now(),
        recorded_by=actor.id,
        recorded_name=actor.name,
    )
    _record(actor, "complaint.recorded", complaint, held)
    return complaint, True


@transaction.atomic
def withdraw_complaint(*, actor: Actor, complaint: Complaint) -> None:
    """Take back what was recorded by mistake: it counts no longer, and stays on the record. Raises NotTaken."""
    held = Complaint.objects.select_for_update(of=("self",)).select_related("case__workflow").get(pk=complaint.pk)
    if held.withdrawn_at:
        raise NotTaken(f"{held.withdrawn_name} has withdrawn it already.")
    held.withdrawn_at, held.withdrawn_name = timezone.now(), actor.name
    held.save(update_fields=["withdrawn_at", "withdrawn_name"])
    _record(actor, "complaint.withdrawn", held, held.case)


def _problem(case: Case, said: str, complained_at: datetime | None) -> str:
    if case.state != Case.State.CLOSED:
        return f"Case {case.number} is not closed yet, so there is nothing to complain about in how it ended."
    if len(said) > LONGEST:
        return f"What was said is longer than {LONGEST:,} characters: keep to what matters."
    if complained_at and not case.admitted_at <= complained_at <= timezone.now():
        return "The complaint came after the case and before now: look at its time again."
    return ""


def _record(actor: Actor, action: str, complaint: Complaint, case: Case) -> None:
    record(
        actor=actor,
        action=action,
        object=f"complaint:{complaint.pk}",
        case=case.pk,
        subject=str(case.subject_id),
        workflow=case.workflow.slug,
        release=case.release_id,
        after={"complained_at": timestamp(complaint.complained_at)},
        input=commit(case.subject_id, complaint.said.encode()),
    )
