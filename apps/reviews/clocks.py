"""By when a waiting case is to be decided: reckoned from calendar, policy and pauses, watched, warned of, breached.

A clock is a result, never a source: when calendar or policy change, the waiting cases' clocks are reckoned again.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from apps.audit.entries import record
from apps.cases.models import Case
from apps.cases.statements import execute
from apps.reviews import calendars, policies
from apps.reviews.assignments import held_by
from apps.reviews.desk import Place
from apps.reviews.notifying import notify
from apps.reviews.terms import Clock, Notification, Pause
from apps.reviews.working_time import NO_TIME, Hours, Interval, NeverOpen, due, measure, used_until
from apps.tenants.actors import SYSTEM
from apps.workflows.models import Workflow

BATCH = 500  # clocks in one transaction
# What calendars.in_force and policies.in_force say, for those who want both of them at each case.
IN_FORCE = """
SELECT calendar.version AS calendar_version, calendar.content::text AS calendar,
       policy.version AS policy_version, policy.content::text AS policy
FROM (SELECT 1) AS always
LEFT JOIN (SELECT version, content FROM reviews_calendarversion ORDER BY version DESC LIMIT 1) AS calendar ON true
LEFT JOIN (SELECT version, content FROM reviews_policyversion WHERE workflow_id = %(workflow)s
           ORDER BY version DESC LIMIT 1) AS policy ON true
"""
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Reading:
    """A clock as people read it: in the tenant's own time, and in working time."""

    due_at: datetime | None  # in the calendar's zone; None while paused
    working_left: timedelta  # negative when overdue
    allowed: timedelta
    paused: bool
    warned: bool
    breached: bool


def of(case: Case, terms: "Terms | None" = None) -> Reading | None:
    """The case's clock now; None where no service level applies, or the case does not wait. `terms` if known."""
    if case.state != Case.State.REVIEW:
        return None
    terms = terms or Terms.of(case.workflow_id)
    clock = Clock.objects.filter(pk=case.pk).first() or next(iter(_reckoned([case], terms)))
    if clock.allowed is None:
        return None
    hours, now = terms.hours, timezone.now()
    if clock.due_at is None:
        return Reading(None, clock.left or NO_TIME, clock.allowed, paused=True, warned=False, breached=False)
    left = measure(hours, now, clock.due_at) or -measure(hours, clock.due_at, now)
    warned = clock.warn_at is not None and clock.warn_at <= now
    local = clock.due_at.astimezone(ZoneInfo(hours.zone))
    return Reading(local, left, clock.allowed, paused=False, warned=warned, breached=clock.due_at <= now)


@dataclass(frozen=True)
class Terms:
    """What clocks of one workflow are reckoned with."""

    name: str  # the versions of calendar and policy
    hours: Hours
    policy: policies.PolicyContent

    @classmethod
    def of(cls, workflow: int) -> "Terms":
        row = execute(IN_FORCE, {"workflow": workflow})[0]
        calendar = calendars.CalendarContent.model_validate_json(row["calendar"] or "{}")
        policy = policies.PolicyContent.model_validate_json(row["policy"] or "{}")
        return cls(f"{row['calendar_version'] or 0}.{row['policy_version'] or 0}", calendar.hours(), policy)


def reckon(case_ids: Collection[UUID], terms: Terms) -> None:
    """Write the clocks of these waiting cases of one workflow. One that is not due any more was never warned of."""
    clocks = _reckoned(Case.objects.filter(pk__in=case_ids), terms)
    now = timezone.now()
    known = Clock.objects.in_bulk([clock.case_id for clock in clocks])
    for clock in clocks:
        before = known.get(clock.case_id)
        clock.warned_at = before.warned_at if before and clock.warn_at and clock.warn_at <= now else None
        clock.breached_at = before.breached_at if before and clock.due_at and clock.due_at <= now else None
    fields = ["terms", "started_at", "allowed", "warn_at", "due_at", "left", "warned_at", "breached_at"]
    Clock.objects.bulk_create(clocks, update_conflicts=True, unique_fields=["case"], update_fields=fields)
    relieved = [clock.case_id for clock in clocks if clock.warned_at is None]
    Place.objects.filter(pk__in=relieved).exclude(pressure=Place.Pressure.IN_TIME).update(
        pressure=Place.Pressure.IN_TIME
    )


