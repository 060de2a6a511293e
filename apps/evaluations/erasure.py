"""A forgotten person's cases in labelled sets: taken out of drafts, blanked in frozen versions, and counted there."""

from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from apps.audit.commitments import destroy_key
from apps.audit.entries import record
from apps.cases.models import Subject
from apps.cases.submission import Submission
from apps.evaluations.batches import question_id_of
from apps.evaluations.models import EvaluatedCase, Label, LabelledCase, LabelledSet, SimulatedCase
from apps.evaluations.run_models import Remembered
from apps.tenants.actors import Actor

BLANKED = ("subject", "text", "customer")  # of a submission; channel, language and the like are about nobody


@transaction.atomic
def erase_from_sets(*, actor: Actor, subject: UUID, reason: str) -> int:
    """Blank every labelled case about a person, with labels and results. Returns how many; 0 when none was left.

    A frozen version keeps its name and SHA-256, which now speak of more than it holds: what measures on it says so.
    """
    about = list(labelled_about(subject).select_related("labelled_set"))
    if not about:
        return 0
    questions = {question_id_of(Submission.model_validate(case.submission)) for case in about}
    Remembered.objects.filter(Q(question__in=questions) | Q(question=None)).delete()
    for question in sorted(questions):  # what was asked about somebody whom nobody knew yet has a key of its own
        destroy_key(actor=actor, subject=question, reason=reason)
    EvaluatedCase.objects.filter(labelled_case__in=about).delete()
    SimulatedCase.objects.filter(labelled_case__in=about).delete()
    frozen = [case for case in about if case.labelled_set.state == LabelledSet.State.FROZEN]
    for case in frozen:
        _blank(case)
    Label.objects.filter(labelled_case__in=frozen).delete()
    LabelledCase.objects.filter(pk__in=[case.pk for case in about if case not in frozen]).delete()
    record(
        actor=actor,
        action="labelled_set.subject_erased",
        object=f"subject:{subject}",
        subject=str(subject),
        reason=reason,
        after={"blanked": len(frozen), "removed_from_drafts": len(about) - len(frozen)},
    )
    return len(about)


def labelled_about(subject: UUID) -> QuerySet[LabelledCase]:
    """A person's labelled cases that still say something: by the case, or by the reference that it came with."""
    references = Subject.objects.filter(pk=subject).values("reference")
    return LabelledCase.objects.filter(
        Q(case__subject=subject) | Q(submission__customer__in=[each["reference"] for each in references]),
        erased_at=None,
    )


def _blank(case: LabelledCase) -> None:
    """The database lets a frozen case change in this way only, and only once (migration 0008)."""
    case.submission = {**case.submission, **dict.fromkeys(BLANKED, "")}
    case.expected, case.disputed, case.adjudication_note = {}, False, ""
    case.erased_at = timezone.now()
    case.save(update_fields=["submission", "expected", "disputed", "adjudication_note", "erased_at"])
