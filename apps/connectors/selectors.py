"""Reading the ledger."""

from uuid import UUID

from django.db.models import Min, Q, QuerySet
from django.db.models.functions import Now

from apps.connectors.models import Effect


def effects_of(case_id: UUID) -> QuerySet[Effect]:
    """In the order in which they run."""
    return Effect.objects.select_related("system").filter(case_id=case_id)


def cases_due(limit: int) -> list[UUID]:
    """Cases with something to do in the ledger now: an order that is due, or one whose worker has gone."""
    state = Effect.State
    free = Q(lease_until=None) | Q(lease_until__lte=Now())
    due = Effect.objects.filter(free, state__in=[state.PLANNED, state.SENT, state.UNKNOWN], due_at__lte=Now())
    stuck = Effect.objects.filter(Q(state=state.FAILED) | Q(needs_person=True)).values("case_id")
    waiting = due.exclude(case_id__in=stuck).values("case_id").annotate(since=Min("due_at")).order_by("since")
    return [row["case_id"] for row in waiting[:limit]]
