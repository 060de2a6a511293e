"""Notes beside operators: the server's clock times each step, and what is noted becomes a baseline."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qs, urlparse

import pytest
from django.utils import timezone

from apps.engagements.board_models import ShadowedStep, Shadowing
from apps.engagements.discovery.shadowing import ShadowingRefused, start_shadowing, start_step, stop_step, undo_last
from apps.engagements.discovery.shadowing_figures import figures
from apps.engagements.engagement_models import Engagement
from apps.engagements.engagements import start_engagement
from apps.insights.models import Baseline
from tests.cast import Member
from tests.factories import customer_service

NINE = datetime(2026, 11, 17, 9, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = NINE

    def tick(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    clock = Clock()
    monkeypatch.setattr(timezone, "now", lambda: clock.now)
    return clock  # type: ignore[return-value]


@pytest.fixture
def engagement(consultant: Member) -> Engagement:
    return start_engagement(
        actor=consultant.actor, workflow=customer_service(), discovery_on=date(2026, 11, 16), answers={}
    )


@pytest.fixture
def sitting(consultant: Member, engagement: Engagement) -> Shadowing:
    return start_shadowing(actor=consultant.actor, engagement=engagement, role="Front-line agent", place="Early shift")


def test_a_step_takes_what_the_servers_clock_says(consultant: Member, sitting: Shadowing, clock: Clock) -> None:
    start_step(actor=consultant.actor, shadowing=sitting, title="Look the order up", system="Shop")
    clock.tick(42)
    assert stop_step(actor=consultant.actor, shadowing=sitting, kind="normal").seconds == 42


def test_starting_the_next_step_stops_the_one_before(consultant: Member, sitting: Shadowing, clock: Clock) -> None:
    first = start_step(actor=consultant.actor, shadowing=sitting, title="Read")
    clock.tick(15)
    second = start_step(actor=consultant.actor, shadowing=sitting, title="Answer", new_case=True)
    first.refresh_from_db()
    assert (first.seconds, second.case) == (15, 2)


def test_the_last_tap_is_taken_back_and_then_the_one_before(
    consultant: Member, sitting: Shadowing, clock: Clock
) -> None:
    step = start_step(actor=consultant.actor, shadowing=sitting, title="Read")
    clock.tick(15)
    stop_step(actor=consultant.actor, shadowing=sitting, kind="normal")
    undo_last(actor=consultant.actor, shadowing=sitting)
    step.refresh_from_db()
    assert step.stopped_at is None
    undo_last(actor=consultant.actor, shadowing=sitting)
    assert not sitting.steps.exists()
    with pytest.raises(ShadowingRefused, match="nothing to take back"):
        undo_last(actor=consultant.actor, shadowing=sitting)


def test_only_who_began_a_sitting_takes_its_notes(operator: Member, sitting: Shadowing) -> None:
    with pytest.raises(ShadowingRefused, match="takes the notes"):
        start_step(actor=operator.actor, shadowing=sitting, title="Read")


def note(consultant: Member, sitting: Shadowing, clock: Clock, cases: int) -> None:
    for number in range(cases):
        start_step(actor=consultant.actor, shadowing=sitting, title="Read", new_case=number > 0)
        clock.tick(60)
        start_step(actor=consultant.actor, shadowing=sitting, title="answer")
        clock.tick(120 + 12 * number)
        stop_step(actor=consultant.actor, shadowing=sitting, kind="exception" if number == 0 else "normal")


def test_steps_add_up_to_minutes_for_a_case(consultant: Member, sitting: Shadowing, clock: Clock) -> None:
    note(consultant, sitting, clock, cases=8)
    found = figures(ShadowedStep.objects.all())
    assert [(each.title, each.n, each.median, each.share) for each in found.steps] == [
        ("answer", 8, 162, 1 / 8), ("Read", 8, 60, 0),
    ]  # fmt: skip
    assert found.minutes.value == pytest.approx(3.7)
    assert found.minutes.low is not None
    assert found.per_hour == pytest.approx(60 / 3.7)


def test_it_works_by_forms_and_leads_to_a_baseline(consultant: Member, engagement: Engagement, clock: Clock) -> None:
    there = consultant.post("/engagement/shadowing/new/", {"role": "Agent", "place": "Desk"})["Location"]
    consultant.post(f"{there}tap/", {"tap": "start", "title": "Read", "system": "Mailbox"})
    clock.tick(90)
    consultant.post(f"{there}tap/", {"tap": "stop", "kind": "exception", "note": "No number"})
    assert "90 s" in consultant.get(there).content.decode()
    clock.tick(86_400 * 3)
    page = consultant.get("/engagement/shadowing/")
    _, address = page.context["baselines"][0]
    given = {name: values[0] for name, values in parse_qs(urlparse(address).query).items()}
    assert consultant.get(address).status_code == 200
    consultant.post("/engagement/baseline/new/", given)
    kept = Baseline.objects.get()
    assert (kept.measure, kept.value, kept.n) == ("handling_time", 1.5, 1)


def test_the_steps_come_as_csv_without_formulas(consultant: Member, sitting: Shadowing, clock: Clock) -> None:
    start_step(actor=consultant.actor, shadowing=sitting, title="=cmd()", system="Shop")
    table = consultant.get("/engagement/shadowing/steps.csv").content.decode().splitlines()
    assert table[1].split(",")[4] == "'=cmd()"


def test_a_name_is_not_taken_for_a_role(consultant: Member, engagement: Engagement) -> None:
    page = consultant.post("/engagement/shadowing/new/", {"role": "jo@northgate.example", "place": "Desk 4"})
    assert page.status_code == 400
    assert "Desk 4" in page.content.decode()
