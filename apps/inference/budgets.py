"""How much a tenant may spend on models in a UTC day."""

from datetime import UTC, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum

from apps.audit.entries import record
from apps.inference.models import Budget, Exchange
from apps.tenants.actors import Actor

DEFAULT_PER_DAY = Decimal("25.00")  # USD


def per_day() -> Decimal:
    budget = Budget.objects.first()
    return DEFAULT_PER_DAY if budget is None else budget.per_day


def spent_today() -> Decimal:
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    total = Exchange.objects.filter(started_at__gte=midnight).aggregate(total=Sum("cost"))["total"]
    return total or Decimal(0)


def why_not() -> str:
    """Why nothing more may be spent today, "" when it may. Calls in flight can go over the limit by what they cost."""
    spent, limit = spent_today(), per_day()
    if spent < limit:
        return ""
    return f"The day's budget for models is spent: {spent:.2f} of {limit:.2f} USD. It opens again at 00:00 UTC."


@transaction.atomic
def set_daily_budget(*, actor: Actor, per_day: Decimal, reason: str) -> None:
    """Change the limit, in USD for a UTC day; 0 switches paid models off."""
    if per_day < 0:
        raise ValueError("A budget cannot be negative.")
    before = Budget.objects.select_for_update().filter(pk=1).first()
    Budget.objects.update_or_create(pk=1, defaults={"per_day": per_day})
    record(
        actor=actor,
        action="inference.budget_set",
        object="budget:inference",
        before={"per_day": str(before.per_day if before else DEFAULT_PER_DAY)},
        after={"per_day": str(per_day)},
        reason=reason,
    )
