"""The board of Discovery: its tasks, laid out from the plan of ten days and worked off from there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils import timezone

from apps.audit.canonical import Json
from apps.audit.entries import record
from apps.engagements.board_models import Task
from apps.engagements.discovery.answers import idea_of
from apps.engagements.engagement_models import Engagement
from apps.engagements.engagements import DAYS, start_engagement, working_day, working_days
from apps.planning import sprint
from apps.tenants.actors import Actor
from apps.tenants.capabilities import Role
from apps.tenants.models import Membership
from apps.workflows.models import Workflow

State = Task.State
MOST = 60  # tasks on a board


class TaskRefused(ValueError):
    """The board cannot be changed so. The message says why."""


@dataclass(frozen=True)
class TaskText:
    """What a task says. `owner` is a name, or a role."""

    day: int
    title: str
    output: str = ""
    owner: str = ""
    note: str = ""
    due_on: date | None = None  # None: the working day that `day` is


@transaction.atomic
def begin_discovery(
    *, actor: Actor, workflow: Workflow, discovery_on: date, answers: Mapping[str, Mapping[str, Json]]
) -> Engagement:
    """Start the engagement with its ten days laid out. Raises EngagementRefused."""
    engagement = start_engagement(actor=actor, workflow=workflow, discovery_on=discovery_on, answers=answers)
    lay_out(actor=actor, engagement=engagement)
    return engagement


@transaction.atomic
def lay_out(*, actor: Actor, engagement: Engagement) -> list[Task]:
    """A task for each piece of work of the plan, which follows from the answers. Raises TaskRefused."""
    held = _locked(engagement)
    if held.tasks.exists():
        raise TaskRefused("The ten days are laid out already.")
    plan = sprint.plan(idea_of(held.answers, held.workflow.monthly_volume))
    names, made = _names(), []
    for day, due in zip(plan.days, working_days(held.discovery_on, DAYS), strict=True):
        owner = _first(day.roles, names)
        for position, title in enumerate(day.work, start=1):
            last = position == len(day.work)
            made.append(
                Task(
                    engagement=held, day=day.number, position=position, title=title[:200], due_on=due, owner=owner,
                    output=day.output[:200] if last else "",
                )
            )  # fmt: skip
    Task.objects.bulk_create(made)
    _enter(actor, held, "board.laid_out", f"engagement:{held.pk}", after={"tasks": len(made), "plan": plan.title})
    return made


@transaction.atomic
def add_task(*, actor: Actor, engagement: Engagement, text: TaskText) -> Task:
    """At the end of its day. Raises TaskRefused."""
    held = _locked(engagement)
    if held.tasks.count() >= MOST:
        raise TaskRefused(f"A board of ten days holds {MOST} tasks. Finish some, or say less in each.")
    task = Task.objects.create(engagement=held, position=_end_of(held, text.day), **_columns(held, text))
    _enter(actor, held, "task.added", f"task:{task.pk}", after=_said(task))
    return task


@transaction.atomic
def change_task(*, actor: Actor, task: Task, text: TaskText) -> Task:
    """Say it anew, or move it to another day. Raises TaskRefused."""
    held = _locked(task.engagement)
    task = Task.objects.get(pk=task.pk)
    before, columns = _said(task), _columns(held, text)
    if text.day != task.day:
        task.position = _end_of(held, text.day)
    for name, value in columns.items():
        setattr(task, name, value)
    task.save(update_fields=[*columns, "position"])
    if before != _said(task):
        _enter(actor, held, "task.changed", f"task:{task.pk}", before=before, after=_said(task))
    return task


@transaction.atomic
def set_state(*, actor: Actor, task: Task, state: str, note: str = "") -> Task:
    """Begin, finish or block a task; or take that back by setting the state that it had. Raises TaskRefused."""
    held = _locked(task.engagement)
    task = Task.objects.get(pk=task.pk)
    if state not in State.values:
        raise TaskRefused("A task is to do, in work, blocked or done.")
    if state == State.BLOCKED and not (note.strip() or task.note):
        raise TaskRefused("Say what blocks it, and whom you asked.")
    if state == task.state and note.strip() in ("", task.note):
        return task  # pressed twice, or by two people: who did it first, and when, stays
    before: Json = {"state": task.state}
    done = state == State.DONE
    task.state, task.note = state, note.strip() or task.note
    task.done_at = timezone.now() if done else None
    task.done_by, task.done_name = (actor.id, actor.name) if done else ("", "")
    task.save(update_fields=["state", "note", "done_at", "done_by", "done_name"])
    _enter(actor, held, "task.moved", f"task:{task.pk}", before=before, after={"state": state}, reason=note.strip())
    return task


@transaction.atomic
def remove_task(*, actor: Actor, task: Task) -> None:
    """Take it off the board; the log keeps what it said."""
    held = _locked(task.engagement)
    _enter(actor, held, "task.removed", f"task:{task.pk}", before=_said(task))
    task.delete()


def _columns(engagement: Engagement, text: TaskText) -> dict[str, object]:
    if not text.title.strip():
        raise TaskRefused("Say what is to be done.")
    if not 1 <= text.day <= DAYS:
        raise TaskRefused(f"Discovery has {DAYS} days.")
    if text.due_on is not None and text.due_on < engagement.discovery_on:
        raise TaskRefused(f"Nothing is due before Discovery begins, on {engagement.discovery_on:%d %b %Y}.")
    return {
        "day": text.day,
        "title": text.title.strip()[:200],
        "output": text.output.strip()[:200],
        "owner": text.owner.strip()[:120],
        "note": text.note.strip(),
        "due_on": text.due_on or working_day(engagement.discovery_on, text.day),
    }


def _end_of(engagement: Engagement, day: int) -> int:
    last = engagement.tasks.filter(day=day).order_by("-position").values_list("position", flat=True).first()
    return (last or 0) + 1


def _locked(engagement: Engagement) -> Engagement:
    held = Engagement.objects.select_for_update(of=("self",)).select_related("workflow").get(pk=engagement.pk)
    if held.phase != Engagement.Phase.DISCOVERY:
        raise TaskRefused("Discovery is over: its board stays as it was.")
    return held


def _names() -> dict[str, str]:
    """The role as a plan writes it → the one person who has it. Where several have it, the role stands."""
    found: dict[str, list[str]] = {}
    for role, name in Membership.objects.filter(active=True).values_list("role", "user__name"):
        found.setdefault(Role(role).label.lower(), []).append(name)
    return {role: names[0] for role, names in found.items() if len(names) == 1}


def _first(roles: Sequence[str], names: Mapping[str, str]) -> str:
    return next((names[role] for role in roles if role in names), roles[0].capitalize() if roles else "")[:120]


def _said(task: Task) -> dict[str, Json]:
    return {
        "day": task.day, "title": task.title, "output": task.output, "owner": task.owner, "due_on": str(task.due_on),
        "note": task.note,
    }  # fmt: skip


def _enter(
    actor: Actor, engagement: Engagement, action: str, name: str, *, before: Json = None, after: Json = None,
    reason: str = "",
) -> None:  # fmt: skip
    record(
        actor=actor, action=action, object=name, workflow=engagement.workflow.slug, before=before, after=after,
        reason=reason,
    )  # fmt: skip
