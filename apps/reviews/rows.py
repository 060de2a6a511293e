"""The rows of the queue: a waiting case, why it is here, who holds it, and what its priority is made of."""

from collections.abc import Sequence
from dataclasses import dataclass

from apps.cases.listing import CaseRow, case_rows
from apps.cases.models import Case
from apps.reviews.assignments import held_by
from apps.reviews.deciding import may_decide
from apps.reviews.desk import Assignment
from apps.reviews.distribution import explain, formula
from apps.reviews.queue import REASONS, reason_of
from apps.tenants.actors import Actor


@dataclass(frozen=True)
class Row:
    """A waiting case as the queue shows it."""

    of: CaseRow
    reason: str
    mine: bool  # to decide
    held: Assignment | None
    with_me: bool
    formula: str  # of the priority, in figures
    explained: list[str]  # the same in words


def rows(cases: Sequence[Case], actor: Actor) -> list[Row]:
    """The rows of cases as `queue.cases_at` gives them. Two queries, however many there are."""
    holds = held_by(case.pk for case in cases)
    return [_row(row, holds.get(row.case.pk), actor) for row in case_rows(cases)]


def _row(row: CaseRow, held: Assignment | None, actor: Actor) -> Row:
    return Row(
        of=row,
        reason=REASONS.get(reason_of(row.case), ""),
        mine=may_decide(actor, row.case),
        held=held,
        with_me=held is not None and str(held.holder_id) == actor.id,
        formula=formula(row.case.place),
        explained=explain(row.case),
    )