def watch() -> None:
    """Reckon what is new or stale, then warn and breach what is due. Each batch is a transaction of its own."""
    for workflow in Workflow.objects.values_list("pk", flat=True):
        while _reckon_some(workflow):
            pass
    while _press_some(Place.Pressure.DUE_SOON):
        pass
    while _press_some(Place.Pressure.OVERDUE):
        pass


@transaction.atomic
def _reckon_some(workflow: int) -> bool:
    terms = Terms.of(workflow)
    stale = Q(case__clock=None) | ~Q(case__clock__terms=terms.name)
    ids = list(Place.objects.filter(stale, workflow=workflow).values_list("pk", flat=True)[:BATCH])
    if ids:
        reckon(ids, terms)
    return len(ids) == BATCH


def _reckoned(cases: Collection[Case], terms: Terms) -> list[Clock]:
    pauses: dict[UUID, list[Pause]] = {}
    ids = [case.pk for case in cases]
    for pause in Pause.objects.filter(case__in=ids, kind=Pause.Kind.SENT_BACK):
        pauses.setdefault(pause.case_id, []).append(pause)
    return [_clock(case, pauses.get(case.pk, []), terms) for case in cases]


def _clock(case: Case, pauses: Sequence[Pause], terms: Terms) -> Clock:
    clock = Clock(case_id=case.pk, terms=terms.name, started_at=case.received_at)
    hours = terms.policy.allowed(case.case_type, case.urgency)
    if hours is None:
        return clock
    clock.allowed = float(hours) * HOUR
    over: list[Interval] = [(pause.since, pause.ended_at) for pause in pauses if pause.ended_at]
    running = next((pause for pause in pauses if pause.ended_at is None), None)
    try:
        if running:
            clock.left = clock.allowed - used_until(terms.hours, case.received_at, running.since, over)
        else:
            clock.due_at = due(terms.hours, case.received_at, clock.allowed, over)
            clock.warn_at = due(terms.hours, case.received_at, clock.allowed * terms.policy.warn_at / 100, over)
    except NeverOpen:
        clock.allowed = None  # the calendar ends, so nothing is due
    return clock


@transaction.atomic
def _press_some(pressure: Place.Pressure) -> bool:
    """Mark the clocks whose time has come, press their places, tell whoever has the case."""
    now = timezone.now()
    overdue = pressure == Place.Pressure.OVERDUE
    come = Q(due_at__lte=now, breached_at=None) if overdue else Q(warn_at__lte=now, warned_at=None)
    waiting = Clock.objects.filter(come, case__state=Case.State.REVIEW).select_related("case").order_by("case")
    clocks = list(waiting.select_for_update(skip_locked=True, of=("self",))[:BATCH])
    if not clocks:
        return False
    ids = [clock.case_id for clock in clocks]
    Clock.objects.filter(pk__in=ids).update(**{"breached_at" if overdue else "warned_at": now})
    Place.objects.filter(pk__in=ids).exclude(pressure=Place.Pressure.OVERDUE).update(pressure=pressure)
    held = held_by(ids)
    for clock in clocks:
        case = clock.case
        record(
            actor=SYSTEM,
            action=f"clock.{'breached' if overdue else 'warned'}",
            object=f"case:{case.pk}",
            case=case.pk,
            subject=str(case.subject_id),
            layer="review",
            after={"due_at": clock.due_at.isoformat() if clock.due_at else "", "terms": clock.terms},
        )
        if case.pk in held:
            text = f"{case.number} is {'overdue' if overdue else 'due soon'}."
            kind = Notification.Kind.OVERDUE if overdue else Notification.Kind.DUE_SOON
            notify(to=[held[case.pk].holder_id], kind=kind, text=text, case=case)
    return len(clocks) == BATCH
