"""The traffic page and the charter: what they show, and who may do what."""

from datetime import timedelta
from html import unescape

import pytest

from apps.cases.models import ShadowRun
from apps.evaluations.tasks import watch_incumbents, watch_traffic
from apps.tenants.actors import SYSTEM
from apps.workflows import charters, moves
from apps.workflows.models import Notice, Workflow
from apps.workflows.services import create_workflow, point_production
from apps.workflows.traffic import current_plan, slice_of, standing
from tests.charters import actor, candidate, warrant
from tests.evaluations.slices import add_cases, begin_slice, begun
from tests.factories import customer_service

pytestmark = pytest.mark.django_db
STOP = "/traffic/customer-service/stop/"
SAFE, OWNERS = "/traffic/customer-service/safe-move/", "/traffic/customer-service/move/"


@pytest.fixture
def workflow(northgate):
    return customer_service()


def text_of(response) -> str:
    return unescape(response.content.decode())


def said(client, address, **fields) -> str:
    return text_of(client.post(address, fields, follow=True))


def ready(workflow):
    release = begun(workflow, days=15)
    add_cases(workflow, release, 60, admitted=timedelta(days=3))
    add_cases(workflow, workflow.production, 60, arm="incumbent", admitted=timedelta(days=3))
    return release


def percent(workflow) -> int:
    share = slice_of(current_plan(workflow))
    return share.percent if share else 0


def test_without_a_workflow_the_page_says_what_comes_first(decision_owner, northgate):
    assert "No release takes traffic yet" in text_of(decision_owner.get("/traffic/"))
    assert "There is no charter yet" in text_of(decision_owner.get("/charter/"))


def test_the_split_is_told_in_words_as_well(auditor, workflow):
    begin_slice(workflow, 12)
    page = text_of(auditor.get("/traffic/"))
    assert f"{workflow.production.label}: incumbent, 88 %" in page
    assert ": slice, 12 %" in page
    assert "Rejected by reviewers" in page
    assert "no case yet, limit 6.0 %" in page


def test_the_evidence_is_on_the_page_and_the_owner_widens(decision_owner, workflow):
    ready(workflow)
    page = text_of(decision_owner.get("/traffic/"))
    assert "It beat the incumbent." in page
    assert "Widen to 25 %" in page
    assert "takes 25 %" in said(decision_owner, OWNERS, move="widen", to="25", reason="It kept its promise.")
    assert percent(workflow) == 25


def test_the_server_refuses_what_the_page_would_not_offer(decision_owner, workflow):
    begin_slice(workflow)
    assert "may not widen yet" in said(decision_owner, OWNERS, move="widen", to="25", reason="Please.")
    assert "look again" in said(decision_owner, OWNERS, move="widen", to="50", reason="Please.")
    assert percent(workflow) == 12


def test_only_the_owner_sends_more_and_readers_move_nothing(consultant, auditor, operator, workflow):
    ready(workflow)
    for client in (consultant, auditor, operator):
        assert client.post(OWNERS, {"move": "widen", "to": "25", "reason": "x"}).status_code == 403
    for client in (auditor, operator):
        assert client.post(STOP, {"move": "stop", "reason": "x"}).status_code == 403
        assert "Stop…" not in text_of(client.get("/traffic/"))
    assert consultant.post(SAFE, {"move": "widen", "to": "25", "reason": "x"}).status_code == 400


def test_a_candidate_begins_in_shadow_and_then_in_a_slice(consultant, decision_owner, workflow):
    release = candidate(workflow)
    assert "runs in shadow" in said(consultant, SAFE, move="shadow", release=release.pk, reason="To see.")
    assert "No finished case has been worked yet" in text_of(consultant.get("/traffic/"))
    assert "must pass the gate" in said(
        decision_owner, OWNERS, move="slice", release=release.pk, percent="5", cap="40", reason="Try."
    )
    warrant(release)
    said(decision_owner, OWNERS, move="slice", release=release.pk, percent="5", cap="40", reason="Try.")
    share = slice_of(current_plan(workflow))
    assert share is not None
    assert (share.percent, share.hourly_cap) == (5, 40)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"percent": "many"}, "is no number"),
        ({"percent": "50"}, "5-15 %"),
        ({"release": "none"}, "Choose a release"),
        ({"segment": "everyone"}, "is no segment"),
        ({"reason": " "}, "Say why"),
    ],
)
def test_what_was_typed_wrongly_is_said(decision_owner, workflow, fields, why):
    release = candidate(workflow)
    warrant(release)
    given = {"move": "slice", "release": release.pk, "percent": "5", "cap": "0", "reason": "Try."} | fields
    assert why in said(decision_owner, OWNERS, **given)
    assert percent(workflow) == 0


