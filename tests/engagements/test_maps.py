"""The workflow map: drawn in lanes, written in versions, read out of an event log."""

from io import BytesIO

import pytest
from django.http import QueryDict

from apps.cases.rows import Row
from apps.engagements.engagement_models import Engagement
from apps.engagements.engagements import start_engagement
from apps.engagements.map_models import MapVersion, MinedLog
from apps.engagements.workflow_map import maps
from apps.engagements.workflow_map.map_artefact import map_artefact
from apps.engagements.workflow_map.map_content import Flow, MapContent, Step, wanting
from apps.engagements.workflow_map.map_form import content_from, typed, typed_again
from apps.engagements.workflow_map.mining import LogRefused, as_map, mine
from apps.engagements.workflow_map.swimlanes import draw
from apps.reviews.calendars import today
from tests.cast import Member
from tests.factories import customer_service

READ = Step(title="Read", actor="Operator", volume=6200, minutes=1.5)
ANSWER = Step(title="Answer", actor="Operator", volume=5000, minutes=5, wait=20)
ASK = Step(title="Ask the store", actor="Store", volume=1200, minutes=3, wait=9)
SHOP = MapContent(
    steps=(READ, ASK, ANSWER),
    flows=(
        Flow(begin="Read", end="Answer", share=80),
        Flow(begin="Read", end="Ask the store", share=20),
        Flow(begin="Ask the store", end="Answer"),
        Flow(begin="Answer", end="Read", label="asked again"),
    ),
)
LOG = b"""Case ID;Activity;Timestamp;Role
1;Read;2026-03-02 09:00;Operator
1;Answer;2026-03-02 15:00;Operator
2;Read;2026-03-02 10:00;Operator
2;Ask the store;2026-03-02 11:00;Store
2;Answer;2026-03-03 11:00;Operator
3;Read;2026-03-04 10:00;Operator
3;Answer;yesterday;Operator
;Answer;2026-03-04 10:00;Operator
3;Answer;2026-03-04 20:00;Operator
"""


@pytest.fixture
def engagement(consultant: Member) -> Engagement:
    return start_engagement(actor=consultant.actor, workflow=customer_service(), discovery_on=today(), answers={})


def write(engagement: Engagement, who: Member, content: MapContent = SHOP, base: int = 0) -> MapVersion:
    return maps.write_map(
        actor=who.actor, engagement=engagement, side="today", content=content, note="Shadowed.", base=base
    )


def test_each_actor_has_a_lane_and_each_step_stands_after_those_before_it() -> None:
    drawing = draw(SHOP)
    assert [lane.lines for lane in drawing.lanes] == [["Operator"], ["Store"]]
    place = {box.step.title: (box.x, box.y) for box in drawing.boxes}
    assert place["Read"][0] < place["Ask the store"][0] < place["Answer"][0]
    assert place["Read"][1] == place["Answer"][1] < place["Ask the store"][1]
    assert [way.back for way in drawing.ways] == [False, False, False, True]


def test_steps_at_the_same_place_of_a_lane_do_not_cover_each_other() -> None:
    steps = tuple(Step(title=f"Step {n}", actor="Operator") for n in range(4))
    assert len({(box.x, box.y) for box in draw(MapContent(steps=steps)).boxes}) == 4


def test_times_are_weighted_by_how_many_cases_come_by() -> None:
    assert SHOP.minutes == pytest.approx((6200 * 1.5 + 5000 * 5 + 1200 * 3) / 6200)
    assert SHOP.hours_a_month == pytest.approx((6200 * 1.5 + 5000 * 5 + 1200 * 3) / 60)


