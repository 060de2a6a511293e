"""The board of Discovery as its page shows it: ten days with their tasks, and where one is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from apps.engagements.board_models import Task
from apps.engagements.engagement_models import Engagement
from apps.engagements.engagements import DAYS, working_days
from apps.planning import sprint
from apps.reviews import calendars


@dataclass(frozen=True)
class ShownTask:
    task: Task
    overdue: bool

    @property
    def next(self) -> tuple[str, str]:
        """The state that one click leads to, and what the button says."""
        state = Task.State
        return {
            state.TODO: (state.DOING, "Begin"),
            state.DOING: (state.DONE, "Done"),
            state.BLOCKED: (state.DOING, "Go on"),
            state.DONE: (state.DOING, "Reopen"),
        }[state(self.task.state)]

    @property
    def look(self) -> str:
        """Of its tag."""
        if self.overdue or self.task.state == Task.State.BLOCKED:
            return "bad"
        return {Task.State.DONE: "good", Task.State.DOING: "accent"}.get(Task.State(self.task.state), "")


@dataclass(frozen=True)
class BoardDay:
    number: int
    on: date
    title: str
    tasks: Sequence[ShownTask]
    today: bool

    @property
    def done(self) -> int:
        return sum(each.task.state == Task.State.DONE for each in self.tasks)


@dataclass(frozen=True)
class Board:
    days: Sequence[BoardDay]
    day: int  # of the ten that today is, or was last; 0 before the first

    @property
    def tasks(self) -> list[ShownTask]:
        return [task for day in self.days for task in day.tasks]

    @property
    def done(self) -> int:
        return sum(day.done for day in self.days)

    @property
    def overdue(self) -> list[ShownTask]:
        return [each for each in self.tasks if each.overdue]

    @property
    def blocked(self) -> list[ShownTask]:
        return [each for each in self.tasks if each.task.state == Task.State.BLOCKED]


def board_of(engagement: Engagement) -> Board:
    today, dates = calendars.today(), working_days(engagement.discovery_on, DAYS)
    discovery = engagement.phase == Engagement.Phase.DISCOVERY
    tasks = [ShownTask(task, discovery and task.overdue(today)) for task in engagement.tasks.all()]
    days = [
        BoardDay(number, on, text.title, [each for each in tasks if each.task.day == number], discovery and on == today)
        for number, (on, text) in enumerate(zip(dates, sprint.content().days, strict=True), start=1)
    ]
    return Board(days, sum(on <= today for on in dates))