def test_narrowing_holding_and_ending(consultant, workflow):
    begin_slice(workflow)
    said(consultant, SAFE, move="hold", reason="Holidays.")
    said(consultant, SAFE, move="narrow", to="5", reason="Careful.")
    assert percent(workflow) == 5
    said(consultant, SAFE, move="narrow", to="0", reason="Enough.")
    page = text_of(consultant.get("/traffic/"))
    assert percent(workflow) == 0
    for words in ("Holidays.", "Careful.", "Enough."):
        assert words in page


def test_a_shadow_is_compared_by_case_type_with_n_and_interval(auditor, workflow):
    release = candidate(workflow)
    moves.run_shadow(actor=actor("consultant"), workflow=workflow, release=release, reason="To see.")
    for case_type, number in (("return", 30), ("invoice", 10)):
        for case in add_cases(workflow, workflow.production, number, arm="incumbent", case_type=case_type):
            ShadowRun.objects.create(
                case=case, release=release, case_type="return", decision=case.decision, route="automatic", rule="",
                grounded_share=1.0, results={}, microseconds=1,
            )  # fmt: skip
    page = text_of(auditor.get("/traffic/"))
    assert "40 finished cases compared" in page
    for words in ("75 % <small>60–86, n = 40", "100 % <small>89–100, n = 30", "0 % <small>0–28, n = 10"):
        assert words in page


def test_the_incumbent_is_on_the_page_and_the_owner_goes_back(decision_owner, consultant, workflow):
    before, release = workflow.production, candidate(workflow)
    assert "Go back to" not in text_of(decision_owner.get("/traffic/"))
    point_production(
        actor=actor("decision_owner"), workflow=workflow, release=release, reason="Better.", warrant=warrant(release)
    )
    add_cases(workflow, release, 50, arm="incumbent", outcome="rejected")
    watch_incumbents("t_northgate")
    page = text_of(decision_owner.get("/traffic/"))
    assert "Rejected by reviewers: 100.0 % in 50 cases" in page
    assert f"Go back to {before.label}…" in page
    assert "Go back to" not in text_of(consultant.get("/traffic/")).replace(f"Go back to {before.label}, or stop", "")
    given = {"move": "go_back", "release": before.pk, "reason": "Too many rejections."}
    assert consultant.post(OWNERS, given).status_code == 403
    assert "A warrant needs a reason" in said(decision_owner, OWNERS, **given | {"reason": " "})
    assert "takes all new cases again" in said(decision_owner, OWNERS, **given)
    assert standing(Workflow.objects.select_related("production").get(pk=workflow.pk)).incumbent == before
    assert "look again" in said(decision_owner, OWNERS, **given)


def test_whoever_is_responsible_for_the_shift_stops_and_does_not_restart(senior_reviewer, workflow):
    assert "Stop…" in text_of(senior_reviewer.get("/traffic/"))
    assert "wait for a person" in said(senior_reviewer, STOP, move="stop", reason="Wrong refunds, at night.")
    assert standing(workflow).stopped
    assert senior_reviewer.post(OWNERS, {"move": "restart", "reason": "x"}).status_code == 403


def test_the_red_stop_and_the_way_back(consultant, decision_owner, workflow):
    begin_slice(workflow)
    assert "wait for a person" in said(consultant, STOP, move="stop", reason="Wrong refunds.")
    assert standing(workflow).stopped
    page = text_of(consultant.get("/traffic/"))
    assert "Wrong refunds." in page
    assert "Restart" not in page
    assert "clears cases again" in said(decision_owner, OWNERS, move="restart", reason="Fixed.")


