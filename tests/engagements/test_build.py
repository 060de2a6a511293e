"""The board of Build: criteria that are met when the records say so, slippage, and changes that somebody decides on."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from apps.audit.models import Entry
from apps.cases.admission import admit
from apps.cases.models import Case
from apps.connectors.models import System
from apps.corpora.models import Snapshot
from apps.corpora.services import sign_off
from apps.engagements.build.acceptance import acceptance
from apps.engagements.build.changes import ChangeRefused, Wanted, ask_change, decide_change, seen, waiting_for
from apps.engagements.build.closing import give_up
from apps.engagements.build.criteria import STAGES, Criterion, labelled, steady
from apps.engagements.build.standings import Moved, Standing, stand
from apps.engagements.build.timeline import timeline
from apps.engagements.build_models import ChangeRequest
from apps.engagements.engagement_models import Engagement
from apps.engagements.engagements import EngagementRefused, begin_phase, start_engagement
from apps.engagements.scope_models import ScopeItem
from apps.engagements.statement import sow
from apps.engagements.statement.sow_content import Criterion as SowCriterion
from apps.engagements.statement.sow_content import Milestone
from apps.engagements.statement.sow_prefill import prefilled, texts
from apps.evaluations.run_models import EvaluationRun
from apps.reviews.calendars import CalendarContent, SpecialDay, today
from apps.reviews.dispositions import NOBODY
from apps.reviews.models import Disposition
from apps.tenants.actors import SYSTEM
from apps.workflows import moves
from apps.workflows.models import Notice, Workflow
from tests.cases.world import shop_system, submission, workflow
from tests.cast import PASSWORD, Member, email_of
from tests.charters import sign, warrant
from tests.engagements.test_sow import WHOLE
from tests.evaluations.small_set import release_with, small_set

__all__ = ["shop_system", "workflow"]

CHANGE = Wanted("Voucher requests as well", "They are a tenth of the messages.", 4_000, 5)


@pytest.fixture
def engagement(workflow: Workflow, consultant: Member) -> Engagement:
    made = start_engagement(
        actor=consultant.actor, workflow=workflow, discovery_on=today() - timedelta(weeks=3), answers={}
    )
    day = today() - timedelta(weeks=1)
    return begin_phase(actor=consultant.actor, engagement=made, phase="build", on=day, reason="Committed.")


def criteria(engagement: Engagement) -> dict[str, Criterion]:
    return {each.title: each for stage in stand(engagement) for each in stage.criteria}


def test_criteria_are_met_by_records_and_say_since_when(engagement: Engagement) -> None:
    found = criteria(engagement)
    assert found["Intake is live"].met
    assert found["Intake is live"].since
    assert found["The charter is signed"].met
    assert not found["A slice of 5 to 15 %"].met
    assert found["People approve drafts"].figure == "0 decisions, 50 wanted"


def test_what_a_rule_did_or_somebody_took_back_is_nobodys_approval(engagement: Engagement, operator: Member) -> None:
    admit(actor=SYSTEM, workflow=engagement.workflow, submission=submission(), region="EU")
    case = Case.objects.get()
    told = {"case": case, "revision": 1, "kind": "approve", "reviewer_name": "", "role": "operator"}
    Disposition.objects.create(**told, turn=1, reviewer_id=NOBODY)
    Disposition.objects.create(**told, turn=2, reviewer_id=operator.actor.id, undone_at=timezone.now())
    assert criteria(engagement)["People approve drafts"].figure == "0 decisions, 50 wanted"
    Disposition.objects.create(**told, turn=3, reviewer_id=operator.actor.id)
    assert criteria(engagement)["People approve drafts"].figure == "1 decisions, 50 wanted, by 1 person"


def test_retrieval_is_of_the_snapshot_that_the_release_pins(engagement: Engagement) -> None:
    found = criteria(engagement)["Retrieval is live on a signed corpus"]
    assert not found.met
    assert found.figure.endswith("not signed off")
    pinned = Snapshot.objects.get()
    sign_off(actor=SYSTEM, snapshot=pinned)
    found = criteria(engagement)["Retrieval is live on a signed corpus"]
    assert found.met
    assert found.figure.startswith(f"snapshot {pinned.version}: ")
    assert found.since == Snapshot.objects.get().signed_off_at


def test_a_promise_that_nothing_bears_out_does_not_hold(engagement: Engagement) -> None:
    found = criteria(engagement)["The calibration promise holds"]
    assert not found.met
    assert "no classifier of case types" in found.figure


def test_stop_conditions_stay_armed_since_their_first_signature(engagement: Engagement) -> None:
    before = criteria(engagement)["Stop conditions are armed"].since
    sign(engagement.workflow, engagement.workflow.production, outcome="Said in other words.")
    assert before
    assert criteria(engagement)["Stop conditions are armed"].since == before


def test_a_slice_within_the_range_meets_its_criterion(engagement: Engagement, decision_owner: Member) -> None:
    release = release_with(engagement.workflow, intake={"high": "0.970000"})
    warrant(release)
    moves.begin_slice(
        actor=decision_owner.actor, workflow=engagement.workflow, release=release, percent=8, reason="Thin."
    )
    assert criteria(engagement)["A slice of 5 to 15 %"].figure.startswith("8 % on")


def test_a_criterion_is_met_since_the_first_record_that_showed_it(
    engagement: Engagement, monkeypatch: pytest.MonkeyPatch
) -> None:
    workflow, now = engagement.workflow, timezone.now()
    assert workflow.production
    monkeypatch.setattr("apps.engagements.build.criteria.LABELS", 6)
    for cases, days in ((2, 60), (3, 20)):  # signed twice: the second version takes nothing back
        monkeypatch.setattr(timezone, "now", lambda days=days: now - timedelta(days=days))
        small_set(workflow, cases)
    monkeypatch.setattr(timezone, "now", lambda: now)
    assert labelled(workflow).since == now - timedelta(days=60)
    monkeypatch.setattr("apps.engagements.build.criteria._first", lambda _: now - timedelta(days=50))
    for days, since in ((20, now - timedelta(days=36)), (5, None)):
        monkeypatch.setattr(timezone, "now", lambda days=days: now - timedelta(days=days))
        Notice.objects.create(workflow=workflow, kind="breach", text="Too many.", release=workflow.production)
        monkeypatch.setattr(timezone, "now", lambda: now)
        assert steady(workflow).since == since


def standing(*changes: Moved, met: datetime | None = None, off: tuple[date, ...] = ()) -> Standing:
    """Due on Friday 20 November; the tenant is in Auckland."""
    content = CalendarContent(zone="Pacific/Auckland", special=tuple(SpecialDay(day=day) for day in off))
    told = Criterion("Told", met=met is not None, figure="", address="/", since=met)
    return Standing(STAGES[0], (told,), 1, 2, date(2026, 11, 20), content.hours(), changes)


def test_a_stage_is_late_in_working_days_where_the_tenant_is() -> None:
    monday = datetime(2026, 11, 23, 20, tzinfo=UTC)  # Tuesday there
    assert standing(met=monday).late(date(2026, 12, 24)) == 2
    assert standing(met=monday, off=(date(2026, 11, 23),)).late(date(2026, 12, 24)) == 1
    assert [standing().late(date(2026, 11, day)) for day in (10, 20, 22, 27)] == [0, 0, 0, 5]


def test_an_accepted_change_moves_what_was_not_met_by_then() -> None:
    later, before, after = (date(2026, 11, 19), 3), date(2026, 11, 18), date(2026, 11, 24)
    assert standing(later).due == date(2026, 11, 25)
    assert standing(later).late(date(2026, 11, 26)) == 1
    met = [datetime(day.year, day.month, day.day, 1, tzinfo=UTC) for day in (before, after)]
    assert [standing(later, met=each).moved for each in met] == [0, 3]
    assert standing((date(2026, 11, 10), -5)).due == date(2026, 11, 13)
    drawn = timeline([standing(later, met=met[1]), standing()], date(2026, 11, 9), date(2026, 11, 25))
    assert [bar.met_x is None for bar in drawn.bars] == [False, True]
    assert drawn.bars[0].width > drawn.bars[1].width
    assert drawn.today


def test_what_differs_from_the_agreed_statement_is_seen(
    engagement: Engagement, consultant: Member, decision_owner: Member
) -> None:
    small_set(engagement.workflow, 20)
    assert seen(engagement) == []
    plan = (
        Milestone(begin=7, end=9, title="Thin Slice", exit="Thin."),
        Milestone(begin=9, end=9, title="Go", exit="!"),
    )
    changed = {**WHOLE, "included": ("Fax", "All of: REFUND"), "volume": 9_000, "milestones": plan}
    content = prefilled(engagement, "Northgate").model_copy(update=changed)
    version = sow.write_version(actor=consultant.actor, engagement=engagement, content=content, note="First.", base=0)
    sow.offer(actor=consultant.actor, version=version)
    sow.accept(actor=decision_owner.actor, version=version, password=PASSWORD, email=email_of("decision_owner"))
    said = " ".join(seen(engagement))
    assert "“Fax” is in scope, and no case type" in said
    assert "REFUND” is in scope" not in said
    assert "Milestone “Go” has no exit criteria here" in said
    assert [(each.begin, each.end) for each in stand(engagement)][2:] == [(7, 9), (7, 10)]
    assert "agreed on were 9,000" in said
    System.objects.filter(slug="shop").update(title="Till")  # a part of a word names nothing: “until” is said
    assert "Till is connected" in " ".join(seen(engagement))
    assert "Case type “Return” is in the taxonomy" in " ".join(seen(engagement))
    wanted = Wanted("Return of shoes", "They are asked for too.", 0, 0)
    change = ask_change(actor=consultant.actor, engagement=engagement, wanted=wanted)
    decide_change(actor=decision_owner.actor, change=change, accept=True, reason="Yes.")
    assert "“Return”" not in " ".join(seen(engagement))
    ScopeItem.objects.create(engagement=engagement, system="Till", operations="refund")
    assert "is connected" not in " ".join(seen(engagement))


def test_acceptance_is_read_from_the_holdout_that_the_client_signed(
    engagement: Engagement, consultant: Member, decision_owner: Member
) -> None:
    assert acceptance(engagement) is None
    labelled_set = small_set(engagement.workflow, 20)
    agreed = [(each.measure, each.least, 12) for each in texts().acceptance]
    agreed += [("Case type as labelled", "at least 99,5 %", 12), ("Case type as labelled", "at least 50 %", 500)]
    agreed += [("Happy customers", "most", 12)]
    criteria = tuple(SowCriterion(measure=name, least=least, cases=n) for name, least, n in agreed)
    content = prefilled(engagement, "Northgate").model_copy(update={**WHOLE, "acceptance": criteria})
    version = sow.write_version(actor=consultant.actor, engagement=engagement, content=content, note="First.", base=0)
    sow.offer(actor=consultant.actor, version=version)
    sow.accept(actor=decision_owner.actor, version=version, password=PASSWORD, email=email_of("decision_owner"))
    before = acceptance(engagement)
    assert before
    assert "has not been measured" in before.says
    share = {"value": 0.9, "low": 0.82, "high": 0.95, "n": 12}
    figures = {"type_accuracy": share, "grounded": {**share, "n": 30}}
    assert engagement.workflow.production
    figures["wrong_of_automatic"] = {"value": 0.0, "low": 0.0, "high": 0.06, "n": 12}
    EvaluationRun.objects.create(
        release=engagement.workflow.production, labelled_set=labelled_set, split="holdout", state="done", total=12,
        report={"figures": figures},
    )  # fmt: skip
    found = acceptance(engagement)
    assert found
    assert [(each.state, each.says) for each in found.rows][:3] == [
        ("open", "100.0 % (94.0-100.0, n = 12)"),
        ("reached", "90.0 % (82.0-95.0, n = 12)"),
        ("not reached", "3 of 30 drafted statements"),
    ]
    assert [each.state for each in found.rows][3:] == ["not reached", "open", "by hand"]
    assert "Happy customers" in consultant.get("/engagement/build/").content.decode()


def test_a_change_is_decided_by_the_owner_once_and_with_a_reason(
    engagement: Engagement, consultant: Member, decision_owner: Member
) -> None:
    change = ask_change(actor=consultant.actor, engagement=engagement, wanted=CHANGE)
    for who, reason in ((consultant, "Mine."), (decision_owner, " ")):
        with pytest.raises(ChangeRefused):
            decide_change(actor=who.actor, change=change, accept=True, reason=reason)
    decide_change(actor=decision_owner.actor, change=change, accept=True, reason="Worth it.")
    with pytest.raises(ChangeRefused, match="decided on it already"):
        decide_change(actor=decision_owner.actor, change=change, accept=False, reason="No.")


def test_what_the_owner_asks_for_another_decides_and_whoever_asked_may_take_it_back(
    engagement: Engagement, consultant: Member, decision_owner: Member, operator: Member
) -> None:
    asked = [ask_change(actor=decision_owner.actor, engagement=engagement, wanted=CHANGE) for _ in range(2)]
    for who in (decision_owner, operator):
        with pytest.raises(ChangeRefused):
            decide_change(actor=who.actor, change=asked[0], accept=True, reason="Mine.")
    assert [waiting_for(who.actor) for who in (consultant, decision_owner, operator)] == [2, 0, 0]
    assert decide_change(actor=consultant.actor, change=asked[0], accept=True, reason="Agreed.").state == "accepted"
    taken = decide_change(actor=decision_owner.actor, change=asked[1], accept=False, reason="Not needed.")
    assert (taken.state, taken.decided_name) == ("declined", decision_owner.user.name)
    with pytest.raises(ChangeRefused, match="250 working days"):
        ask_change(actor=consultant.actor, engagement=engagement, wanted=Wanted("All", "New", 0, 251))


def test_the_decision_owner_takes_the_workflow_into_run(
    engagement: Engagement, consultant: Member, decision_owner: Member
) -> None:
    form = {"run_on": str(today()), "why_closed": "Agreed in the steering group."}
    assert consultant.post("/engagement/build/close/", form).status_code == 403
    early = decision_owner.post("/engagement/build/close/", {**form, "run_on": "2020-01-01"})
    assert (early.status_code, "Agreed in the steering group." in early.content.decode()) == (400, True)
    assert decision_owner.post("/engagement/build/close/", form).status_code == 302
    engagement.refresh_from_db()
    assert (engagement.phase, engagement.run_on) == ("run", today())
    assert Entry.objects.filter(action="build.closed").count() == 1
    assert "How Build ends" not in decision_owner.get("/engagement/build/").content.decode()


def test_what_is_given_up_in_build_has_ended(engagement: Engagement, decision_owner: Member) -> None:
    form = {"do": "give_up", "run_on": ""}
    assert decision_owner.post("/engagement/build/close/", {**form, "why_closed": " "}).status_code == 400
    decision_owner.post("/engagement/build/close/", {**form, "why_closed": "The system of record goes away."})
    engagement.refresh_from_db()
    assert (engagement.phase, engagement.ended_on, engagement.run_on) == ("ended", today(), None)
    with pytest.raises(EngagementRefused):
        give_up(actor=decision_owner.actor, engagement=engagement, reason="Again.")


def test_the_page_shows_stages_and_keeps_what_was_typed_when_it_refuses(
    engagement: Engagement, consultant: Member, decision_owner: Member
) -> None:
    refused = consultant.post("/engagement/build/changes/", {"title": "More", "why": "So", "price": "a lot"})
    assert refused.status_code == 400
    assert 'value="a lot"' in refused.content.decode()
    assert consultant.post("/engagement/build/changes/", {"title": "M", "why": "S", "price": "1,5"}).status_code == 400
    consultant.post("/engagement/build/changes/", {"title": "More", "why": "So", "price": "−1,000", "days": "2"})
    change = ChangeRequest.objects.get()
    assert change.price == -1000
    address = f"/engagement/build/changes/{change.pk}/"
    unsaid = decision_owner.post(address, {"reason": "By the Enter key."})
    assert (unsaid.status_code, 'value="By the Enter key."' in unsaid.content.decode()) == (400, True)
    decision_owner.post(address, {"do": "accept", "reason": "Yes."})
    page = decision_owner.get("/engagement/build/").content.decode()
    assert "“More” is accepted." in page
    assert "Weeks 5–6: Thin slice" in page
    assert "accepted so far: USD -1,000" in page