@pytest.mark.parametrize(
    ("steps", "flows", "said"),
    [
        ((READ, READ), (), "name of its own"),
        ((READ,), (Flow(begin="Read", end="Fly"),), "“Fly”, which is no step"),
        ((READ, ANSWER), (Flow(begin="Read", end="Answer"),) * 2, "on the list twice"),
    ],
)
def test_a_map_that_cannot_be_drawn_is_refused(steps: tuple[Step, ...], flows: tuple[Flow, ...], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        MapContent(steps=steps, flows=flows)


def test_what_a_map_lacks_is_told() -> None:
    assert wanting(MapContent(steps=(READ, Step(title="Wait", actor="Nobody")))) == [
        "No way leads to or from “Read”, “Wait”.",
        "No volume is known of “Wait”.",
    ]


def test_nobody_overwrites_a_map_and_any_version_can_be_taken_again(engagement: Engagement, consultant: Member) -> None:
    first = write(engagement, consultant)
    with pytest.raises(maps.MapRefused, match="changed this map meanwhile"):
        write(engagement, consultant)
    write(engagement, consultant, MapContent(steps=(READ,)), base=1)
    again = maps.take_again(actor=consultant.actor, version=first)
    assert (again.number, maps.content_of(again)) == (3, SHOP)


def test_a_log_becomes_a_map_and_rows_that_cannot_be_read_are_told(engagement: Engagement, consultant: Member) -> None:
    log = maps.import_log(actor=consultant.actor, engagement=engagement, file=BytesIO(LOG), name="tickets.csv")
    mined = maps.mined_of(log)
    assert (mined.cases, mined.events, mined.left_out, mined.kinds) == (3, 7, 2, 2)
    assert "Line 8: “yesterday” is no time" in mined.problems[0]
    assert "Line 9: no case." in mined.problems[1]
    assert mined.variants[0].path == ("Read", "Answer")
    hours = {(each.begin, each.end): each.hours for each in mined.follows}
    assert hours["Read", "Answer"] == 8  # the median of 6 and 10
    drawn = as_map(mined, 0)
    assert [(step.title, step.actor) for step in drawn.steps] == [
        ("Read", "Operator"), ("Ask the store", "Store"), ("Answer", "Operator"),
    ]  # fmt: skip
    assert {flow.share for flow in drawn.flows if flow.begin == "Read"} == {66.7, 33.3}


def test_rare_ways_are_left_out_but_no_step_falls_off(engagement: Engagement, consultant: Member) -> None:
    log = maps.import_log(actor=consultant.actor, engagement=engagement, file=BytesIO(LOG), name="tickets.csv")
    ways = {(flow.begin, flow.end) for flow in as_map(maps.mined_of(log), 50).flows}
    assert ways == {("Read", "Answer"), ("Read", "Ask the store"), ("Ask the store", "Answer")}


def test_a_mistyped_year_in_a_log_is_told_in_words(engagement: Engagement, consultant: Member) -> None:
    rows = b"case,activity,time\n1,Read,0001-01-01T00:00:00Z\n1,Answer,2026-01-01T00:00:00Z\n"
    log = maps.import_log(actor=consultant.actor, engagement=engagement, file=BytesIO(rows), name="old.csv")
    page = consultant.get(f"/engagement/map/logs/{log.pk}/")
    assert "hours for “Answer”, more than a map holds" in page.content.decode()
    assert "pydantic" not in page.content.decode()


def test_a_comma_stands_between_thousands_or_is_refused() -> None:
    typed = "step_title=Read&step_actor=Intake&step_volume=1,200&step_minutes="
    assert content_from(QueryDict(typed + "12.5")).steps[0].model_dump(include={"volume", "minutes"}) == {
        "volume": 1200, "minutes": 12.5,
    }  # fmt: skip
    with pytest.raises(ValueError, match=r"Steps 1 minutes: write a number, as 1,200 or 12\.5\."):
        content_from(QueryDict(typed + "12,5"))


@pytest.mark.parametrize(
    ("times", "hours"),
    [
        (("03/04/2026 09:00", "03/14/2026 09:00"), 240),  # 4 to 14 March: no month is the fourteenth
        (("03/04/2026 09:00", "14/04/2026 09:00"), 264),  # 3 to 14 April
        (("3/4/2026 9:00:00 AM", "3/14/2026 1:00:00 PM"), 244),
        (("2026/03/04 09:00:00", "2026/03/14 9:00"), 240),
        (("4.3.2026", "14.3.2026"), 240),
    ],
)
def test_a_log_has_one_way_of_writing_its_dates(times: tuple[str, str], hours: float) -> None:
    rows = [Row(2 + at, {"c": "1", "a": f"Step {at}", "t": time}) for at, time in enumerate(times)]
    mined = mine(rows, {"case": "c", "activity": "a", "time": "t", "role": ""})
    assert [each.hours for each in mined.follows] == [hours]


def test_a_log_with_more_steps_than_a_map_holds_is_refused_in_words(engagement: Engagement, consultant: Member) -> None:
    lines = "".join(f"1,Step {n},2026-03-02 09:{n % 60:02}\n" for n in range(61))
    file = BytesIO(f"case,activity,time\n{lines}".encode())
    log = maps.import_log(actor=consultant.actor, engagement=engagement, file=file, name="l.csv")
    with pytest.raises(ValueError, match="The map has 61 steps"):
        maps.adopt(actor=consultant.actor, log=log, least=0)
    page = consultant.get(f"/engagement/map/logs/{log.pk}/")
    assert page.status_code == 400
    assert "pydantic" not in page.content.decode()


def test_a_form_gives_back_what_it_holds() -> None:
    large = MapContent(steps=(Step(title="Read", actor="Operator", volume=1_234_567, minutes=1234.5678),))
    row = typed(large)["steps"][0]
    assert (row["volume"], row["minutes"]) == ("1234567", "1234.5678")


def _form(volume: str, was: str, now: str) -> QueryDict:
    form = QueryDict(mutable=True)
    for name, values in {
        "was_title": [was, "Answer"], "step_title": [now, "Answer"], "step_actor": ["Operator", "Operator"],
        "step_volume": [volume, "10"], "flow_begin": ["Read"], "flow_end": ["Answer"],
    }.items():  # fmt: skip
        form.setlist(name, values)
    return form


def test_a_step_that_gets_another_name_keeps_its_ways() -> None:
    assert [(each.begin, each.end) for each in content_from(_form("1200", "Read", "Read the mail")).flows] == [
        ("Read the mail", "Answer")
    ]
    assert typed_again(_form("?", "Read", "Read the mail"))["flows"][0]["begin"] == "Read the mail"
    assert content_from(_form("", "Read", "")).flows == ()


def test_a_target_is_ready_only_when_it_is_whole_too(engagement: Engagement, consultant: Member) -> None:
    with pytest.raises(maps.MapRefused, match="Draw today’s map first"):
        maps.start_target(actor=consultant.actor, engagement=engagement)
    for side, content in (("today", SHOP), ("target", MapContent())):
        maps.write_map(
            actor=consultant.actor, engagement=engagement, side=side, content=content, note="", base=0, agreed=True
        )
    found = map_artefact(engagement)
    assert found.state == "begun"
    assert "No step is drawn." in found.sentence


def test_a_log_without_the_columns_says_which_it_has(engagement: Engagement, consultant: Member) -> None:
    with pytest.raises(LogRefused, match=r"holds the time\? The file has: case, activity, moment"):
        maps.import_log(
            actor=consultant.actor, engagement=engagement, file=BytesIO(b"case,activity,moment\n1,a,2026-01-01\n"),
            name="l.csv",
        )  # fmt: skip
    named = {"time": "moment"}
    content = BytesIO(b"case,activity,moment\n1,a,2026-01-01\n")
    assert maps.import_log(actor=consultant.actor, engagement=engagement, file=content, name="l.csv", named=named).pk


def test_the_pages_lead_from_a_log_to_both_sides(engagement: Engagement, consultant: Member) -> None:
    assert "Nothing is drawn yet" in consultant.get("/engagement/map/").content.decode()
    file = BytesIO(LOG)
    file.name = "tickets.csv"
    consultant.post("/engagement/map/import/", {"file": file})
    log = MinedLog.objects.get()
    assert "66.7 %" in consultant.get(f"/engagement/map/logs/{log.pk}/?least=0").content.decode()
    consultant.post(f"/engagement/map/logs/{log.pk}/adopt/", {"least": "0"})
    consultant.post("/engagement/map/target/begin/")
    form = {
        "base": "1", "note": "", "step_place": ["1", "2", "9"], "was_title": ["Read", "Answer", "Ask the store"],
        "step_title": ["Read", "Answer", ""], "step_actor": ["Intake", "Operator", ""], "step_system": ["", "", ""],
        "step_volume": ["6,200", "5000", ""], "step_minutes": ["", "two", ""], "step_wait": ["", "", ""],
        "step_pain": ["", "", ""], "step_layer": ["intake", "action", ""], "step_lane": ["automatic", "drafted", ""],
        "flow_begin": ["Read", "Read"], "flow_end": ["Answer", "Ask the store"], "flow_share": ["100", "0"],
        "flow_label": ["", ""],
    }  # fmt: skip
    refused = consultant.post("/engagement/map/target/", form)
    assert refused.status_code == 400
    assert "Steps 2 minutes" in refused.content.decode()
    form["step_minutes"] = ["", "2", ""]
    assert consultant.post("/engagement/map/target/", form | {"agreed": "on"}).status_code == 302
    page = consultant.get("/engagement/map/").content.decode()
    assert "as swim lanes" in page
    assert maps.content_of(maps.newest(engagement, "target")).steps[0].volume == 6200
    assert "Take again" in consultant.get("/engagement/map/target/versions/").content.decode()
