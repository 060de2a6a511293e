"""Retention: how long each class of data is kept, the longest rule winning, and letting go of what is over its time.

Nothing is let go without a rule. Held and restricted data stays, and so does that of people with a request in work.
The work is done in batches of one transaction each and can be stopped anywhere: what is gone is not found again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from apps.audit.entries import record
from apps.cases.imports import RejectedRow
from apps.cases.models import Case
from apps.compliance.erasing import UNSETTLED, erase_cases
from apps.compliance.holds import in_force, kept_cases
from apps.compliance.models import DataRequest, RetentionRule
from apps.connectors.models import Effect
from apps.evaluations.models import Remembered
from apps.inference.models import Exchange
from apps.reviews.models import Notification
from apps.tenants.actors import SYSTEM, Actor
from apps.workflows.models import Workflow

BATCH = 200  # rows of one transaction
LONGEST = 36_500  # days
Data = RetentionRule.Data


class NoRule(ValueError):
    """The rule was not made or ended. The message says why."""


@dataclass(frozen=True)
class Term:
    """What holds for one class of data, in one workflow where it belongs to one."""

    data: str
    workflow: Workflow | None
    rules: tuple[RetentionRule, ...]  # those that apply, the longest first

    @property
    def title(self) -> str:
        return Data(self.data).label

    @property
    def days(self) -> int:
        return self.rules[0].days


@dataclass(frozen=True)
class Forecast:
    """What a run would let go now, and how much of what is over its time is kept, and why."""

    term: Term
    before: datetime
    due: int
    kept: int


@transaction.atomic
def make_rule(*, actor: Actor, data: str, days: int, source: str, workflow: Workflow | None = None) -> RetentionRule:
    """Raises NoRule."""
    if data not in Data.values:
        raise NoRule("Choose what is kept.")
    if not 0 < days <= LONGEST:
        raise NoRule(f"Keep it for 1 to {LONGEST:,} days.")
    if not source.strip():
        raise NoRule("Name the law, contract or schedule that says so.")
    if workflow and data not in RetentionRule.OF_A_WORKFLOW:
        raise NoRule("This belongs to no workflow, so a rule for it holds for all of them.")
    rule = RetentionRule.objects.create(
        workflow=workflow, data=data, days=days, source=source.strip(), made_name=actor.name
    )
    record(actor=actor, action="retention_rule.made", object=f"retention_rule:{rule.pk}", after=_facts(rule))
    return rule


@transaction.atomic
def end_rule(*, actor: Actor, rule: RetentionRule) -> None:
    """Raises NoRule when it has ended before."""
    rule = RetentionRule.objects.select_for_update().get(pk=rule.pk)
    if rule.ended_at:
        raise NoRule(f"{rule.ended_name} ended it on {rule.ended_at:%d %b %Y}.")
    rule.ended_at, rule.ended_name = timezone.now(), actor.name
    rule.save(update_fields=["ended_at", "ended_name"])
    record(actor=actor, action="retention_rule.ended", object=f"retention_rule:{rule.pk}", before=_facts(rule))


def terms() -> list[Term]:
    """What holds now. Of the rules for every workflow and those of one, the longest counts there."""
    rules = list(RetentionRule.objects.filter(ended_at=None).select_related("workflow").order_by("-days", "pk"))
    workflows = list(Workflow.objects.order_by("title"))
    found: list[Term] = []
    for data in Data.values:
        for workflow in workflows if data in RetentionRule.OF_A_WORKFLOW else [None]:
            apply = tuple(each for each in rules if each.data == data and each.workflow in (None, workflow))
            if apply:
                found.append(Term(data, workflow, apply))
    return found


def forecast(at: datetime | None = None) -> list[Forecast]:
    """Per term, what a run at that time would let go. Counts only: nothing is changed."""
    at = at or timezone.now()
    seen: list[Forecast] = []
    for term in terms():
        before = at - timedelta(days=term.days)
        over = _over(term, before)
        due = over.count()
        seen.append(Forecast(term, before, due, _kept(term, before)))
    return seen


def apply_retention(*, actor: Actor = SYSTEM, at: datetime | None = None) -> dict[str, int]:
    """Let go of all that is over its time: class of data → rows. Each batch is committed with its entry in the log."""
    at = at or timezone.now()
    gone: dict[str, int] = {}
    for term in terms():
        while batch := _batch(actor, term, at - timedelta(days=term.days)):
            gone[term.data] = gone.get(term.data, 0) + batch
    return gone


@transaction.atomic
def _batch(actor: Actor, term: Term, before: datetime) -> int:
    """One batch, 0 when nothing is left. Rows that somebody else has locked wait for the next run."""
    keys = list(
        _over(term, before).select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True)[:BATCH]
    )
    if not keys:
        return 0
    reason = f"Retention: {term.days} days are over."
    if term.data == Data.CASES:
        erase_cases(actor=actor, cases=keys, reason=reason)
    else:
        _over(term, before).model.objects.filter(pk__in=keys).delete()
    record(
        actor=actor,
        action="retention.applied",
        object=f"retention_rule:{term.rules[0].pk}",
        workflow=term.workflow.slug if term.workflow else None,
        retention=term.data,
        reason=reason,
        after={"rows": len(keys), "before": before.isoformat(), "rules": [str(rule.pk) for rule in term.rules]},
    )
    return len(keys)


def _over(term: Term, before: datetime) -> QuerySet[Any]:
    """What is over its time and may go."""
    return OVER[term.data](term, before)


def _cases(term: Term, before: datetime) -> QuerySet[Case]:
    return _closed(term, before).filter(erased=None).exclude(pk__in=kept_cases(Case.objects.all()).values("pk"))


def _exchanges(term: Term, before: datetime) -> QuerySet[Exchange]:
    closed = _closed(term, before).exclude(pk__in=kept_cases(Case.objects.all()).values("pk"))
    return Exchange.objects.filter(case_id__in=closed.values("pk")).order_by("pk")


def _closed(term: Term, before: datetime) -> QuerySet[Case]:
    """Closed cases over their time, with nothing of them under way."""
    asked = DataRequest.objects.filter(state=DataRequest.State.OPEN).values("subject")
    unsettled = Effect.objects.filter(state__in=UNSETTLED).values("case_id")
    closed = Case.objects.filter(workflow=term.workflow, state=Case.State.CLOSED, closed_at__lt=before)
    return closed.exclude(subject__in=asked).exclude(pk__in=unsettled).order_by("closed_at", "pk")


def _imports(term: Term, before: datetime) -> QuerySet[RejectedRow]:
    rows = RejectedRow.objects.filter(run__workflow=term.workflow, run__finished_at__lt=before).order_by("pk")
    return rows.none() if in_force().filter(case=None).exists() else rows


def _notifications(_: Term, before: datetime) -> QuerySet[Notification]:
    return Notification.objects.filter(created_at__lt=before).order_by("pk")


def _memory(_: Term, before: datetime) -> QuerySet[Remembered]:
    return Remembered.objects.filter(created_at__lt=before).order_by("pk")


OVER: dict[str, Callable[[Term, datetime], QuerySet[Any]]] = {
    Data.CASES: _cases,
    Data.EXCHANGES: _exchanges,
    Data.IMPORTS: _imports,
    Data.NOTIFICATIONS: _notifications,
    Data.MEMORY: _memory,
}


def _kept(term: Term, before: datetime) -> int:
    """Cases over their time that stay: held, restricted, asked about, or with an order that is not settled."""
    if term.data not in (Data.CASES, Data.EXCHANGES):
        return 0
    over = Case.objects.filter(workflow=term.workflow, state=Case.State.CLOSED, closed_at__lt=before, erased=None)
    asked = DataRequest.objects.filter(state=DataRequest.State.OPEN).values("subject")
    unsettled = Effect.objects.filter(state__in=UNSETTLED).values("case_id")
    return over.filter(Q(pk__in=kept_cases(over).values("pk")) | Q(subject__in=asked) | Q(pk__in=unsettled)).count()


def _facts(rule: RetentionRule) -> dict[str, str | int]:
    where = {"workflow": rule.workflow.slug} if rule.workflow else {}
    return {"data": rule.data, "days": rule.days, "source": rule.source, **where}
