"""The board of Discovery: what each day brings, and the five artefacts as they are now."""

from datetime import date

import pytest

from apps.audit.models import Entry
from apps.engagements.board_models import Task
from apps.engagements.discovery.board import (
    TaskRefused,
    TaskText,
    add_task,
    begin_discovery,
    change_task,
    remove_task,
    set_state,
)
from apps.engagements.discovery.board_reading import board_of
from apps.engagements.engagement_models import Engagement
from apps.engagements.engagements import begin_phase
from tests.cast import Member
from tests.factories import customer_service

MONDAY = date(2026, 11, 16)
SPRINT = {"industry": "retail", "use_case": "service", "kpi": "cycle", "volume": "6200", "systems": "Shop, Mailbox",
          "regulations": ["gdpr"]}  # fmt: skip


@pytest.fixture
def engagement(consultant: Member) -> Engagement:
    return begin_discovery(
        actor=consultant.actor, workflow=customer_service(), discovery_on=MONDAY, answers={"sprint": SPRINT}
    )


def test_without_an_engagement_the_board_says_what_one_is(consultant: Member) -> None:
    assert "No engagement yet" in consultant.get("/engagement/").content.decode()


def test_the_ten_days_are_laid_out_from_the_answers_of_the_sprint_generator(engagement: Engagement) -> None:
    titles = list(engagement.tasks.values_list("title", flat=True))
    assert "Shop: what is read, what is written, who grants access" in titles
    assert {task.due_on for task in engagement.tasks.filter(day=6)} == {date(2026, 11, 23)}
    assert engagement.tasks.filter(day=2).exclude(output="").get().output == "Shadowing notes with times and exceptions"


def test_the_page_shows_tasks_and_artefacts(consultant: Member, engagement: Engagement) -> None:
    page = consultant.get("/engagement/").content.decode()
    assert "Sit beside two operators for half a day each" in page
    assert "200 to 1,000 answered cases are wanted" in page


def test_a_task_is_done_by_somebody_and_that_can_be_taken_back(consultant: Member, engagement: Engagement) -> None:
    task = engagement.tasks.all()[0]
    consultant.post(f"/engagement/tasks/{task.pk}/state/", {"state": "done"})
    task.refresh_from_db()
    assert (task.state, task.done_name) == ("done", consultant.actor.name)
    task = set_state(actor=consultant.actor, task=task, state="doing")
    assert (task.state, task.done_at, task.done_name) == ("doing", None, "")
    assert Entry.objects.filter(action="task.moved", object=f"task:{task.pk}").count() == 2


def test_a_task_that_is_done_stays_with_whoever_did_it_first(
    consultant: Member, decision_owner: Member, engagement: Engagement
) -> None:
    task = set_state(actor=consultant.actor, task=engagement.tasks.all()[0], state="done")
    again = set_state(actor=decision_owner.actor, task=task, state="done")
    assert (again.done_name, again.done_at) == (consultant.actor.name, task.done_at)
    assert Entry.objects.filter(action="task.moved", object=f"task:{task.pk}").count() == 1


def test_what_blocks_a_task_is_said(consultant: Member, engagement: Engagement) -> None:
    task = engagement.tasks.all()[0]
    with pytest.raises(TaskRefused, match="what blocks it"):
        set_state(actor=consultant.actor, task=task, state="blocked")
    set_state(actor=consultant.actor, task=task, state="blocked", note="IT has not answered.")
    assert [each.task for each in board_of(engagement).blocked] == [task]


def test_a_task_moves_to_the_end_of_another_day(consultant: Member, engagement: Engagement) -> None:
    task = engagement.tasks.filter(day=2)[0]
    change_task(actor=consultant.actor, task=task, text=TaskText(day=9, title="Sit beside the night shift"))
    assert list(engagement.tasks.filter(day=9))[-1].title == "Sit beside the night shift"
    assert Task.objects.get(pk=task.pk).due_on == date(2026, 11, 26)


def test_a_refused_form_keeps_what_was_typed(consultant: Member, engagement: Engagement) -> None:
    page = consultant.post("/engagement/tasks/new/", {"title": "", "day": "3", "owner": "Somebody of IT"})
    assert page.status_code == 400
    assert "Somebody of IT" in page.content.decode()
    early = consultant.post("/engagement/tasks/new/", {"title": "Ask IT", "day": "3", "due_on": "1999-01-01"})
    assert "Nothing is due before Discovery begins, on 16 Nov 2026." in early.content.decode()


def test_after_discovery_the_board_stays_as_it_was(consultant: Member, engagement: Engagement) -> None:
    begin_phase(actor=consultant.actor, engagement=engagement, phase="build", on=MONDAY, reason="Signed.")
    with pytest.raises(TaskRefused, match="Discovery is over"):
        add_task(actor=consultant.actor, engagement=engagement, text=TaskText(day=1, title="One more"))
    with pytest.raises(TaskRefused, match="Discovery is over"):
        remove_task(actor=consultant.actor, task=engagement.tasks.all()[0])


def test_who_may_not_edit_the_configuration_reads_the_board_only(operator: Member, engagement: Engagement) -> None:
    task = engagement.tasks.all()[0]
    assert operator.get("/engagement/").status_code == 200
    assert operator.post(f"/engagement/tasks/{task.pk}/state/", {"state": "done"}).status_code == 403
