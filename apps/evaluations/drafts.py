"""The draft of a workflow's next labelled-set version: begun from the last one, filled, thinned out, discarded."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from apps.audit.entries import record
from apps.cases.models import Case
from apps.cases.submission import Submission
from apps.evaluations.labelled_sets import draft_of, earlier_splits, last_frozen
from apps.evaluations.labels import Labelled
from apps.evaluations.look_ups import record_look_ups
from apps.evaluations.models import LabelledCase, LabelledSet, LabelProposal
from apps.tenants.actors import Actor
from apps.workflows.models import Workflow

MOST = 1_000  # cases in a set: beyond that more cases tell little more, and each must be read by somebody


class DraftRefused(ValueError):
    """Nothing was changed. The message says why."""


@transaction.atomic
def start_draft(*, actor: Actor, workflow: Workflow, name: str = "") -> LabelledSet:
    """A draft with the cases of the last frozen version, answers and splits included. Raises DraftRefused."""
    Workflow.objects.select_for_update().get(pk=workflow.pk)
    if draft_of(workflow):
        raise DraftRefused("There is a draft already. Freeze or discard it first.")
    last = last_frozen(workflow)
    named = name.strip()[:80] or (last.name if last else "Labelled set")
    draft = LabelledSet.objects.create(workflow=workflow, name=named, based_on=last)
    if last:
        carried = list(last.cases.filter(erased_at=None))
        for case in carried:
            case.pk, case.labelled_set, case.given = None, draft, True
        LabelledCase.objects.bulk_create(carried)
    record(
        actor=actor,
        action="labelled_set.drafted",
        object=f"labelled_set:{draft.pk}",
        workflow=workflow.slug,
        after={"name": draft.name, "cases": draft.cases.count(), "based_on": last.version if last else None},
    )
    return draft


@transaction.atomic
def discard_draft(*, actor: Actor, draft: LabelledSet) -> None:
    """Throw the draft away, with its labels. Proposals that it accepted stay accepted. Raises DraftRefused."""
    draft = locked(draft)
    if LabelProposal.objects.filter(labelled_set=draft).exists():
        raise DraftRefused("It holds accepted proposals, whose record names it. Take cases out of it one by one.")
    record(
        actor=actor,
        action="labelled_set.discarded",
        object=f"labelled_set:{draft.pk}",
        workflow=draft.workflow.slug,
        before={"name": draft.name, "cases": draft.cases.count()},
    )
    draft.delete()


@transaction.atomic
def add_real_cases(*, actor: Actor, draft: LabelledSet, case_ids: Sequence[UUID]) -> int:
    """Add cases of the workflow, to be labelled. Those that are there stay. Returns how many are new."""
    cases = Case.objects.filter(pk__in=case_ids, workflow=draft.workflow_id)
    rows = [
        LabelledCase(
            external_id=case.external_id,
            submission=submission_of(case).model_dump(mode="json"),
            source=LabelledCase.Source.CASE,
            case=case,
            given=False,
        )
        for case in cases
    ]
    return add_rows(actor=actor, draft=draft, rows=rows, source="cases")


@transaction.atomic
def add_labelled_cases(*, actor: Actor, draft: LabelledSet, cases: Sequence[Labelled], file_name: str) -> int:
    """Add cases whose answers came with them. Those that are there stay. Returns how many are new."""
    rows = [
        LabelledCase(
            external_id=each.submission.external_id,
            submission=each.submission.model_dump(mode="json"),
            expected=each.expected.model_dump(mode="json"),
        )
        for each in cases
    ]
    return add_rows(actor=actor, draft=draft, rows=rows, source=file_name)


@transaction.atomic
def add_rows(*, actor: Actor, draft: LabelledSet, rows: Sequence[LabelledCase], source: str) -> int:
    """Put cases into the draft, each with the split that an earlier version gave it. Raises DraftRefused."""
    draft = locked(draft)
    there = set(draft.cases.values_list("external_id", flat=True))
    new = list({row.external_id: row for row in rows if row.external_id not in there}.values())
    if len(there) + len(new) > MOST:
        raise DraftRefused(
            f"A set holds at most {MOST:,} cases: this one has {len(there):,}, and {len(new):,} more came."
        )
    before = earlier_splits(draft.workflow)
    for row in new:
        row.labelled_set, row.split = draft, before.get(row.external_id, "")
    LabelledCase.objects.bulk_create(new)
    record_look_ups(new)
    if new:
        record(
            actor=actor,
            action="labelled_set.cases_added",
            object=f"labelled_set:{draft.pk}",
            workflow=draft.workflow.slug,
            after={"source": source, "cases": [row.external_id for row in new]},
        )
    return len(new)


@transaction.atomic
def remove_case(*, actor: Actor, draft: LabelledSet, external_id: str) -> None:
    """Take a case out of the draft, with its labels."""
    draft = locked(draft)
    draft.cases.filter(external_id=external_id).delete()
    record(
        actor=actor,
        action="labelled_set.case_removed",
        object=f"labelled_set:{draft.pk}",
        workflow=draft.workflow.slug,
        before={"case": external_id},
    )


def locked(draft: LabelledSet) -> LabelledSet:
    """The draft, held until the end of the transaction. Raises DraftRefused when it is none any more."""
    held = LabelledSet.objects.select_for_update(of=("self",)).select_related("workflow").filter(pk=draft.pk).first()
    if held is None or held.state != LabelledSet.State.DRAFT:
        raise DraftRefused("This version is frozen and never changes. Start a draft of the next one.")
    return held


def submission_of(case: Case) -> Submission:
    """The case as it was sent in."""
    return Submission(
        external_id=case.external_id,
        text=case.text,
        subject=case.title,
        channel=case.channel,
        customer=case.customer,
        language=case.language,
        region=case.region,
        consent=case.consent,
        received_at=case.received_at,
    )
