"""Writing down what was decided about a case, with its audit entry; and that it no longer stands."""

from uuid import UUID

from django.utils import timezone

from apps.audit.commitments import commit
from apps.audit.entries import record
from apps.cases.layers.types import Claim
from apps.cases.models import Case, CaseVector
from apps.reviews import assignments
from apps.reviews.models import Disposition
from apps.tenants.actors import Actor

NOBODY = UUID(int=0)  # the reviewer of what a rule of the policy did


def record_disposition(
    actor: Actor,
    case: Case,
    kind: Disposition.Kind,
    *,
    reason_code: str,
    rationale: str,
    claims: tuple[Claim, ...] = (),
    escalated_to: str = "",
    checks: Disposition | None = None,
) -> Disposition:
    """The caller holds the case's row lock. Whoever held the case does so no longer."""
    held = getattr(case, "assignment", None)
    disposition = Disposition.objects.create(
        case=case,
        revision=case.revision,
        turn=case.fence,
        kind=kind,
        reviewer_id=UUID(actor.id) if actor.kind == "person" else NOBODY,
        reviewer_name=actor.name,
        role=actor.role,
        reason_code=reason_code,
        rationale=rationale.strip(),
        escalated_to=escalated_to,
        checks=checks,
        claims=[claim.model_dump(mode="json") for claim in claims],
        active_ms=assignments.worked(held) if held else None,
    )
    if held:
        held.delete()  # with the next person from here on, or with nobody
    if kind in Disposition.FINAL:
        CaseVector.objects.filter(pk=case.pk).update(decided_at=disposition.created_at)
    record(
        actor=actor,
        action=f"review.{kind.value}",
        object=f"disposition:{disposition.pk}",
        case=case.pk,
        subject=str(case.subject_id),
        layer="review",
        release=case.release_id,
        disposition=kind.value,
        checks=str(checks.pk) if checks else "",
        reason_code=reason_code,
        escalated_to=escalated_to,
        rationale=commit(case.subject_id, rationale.strip().encode()),
        output=commit(case.subject_id, "\n".join(claim.text for claim in claims).encode()),
    )
    return disposition


def take_back(disposition: Disposition) -> None:
    """The decision no longer stands, and is no example for others. The caller reopens the case, and records why."""
    disposition.undone_at = timezone.now()
    disposition.save(update_fields=["undone_at"])
    CaseVector.objects.filter(pk=disposition.case_id).update(decided_at=None)
