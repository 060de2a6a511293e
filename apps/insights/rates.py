"""What an hour of a person's work costs: set by people, kept with its source, never changed afterwards."""

from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from apps.audit.entries import record
from apps.insights.models import HourRate
from apps.tenants.actors import Actor
from apps.workflows.models import Workflow

MOST = Decimal(10_000)
LONGEST_SOURCE = 200  # characters


class RateRefused(ValueError):
    """The rate cannot be set so. The message says why."""


@transaction.atomic
def set_rate(*, actor: Actor, workflow: Workflow, usd: Decimal, source: str) -> HourRate:
    """USD an hour. Holds from now on, for earlier cases too: earlier figures are reckoned anew. Raises RateRefused."""
    if not usd.is_finite() or not Decimal("0.01") <= (usd := round(usd, 2)) < MOST:
        raise RateRefused(f"An hour costs more than nothing and less than {MOST:,} USD.")
    if not source.strip():
        raise RateRefused("Say from where it is known: a payroll, a contract, finance.")
    if len(source.strip()) > LONGEST_SOURCE:
        raise RateRefused(f"The source has at most {LONGEST_SOURCE} characters.")
    before = HourRate.objects.filter(workflow=workflow).first()
    made = HourRate.objects.create(
        workflow=workflow,
        usd=usd,
        source=source.strip(),
        recorded_at=timezone.now(),
        recorded_by=actor.id,
        recorded_name=actor.name,
    )
    record(
        actor=actor,
        action="hour_rate.set",
        object=f"hour_rate:{made.pk}",
        workflow=workflow.slug,
        before={"usd": str(before.usd)} if before else None,
        after={"usd": str(usd)},
        reason=f"Source: {made.source}",
    )
    return made


def last_rate(workflow: Workflow) -> HourRate | None:
    return HourRate.objects.filter(workflow=workflow).first()


def rate_in_force(workflow: Workflow) -> float | None:
    """USD an hour; None while nobody has said."""
    last = last_rate(workflow)
    return float(last.usd) if last else None