def test_a_breach_is_on_the_home_page_until_the_owner_has_seen_it(operator, decision_owner, workflow):
    add_cases(workflow, begin_slice(workflow), 50, outcome="rejected")
    watch_traffic("t_northgate")
    assert "gave its traffic back" in text_of(operator.get("/"))
    notice = Notice.objects.get()
    assert operator.post(f"/traffic/notices/{notice.pk}/seen/").status_code == 403
    assert "gave its traffic back" not in text_of(
        decision_owner.post(f"/traffic/notices/{notice.pk}/seen/", follow=True)
    )


def test_the_next_charter_is_drafted_by_one_and_signed_by_the_other(consultant, decision_owner, workflow):
    form = consultant.get("/charter/customer-service/draft/")
    given = {"note": "A stricter limit.", "limit:error": "0.01", "lane:invoice": "reserved"}
    charter = charters.in_force(workflow)
    assert charter is not None
    content = charters.content_of(charter)
    given |= {f"lane:{slug}": lane for slug, lane in content.lanes.items() if slug != "invoice"}
    given |= {"outcome": content.outcome, "kpi": content.kpi, "wrong": "0.02", "confidence": "0.95"}
    for who in ("decision_owner", "data_owner", "model_steward", "business_sponsor"):
        holder = getattr(content, who)
        given |= {f"{who}_name": holder.name, f"{who}_email": holder.email}
    assert form.status_code == 200
    assert "Version 2 waits" in said(consultant, "/charter/customer-service/draft/", **given)
    assert "not signed" in text_of(consultant.get("/charter/?version=2"))
    drafted = workflow.charters.get(version=2)
    assert consultant.post(f"/charter/{drafted.pk}/sign/").status_code == 403
    assert "in force" in text_of(decision_owner.post(f"/charter/{drafted.pk}/sign/", follow=True))
    signed = charters.in_force(workflow)
    assert signed is not None
    assert charters.content_of(signed).lanes["invoice"] == "reserved"


def test_a_charter_that_cannot_be_read_is_not_kept(consultant, workflow):
    answer = consultant.post(
        "/charter/customer-service/draft/", {"wrong": "two", "confidence": "0.95", "outcome": "Mine"}
    )
    assert answer.status_code == 400
    assert "Share that may be wrong in the automatic lane: write a number with a point" in text_of(answer)
    assert "Mine" in text_of(answer)


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("limit:error", "2 %", "Given up by the machine, limit: write a number with a point, as 0.05"),
        ("limit:latency", "-1", "Slower than the limit, in seconds, limit: write a number"),
        ("window:error", "400", "Given up by the machine, window: from 1 to 90 days"),
        ("lane:invoice", "free", "lanes invoice: choose one of those offered"),
    ],
)
def test_what_is_wrong_in_a_charter_is_said_in_words(consultant, workflow, field, typed, said):
    given = {"wrong": "0.02", "confidence": "0.95", "limit:error": "0.01", field: typed}
    answer = consultant.post("/charter/customer-service/draft/", given)
    assert answer.status_code == 400
    assert said in text_of(answer)


def test_a_byte_that_no_text_holds_breaks_neither_a_move_nor_a_charter(consultant, workflow):
    release = candidate(workflow)
    assert "runs in shadow" in said(consultant, SAFE, move="shadow", release=release.pk, reason="To\x00 see.")
    assert consultant.post(SAFE, {"move": "end", "release": "\x00", "reason": "x"}).status_code == 404
    given = {"outcome": "Sooner\x00.", "wrong": "0.02", "confidence": "0.95", "note": "Why\x00."}
    assert "Version 2 waits" in said(consultant, "/charter/customer-service/draft/", **given)


def test_an_unsigned_workflow_says_so(consultant, workflow):
    other = create_workflow(actor=SYSTEM, slug="returns", title="Returns", owner="dora@cast.example")
    assert "No owner, no traffic" in text_of(consultant.get("/charter/?workflow=returns"))
    charters.draft_charter(actor=actor("consultant"), workflow=other, content=charters.CharterContent())
    assert "It still needs" in text_of(consultant.get("/charter/?workflow=returns"))


def test_a_shadow_ends_when_somebody_says_so(consultant, workflow):
    release = candidate(workflow)
    moves.run_shadow(actor=actor("consultant"), workflow=workflow, release=release, reason="To see.")
    said(consultant, SAFE, move="end", release=release.pk, reason="Seen enough.")
    assert standing(workflow).shares == ()
