"""How a waiting case stands by the policy: its clock, what it is laid aside for, and who has approved it already."""

from dataclasses import dataclass

from apps.cases.models import Case
from apps.reviews import clocks
from apps.reviews.absences import FALL_BACK, Colleague, colleagues
from apps.reviews.deciding import may_decide
from apps.reviews.models import Disposition
from apps.reviews.terms import Pause
from apps.tenants.actors import Actor


@dataclass(frozen=True)
class Standing:
    clock: clocks.Reading | None
    pause: Pause | None  # that runs now
    answered: list[Pause]  # questions with their answers
    first: Disposition | None  # of two approvals
    two: bool  # whether it takes two
    people: list[Colleague]  # to whom it can be escalated
    able: list[Colleague]  # to whom it can be given: they may decide it


def standing_of(case: Case, first: Disposition | None) -> Standing:
    """`first` is the first of two approvals, which whoever draws the case has read already."""
    pauses = list(case.pauses.all())
    waiting = case.state == Case.State.REVIEW
    here = colleagues() if waiting else []
    terms = clocks.Terms.of(case.workflow_id) if waiting else None
    return Standing(
        clock=clocks.of(case, terms),
        pause=next((each for each in pauses if each.ended_at is None), None),
        answered=[each for each in pauses if each.answer],
        first=first if waiting else None,
        two=terms is not None and terms.policy.needs_two(case),
        people=[each for each in here if each.role in FALL_BACK],
        able=[each for each in here if may_decide(Actor("person", str(each.id), each.name, each.role), case)],
    )
