"""The ten days of Discovery as they were worked off, with what was noted and measured in them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel, ConfigDict

from apps.engagements.board_models import Task
from apps.engagements.discovery import shadowing
from apps.engagements.discovery.board import set_state
from apps.engagements.engagement_models import Engagement
from apps.engagements.engagements import DAYS, working_days
from apps.insights.baselines import Measured, record_baseline
from apps.reviews import calendars
from apps.tenants.capabilities import Role
from demo import clock
from demo.people import actor
from demo.world import DemoTenant

EVENING = time(17)
Step = tuple[int, str, str, int, Literal["normal", "exception"]] | tuple[int, str, str, int, str, str]


class Piece(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ToldBaseline(Piece):
    measure: str
    value: float
    low: float | None = None
    high: float | None = None
    n: int
    days: tuple[int, int]  # from and to, counted from the first day of Discovery
    recorded: int  # day of Discovery on which it was recorded
    source: str
    note: str = ""


class Sitting(Piece):
    role: str
    place: str
    day: int
    steps: tuple[Step, ...]  # case, title, system, seconds, kind, note


class Told(Piece):
    """By titles of tasks; `late`: so many days after it was due."""

    late: Mapping[str, int] = {}
    doing: Sequence[str] = ()
    todo: Sequence[str] = ()
    blocked: Mapping[str, str] = {}
    sittings: Sequence[Sitting] = ()


def work_off(tenant: DemoTenant, engagement: Engagement) -> None:
    """Up to the last day that is over. Called in the tenant's schema, while the engagement is in Discovery."""
    file, days = tenant.folder / "board.yaml", working_days(engagement.discovery_on, DAYS)
    told = Told.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")) if file.exists() else {})
    over = [day for day in days if day < calendars.today()]
    with clock.telling(engagement.workflow.slug, _at(days[0], time(9)), _at(over[-1], EVENING)):
        for sitting in told.sittings:
            _sit(engagement, sitting, days)
        for measured in _baselines(tenant):
            _measure(engagement, measured, days)
        for task in engagement.tasks.all():
            _do(task, told, over[-1])


def _do(task: Task, told: Told, last: date) -> None:
    done = task.due_on + timedelta(days=told.late.get(task.title, 0))
    state, note = Task.State.DONE, ""
    if task.title in told.blocked:
        state, note = Task.State.BLOCKED, told.blocked[task.title]
    elif task.title in told.doing:
        state, done = Task.State.DOING, last
    elif task.title in told.todo or task.due_on > last:
        return
    with clock.at(_at(min(done, last), EVENING)):
        set_state(actor=actor(Role.CONSULTANT), task=task, state=state, note=note)


def _sit(engagement: Engagement, sitting: Sitting, days: Sequence[date]) -> None:
    consultant, moment, case = actor(Role.CONSULTANT), _at(days[sitting.day - 1], time(9, 30)), 0
    with clock.at(moment):
        held = shadowing.start_shadowing(
            actor=consultant, engagement=engagement, role=sitting.role, place=sitting.place
        )
    for number, title, system, seconds, kind, *note in sitting.steps:
        with clock.at(moment):
            shadowing.start_step(
                actor=consultant, shadowing=held, title=title, system=system, kind=kind, note="".join(note),
                new_case=number != case,
            )  # fmt: skip
        moment, case = moment + timedelta(seconds=seconds), number
    with clock.at(moment):
        shadowing.end_shadowing(actor=consultant, shadowing=held)


def _measure(engagement: Engagement, told: ToldBaseline, days: Sequence[date]) -> None:
    begin, end = (engagement.discovery_on + timedelta(days=day) for day in told.days)
    said = told.model_dump(exclude={"days", "recorded"})
    with clock.at(_at(days[told.recorded - 1], EVENING)):
        record_baseline(
            actor=actor(Role.CONSULTANT), workflow=engagement.workflow, measured=Measured(begin=begin, end=end, **said)
        )


def _baselines(tenant: DemoTenant) -> list[ToldBaseline]:
    rows = yaml.safe_load((tenant.folder / "baselines.yaml").read_text(encoding="utf-8"))
    return [ToldBaseline.model_validate(row) for row in rows]


def _at(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, ZoneInfo(calendars.in_force()[1].zone))
