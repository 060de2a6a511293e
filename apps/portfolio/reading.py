"""Where a consultant's engagements stand, over all tenants in which the person is a consultant.

Each tenant is read in its own schema under its own role, one after the other. No query sees two tenants, and nothing
that is kept names one beside another.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from apps.engagements.allocation import Planned
from apps.engagements.build.standings import Standing, stand
from apps.engagements.build_models import ChangeRequest
from apps.engagements.cadence.calendar_of_run import coming, waiting
from apps.engagements.discovery.board_reading import board_of
from apps.engagements.engagement_models import Engagement
from apps.engagements.engagements import DAYS
from apps.evaluations.gate import standing_overrides
from apps.portfolio.capacity import plan
from apps.reviews import calendars
from apps.tenants.capabilities import Role
from apps.tenants.models import Domain, Membership
from apps.tenants.schemas import in_public, in_schema
from apps.workflows.models import Notice
from apps.workflows.traffic import current_plan

Phase = Engagement.Phase
GRAVELY_LATE = 5  # working days


@dataclass(frozen=True)
class Concern:
    """A reason to look there, and where. `grave`: cases or dates suffer now."""

    text: str
    path: str
    grave: bool = False


@dataclass(frozen=True)
class Shown:
    tenant: str
    site: str  # "https://northgate.example.com"
    workflow: str
    phase: str
    place: str  # "day 7 of 10"
    next_title: str
    next_on: date | None
    concerns: tuple[Concern, ...]
    plan: tuple[Planned, ...]  # hours a week, in each of `capacity.mondays`

    @property
    def health(self) -> str:
        return "at risk" if any(each.grave for each in self.concerns) else "look" if self.concerns else "on course"

    @property
    def tone(self) -> str:
        return {"at risk": "bad", "look": "warn", "on course": "good"}[self.health]


def portfolio(person: UUID) -> list[Shown]:
    """What needs attention first. Empty for whoever is a consultant nowhere."""
    found = [each for schema, name, site in _tenants(person) for each in _read(schema, name, site, person)]
    return sorted(found, key=lambda each: (-sum(1 + 9 * one.grave for one in each.concerns), each.tenant))


def _tenants(person: UUID) -> list[tuple[str, str, str]]:
    """Schema, name and address."""
    scheme, port = ("https", "") if settings.HTTPS else ("http", f":{settings.PORT}")
    with in_public():
        held = Membership.objects.filter(user_id=person, role=Role.CONSULTANT, active=True)
        names = dict(held.order_by("tenant__name").values_list("tenant_id", "tenant__name"))
        hosts = dict(Domain.objects.filter(tenant__in=names).order_by("-id").values_list("tenant_id", "domain"))
    return [(schema, name, f"{scheme}://{hosts[schema]}{port}") for schema, name in names.items() if schema in hosts]


def _read(schema: str, name: str, site: str, person: UUID) -> list[Shown]:
    with in_schema(schema):
        engagements: QuerySet[Engagement] = Engagement.objects.select_related("workflow").exclude(phase=Phase.ENDED)
        return [_shown(each, name, site, person) for each in engagements]


def _shown(engagement: Engagement, name: str, site: str, person: UUID) -> Shown:
    stages = _stages(engagement)
    title, on = _next(engagement, stages)
    return Shown(
        name,
        site,
        engagement.workflow.title,
        engagement.get_phase_display(),
        _place(engagement),
        title,
        on,
        tuple(_concerns(engagement, stages)),
        plan(engagement, person),
    )


def _stages(engagement: Engagement) -> list[Standing]:
    """Of Build, while it lasts."""
    return stand(engagement) if engagement.phase == Phase.BUILD else []


def _place(engagement: Engagement) -> str:
    if engagement.phase == Phase.DISCOVERY:
        return f"day {board_of(engagement).day} of {DAYS}"
    began = engagement.phase_on or engagement.discovery_on
    return f"week {max((calendars.today() - began).days // 7 + 1, 1)}"


def _next(engagement: Engagement, stages: list[Standing]) -> tuple[str, date | None]:
    """What comes next, and when."""
    if engagement.phase == Phase.RUN:
        ritual = coming(engagement)
        return (ritual.title, ritual.due_on) if ritual else ("", None)
    if engagement.phase == Phase.DISCOVERY:
        ahead = [day for day in board_of(engagement).days if day.on >= calendars.today() and day.done < len(day.tasks)]
        return (ahead[0].title, ahead[0].on) if ahead else ("", None)
    open_stage = next((each for each in stages if not each.met), None)
    return (open_stage.stage.title, open_stage.due) if open_stage else ("", None)


def _concerns(engagement: Engagement, stages: list[Standing]) -> Iterator[Concern]:
    plan = current_plan(engagement.workflow)
    if plan and plan.stopped:
        yield Concern("The workflow is stopped: every case goes to a person.", "/traffic/", grave=True)
    unseen = Notice.objects.filter(workflow=engagement.workflow, seen_at=None)
    breaches = unseen.filter(kind=Notice.Kind.BREACH).count()
    if breaches:
        yield Concern(f"{_counted(breaches, 'breach', 'breaches')} of stop conditions not seen yet.", "/traffic/", True)
    if unseen.filter(kind=Notice.Kind.ASSURANCE).exists():
        yield Concern("Behavioural assurance failed, and nobody has seen it.", "/assurance/", grave=True)
    if standing_overrides([engagement.workflow]):
        yield Concern("An emergency override of the gate is in force.", "/releases/", grave=True)
    overdue = [each for each in waiting(engagement) if each.state == "overdue"]
    if overdue:
        late = _counted(len(overdue), "ritual is", "rituals are")
        yield Concern(f"{late} overdue, first: {overdue[0].title}.", "/engagement/cadence/", len(overdue) > 1)
    for each in stages:
        behind = 0 if each.met else each.late(calendars.today())
        if behind:
            late = _counted(behind, "working day", "working days")
            yield Concern(f"“{each.stage.title}” is {late} behind.", "/engagement/build/", behind > GRAVELY_LATE)
    changes = ChangeRequest.objects.filter(engagement=engagement, state=ChangeRequest.State.OPEN).count()
    if changes:
        asked = _counted(changes, "change waits", "changes wait")
        yield Concern(f"{asked} for the decision owner.", "/engagement/build/")
    yield from _tasks(engagement)


def _tasks(engagement: Engagement) -> Iterator[Concern]:
    if engagement.phase != Phase.DISCOVERY:
        return
    board = board_of(engagement)
    if board.overdue:
        yield Concern(f"{_counted(len(board.overdue), 'task is', 'tasks are')} overdue.", "/engagement/")
    if board.blocked:
        yield Concern(f"{_counted(len(board.blocked), 'task is', 'tasks are')} blocked.", "/engagement/", grave=True)


def _counted(number: int, one: str, more: str) -> str:
    return f"{number} {one if number == 1 else more}"
