"""The demo's people look at ended cases once more, blind, and the consultant takes labels from what they corrected.

What is drawn, and what it comes to, is the product's doing. What a person says follows from the label of the case: they
mostly see what is wrong, and not always.
"""

from collections.abc import Mapping
from random import Random

from apps.cases.models import Case
from apps.evaluations import known_cases, proposals
from apps.evaluations.labelled_sets import draft_of
from apps.evaluations.labels import Expected, read_labelled
from apps.evaluations.models import LabelProposal
from apps.reviews import blind
from apps.reviews.models import BlindReview, Disposition
from apps.tenants.actors import Actor
from apps.tenants.capabilities import Role
from apps.tenants.schemas import in_schema
from apps.workflows.models import Workflow
from demo.people import actor, actors
from demo.world import DemoTenant

EACH = 9  # looks of each person; what else is drawn waits for whoever tries the demo
NOTICED, FUSSY = 0.8, 0.07  # of the wrong drafts, and of the right ones that somebody would word otherwise
ACCEPTED, DECLINED = 6, 2  # of the newest corrections


def look_again(tenant: DemoTenant) -> None:
    """Nothing to do where somebody has looked already."""
    with in_schema(tenant.schema_name):
        if BlindReview.objects.exclude(verdict="").exists():
            return
        workflow = Workflow.objects.get(slug=tenant.workflow.slug)
        blind.draw(workflow)
        known_cases.lay_out(workflow)
        expected = {row.submission.external_id: row.expected for row in map(read_labelled, tenant.cases())}
        chance = Random(f"{tenant.slug} second looks")  # noqa: S311 - the same world each time, no secret
        for person in [*actors(Role.OPERATOR), *actors(Role.SENIOR_REVIEWER)]:
            for _ in range(EACH):
                _look(person, expected, chance)


def learn(tenant: DemoTenant) -> None:
    """The newest corrections become labels in the draft, but for some. Nothing to do where anything was said of one."""
    with in_schema(tenant.schema_name):
        workflow = Workflow.objects.get(slug=tenant.workflow.slug)
        draft, consultant = draft_of(workflow), actor(Role.CONSULTANT)
        if draft is None or LabelProposal.objects.exists():
            return
        waiting = proposals.waiting(workflow).filter(kind__in=(Disposition.Kind.EDIT, Disposition.Kind.REJECT))
        corrections = list(waiting[: ACCEPTED + DECLINED])
        proposals.accept(actor=consultant, draft=draft, dispositions=corrections[:ACCEPTED])
        reason = "A matter of taste: the draft was right as well."
        proposals.reject(actor=consultant, workflow=workflow, dispositions=corrections[ACCEPTED:], reason=reason)


def _look(person: Actor, expected: dict[str, Expected], chance: Random) -> None:
    review = blind.take_next(actor=person)
    if review is None:
        return
    verdict, code, note = said_of(review.case, expected, chance)
    blind.decide(actor=person, review_id=review.pk, verdict=verdict, reason_code=code, rationale=note)


def said_of(case: Case, expected: Mapping[str, Expected], chance: Random, fussy: float = FUSSY) -> tuple[str, str, str]:
    """The verdict of somebody who looks at the case blind, with the code of its reason and a note."""
    label = expected.get(case.external_id)
    right = label is not None and (case.case_type, case.decision) == (label.case_type, label.decision or "")
    verdict, code = BlindReview.Verdict.APPROVE, ""
    if right and chance.random() < fussy:
        verdict, code = BlindReview.Verdict.EDIT, "tone"
    elif label is not None and not right and chance.random() < NOTICED:
        verdict = BlindReview.Verdict.REJECT
        code = "wrong_type" if case.case_type != label.case_type else "wrong_decision"
    note = "The label of the case says something else." if verdict == BlindReview.Verdict.REJECT else ""
    return verdict, code, note
