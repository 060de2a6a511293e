"""The next labelled set in the making: real cases labelled anew by two people, each blind, who disagree on some."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from django.utils import timezone

from apps.cases.models import Case
from apps.evaluations.drafts import add_real_cases, remove_case, start_draft
from apps.evaluations.labelled_sets import draft_of, last_frozen
from apps.evaluations.labelling import save_label
from apps.evaluations.labels import Answers, Expected
from apps.evaluations.models import LabelledCase
from apps.tenants.actors import Actor
from apps.tenants.capabilities import Role
from apps.tenants.schemas import in_schema
from apps.workflows.models import Workflow
from demo import clock
from demo.people import actor
from demo.world import DemoTenant

AGAIN = 24  # cases of the past weeks that are labelled anew
FIRST, SECOND = 20, 14  # of them, by the operator and by the senior reviewer so far
DISPUTED = (3, 8)  # of those that both labelled: the second one finds another urgency, and the owner has to say
DAYS_AGO = 2


def begin_draft(tenant: DemoTenant) -> None:
    """Start the draft of the next version and label a part of it. Nothing to do where there was ever another."""
    with in_schema(tenant.schema_name):
        workflow = Workflow.objects.get(slug=tenant.workflow.slug)
        first = last_frozen(workflow)
        if first is None or first.version != 1 or draft_of(workflow):
            return
        known = {row.external_id: Expected.model_validate(row.expected) for row in first.cases.all()}
        then = timezone.now() - timedelta(days=DAYS_AGO)
        closed = Case.objects.filter(workflow=workflow, closed_at__lt=then, external_id__in=known)
        cases = list(closed.order_by("-received_at")[:AGAIN])
        if len(cases) < AGAIN:
            return
        with clock.telling(workflow.slug, then):
            _label(_drafted(workflow, cases), known)


def _drafted(workflow: Workflow, cases: Sequence[Case]) -> list[LabelledCase]:
    consultant = actor(Role.CONSULTANT)
    draft = start_draft(actor=consultant, workflow=workflow, name="Second labelled set")
    for case in cases:
        remove_case(actor=consultant, draft=draft, external_id=case.external_id)
    add_real_cases(actor=consultant, draft=draft, case_ids=[case.pk for case in cases])
    return list(draft.cases.filter(given=False).order_by("external_id"))


def _label(rows: Sequence[LabelledCase], known: Mapping[str, Expected]) -> None:
    first, second = actor(Role.OPERATOR), actor(Role.SENIOR_REVIEWER)
    for row in rows[:FIRST]:
        _save(first, row, known[row.external_id])
    for place, row in enumerate(rows[:SECOND]):
        said = known[row.external_id]
        other = "normal" if said.urgency == "high" else "high"
        _save(second, row, said.model_copy(update={"urgency": other}) if place in DISPUTED else said)


def _save(person: Actor, row: LabelledCase, said: Expected) -> None:
    answers = Answers.model_validate({**said.model_dump(), "decision": said.decision or ""})
    save_label(actor=person, case=row, answers=answers, revision=0, complete=True)
