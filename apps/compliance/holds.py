"""Legal hold: nothing of a person, or of one case, is let go while a matter needs it. And who is restricted."""

from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from apps.audit.commitments import commit
from apps.audit.entries import record
from apps.cases.models import Case, Subject
from apps.compliance.models import LegalHold, Restriction
from apps.tenants.actors import Actor


class NotHeld(ValueError):
    """The hold was not placed or lifted. The message says why."""


@transaction.atomic
def place_hold(*, actor: Actor, subject: Subject, matter: str, reason: str, case: Case | None = None) -> LegalHold:
    """Hold all of a person's data, or one case of theirs, for a `matter` such as a lawsuit. Raises NotHeld."""
    Subject.objects.select_for_update().get(pk=subject.pk)  # whoever erases waits for us, and we for them
    if not matter.strip() or not reason.strip():
        raise NotHeld("Name the matter, and say why it needs this data.")
    if case is not None and case.subject_id != subject.pk:
        raise NotHeld(f"{case.number} is not a case of this person.")
    if LegalHold.objects.filter(subject=subject, case=case, matter=matter, lifted_at=None).exists():
        raise NotHeld(f"It is held for “{matter}” already.")
    hold = LegalHold.objects.create(
        subject=subject,
        case=case,
        matter=matter.strip(),
        reason=reason.strip(),
        placed_by=actor.id,
        placed_name=actor.name,
    )
    record(
        actor=actor,
        action="hold.placed",
        object=f"hold:{hold.pk}",
        case=case.pk if case else None,
        subject=str(subject.pk),
        hold=commit(subject.pk, f"{hold.matter}\n{hold.reason}".encode()),
    )
    return hold


@transaction.atomic
def lift_hold(*, actor: Actor, hold: LegalHold, because: str) -> None:
    """Raises NotHeld when it was lifted before, or no reason is given."""
    if not because.strip():
        raise NotHeld("Say why the data is needed no longer.")
    hold = LegalHold.objects.select_for_update().get(pk=hold.pk)
    if hold.lifted_at:
        raise NotHeld(f"{hold.lifted_name} lifted it on {hold.lifted_at:%d %b %Y}.")
    hold.lifted_by, hold.lifted_name, hold.lifted_at = actor.id, actor.name, timezone.now()
    hold.lifted_because = because.strip()
    hold.save(update_fields=["lifted_by", "lifted_name", "lifted_at", "lifted_because"])
    record(
        actor=actor,
        action="hold.lifted",
        object=f"hold:{hold.pk}",
        case=hold.case_id,
        subject=str(hold.subject_id),
        hold=commit(hold.subject_id, hold.lifted_because.encode()),
    )


def holds_on(case: Case) -> QuerySet[LegalHold]:
    """Those in force that keep this case."""
    return in_force().filter(Q(case=None) | Q(case=case), subject=case.subject_id)


def in_force() -> QuerySet[LegalHold]:
    return LegalHold.objects.filter(lifted_at=None)


def kept_cases(cases: QuerySet[Case]) -> QuerySet[Case]:
    """Those of the cases that may not be let go: held, or of a person who wants their data kept but not used."""
    held = in_force()
    return cases.filter(
        Q(subject__in=held.filter(case=None).values("subject"))
        | Q(pk__in=held.exclude(case=None).values("case"))
        | Q(subject__in=Restriction.objects.values("subject"))
    )


def why_not_automatic(subject: UUID) -> str:
    """Why nothing about this person clears without a person, or ""."""
    if Restriction.objects.filter(pk=subject).exists():
        return "They have restricted the processing of their data, so nothing clears automatically."
    return ""
