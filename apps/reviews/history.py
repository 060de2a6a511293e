"""What else the person who sent a case has sent, and what became of it."""

from dataclasses import dataclass

from apps.cases.models import Case

MOST = 100  # counted one by one; more is said to be more
SHOWN = 5


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
        if self.total > MOST:
            return f"More than {MOST} others. Of the last {MOST}, {self.rejected} rejected, {self.waiting} still open."
        parts = [f"{self.total} other case" if self.total == 1 else f"{self.total} other cases"]
        parts += [f"{self.rejected} rejected"] if self.rejected else []
        parts += [f"{self.waiting} still open" if self.waiting else "all settled"]
        return ", ".join(parts)


def history(case: Case) -> History:
    """One query, which reads no more of them than are counted."""
    others = Case.objects.filter(subject=case.subject_id).exclude(pk=case.pk).order_by("-received_at", "-id")
    found = list(others.only("number", "title", "text", "state", "outcome")[: MOST + 1])
    last = found[:MOST]
    return History(
        newest=last[:SHOWN],
        total=len(found),
        waiting=sum(other.state != Case.State.CLOSED for other in last),
        rejected=sum(other.outcome == Case.Outcome.REJECTED for other in last),
    )
