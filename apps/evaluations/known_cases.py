"""Cases whose answer is known, laid out among the blind reviews: what the frozen labelled set says about real cases.

They are cases that ended before, shown once more. None is admitted, so none is counted as traffic, and none is sent.
"""

from datetime import timedelta
from hashlib import sha256

from django.utils import timezone

from apps.cases.models import Case
from apps.evaluations.labelled_sets import current_frozen
from apps.evaluations.labels import Expected
from apps.evaluations.models import LabelledCase
from apps.reviews import blind, policies
from apps.reviews.blind import Drawn
from apps.reviews.models import BlindReview, Disposition
from apps.workflows.models import Workflow

WINDOW = timedelta(days=28)


def lay_out(workflow: Workflow) -> int:
    """As many as the policy asks for beside the decisions of four weeks. Returns how many are new.

    Drafts that the label calls wrong and drafts that it calls right take turns: who always approves finds half of them.
    """
    percent = policies.in_force(workflow.pk)[1].blind.known
    since = timezone.now() - WINDOW
    decided = Disposition.objects.filter(
        case__workflow=workflow, kind__in=Disposition.FINAL, undone_at=None, created_at__gte=since
    )
    there = BlindReview.objects.filter(workflow=workflow, kind=BlindReview.Kind.KNOWN, drawn_at__gte=since)
    wanted = decided.count() * percent // 100 - there.count()
    if wanted <= 0:
        return 0
    return blind.add(
        workflow=workflow, kind=BlindReview.Kind.KNOWN, percent=percent, drawn=_candidates(workflow)[:wanted]
    )


def _candidates(workflow: Workflow) -> list[Drawn]:
    """In an order that nobody chose, wrong and right ones in turn, as long as there are both."""
    labelled_set = current_frozen(workflow)
    if labelled_set is None:
        return []
    labels = LabelledCase.objects.filter(labelled_set=labelled_set, erased_at=None).exclude(expected={})
    expected = {row.external_id: Expected.model_validate(row.expected) for row in labels}
    cases = Case.objects.filter(
        workflow=workflow, external_id__in=expected, state=Case.State.CLOSED, steps__layer=Case.Layer.ACTION
    ).exclude(blind_reviews__kind=BlindReview.Kind.KNOWN)
    drawn = [
        Drawn(case.pk, expected=_answer(case, expected[case.external_id]))
        for case in sorted(cases.exclude(text="").distinct(), key=lambda case: sha256(str(case.pk).encode()).digest())
    ]
    right, wrong = ([each for each in drawn if each.expected and each.expected["sound"] is it] for it in (True, False))
    paired = [each for pair in zip(wrong, right, strict=False) for each in pair]
    return paired + wrong[len(right) :] + right[len(wrong) :]


def _answer(case: Case, expected: Expected) -> dict[str, str | bool]:
    decision = expected.decision or ""
    return {
        "case_type": expected.case_type,
        "decision": decision,
        "sound": (case.case_type, case.decision) == (expected.case_type, decision),
    }
