"""What else the person who sent a case has sent, and what became of it."""

from dataclasses import dataclass

from django.db.models import Count, Q

from apps.cases.models import Case
from apps.cases.reading import earlier_cases


@dataclass(frozen=True)
class History:
    newest: list[Case]
    total: int
    waiting: int
    rejected: int

    @property
    def says(self) -> str:
        """“4 cases, 1 of them rejected, 2 still open”"""
        if not self.total:
            return "Nothing else from this person."
        parts = [f"{self.total} other case" if self.total == 1 else f"{self.total} other cases"]
        parts += [f"{self.rejected} rejected"] if self.rejected else []
        parts += [f"{self.waiting} still open" if self.waiting else "all settled"]
        return ", ".join(parts)


def history(case: Case) -> History:
    """Two queries, whatever the person has sent."""
    others = Case.objects.filter(subject=case.subject_id).exclude(pk=case.pk)
    counts = others.aggregate(
        total=Count("pk"),
        waiting=Count("pk", filter=~Q(state=Case.State.CLOSED)),
        rejected=Count("pk", filter=Q(outcome=Case.Outcome.REJECTED)),
    )
    return History(newest=list(earlier_cases(case)) if counts["total"] else [], **counts)
