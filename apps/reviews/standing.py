"""How a waiting case stands by the policy: its clock, what it is laid aside for, and who has approved it already."""

from dataclasses import dataclass

from apps.cases.models import Case
from apps.reviews import clocks
from apps.reviews.absences import deciders
from apps.reviews.models import Disposition
from apps.reviews.terms import Pause
from apps.tenants.models import Membership


@dataclass(frozen=True)
class Standing:
    clock: clocks.Reading | None
    pause: Pause | None  # that runs now
    answered: list[Pause]  # questions with their answers
    first: Disposition | None  # of two approvals
    two: bool  # whether it takes two
    people: list[Membership]  # to whom it can be given


def standing_of(case: Case, first: Disposition | None) -> Standing:
    """`first` is the first of two approvals, which whoever draws the case has read already."""
    pauses = list(case.pauses.all())
    waiting = case.state == Case.State.REVIEW
    terms = clocks.Terms.of(case.workflow_id) if waiting else None
    return Standing(
        clock=clocks.of(case, terms),
        pause=next((each for each in pauses if each.ended_at is None), None),
        answered=[each for each in pauses if each.answer],
        first=first if waiting else None,
        two=terms is not None and terms.policy.needs_two(case),
        people=deciders() if waiting else [],
    )
