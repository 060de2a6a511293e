"""Who looked at a holdout case, and how worn the holdout is."""

from django.db import transaction

from apps.audit.entries import record
from apps.evaluations.labelled_sets import cases_in
from apps.evaluations.models import HoldoutLook, LabelledCase, LabelledSet
from apps.tenants.actors import Actor


@transaction.atomic
def look(*, actor: Actor, case: LabelledCase) -> None:
    """Count that this person looks at this holdout case. Call it before the case is shown."""
    HoldoutLook.objects.create(
        workflow=case.labelled_set.workflow,
        external_id=case.external_id,
        looked_by=actor.id,
        looked_name=actor.name,
    )
    record(
        actor=actor,
        action="holdout.looked",
        object=f"labelled_set:{case.labelled_set_id}/{case.external_id}",
        workflow=case.labelled_set.workflow.slug,
    )


def is_closed(case: LabelledCase) -> bool:
    """Whether its text is shown only to those who say that they want to look."""
    return case.split == LabelledCase.Split.HOLDOUT


def worn(labelled_set: LabelledSet) -> tuple[int, int, int]:
    """Looks, cases that were looked at, and cases in the holdout."""
    held_out = cases_in(labelled_set, LabelledCase.Split.HOLDOUT)
    looks = HoldoutLook.objects.filter(
        workflow=labelled_set.workflow_id, external_id__in=held_out.values("external_id")
    )
    return looks.count(), looks.values("external_id").distinct().count(), held_out.count()
