"""The tenth day: what the evidence recommends by its rules, and what the decision owner signs."""

from dataclasses import replace
from datetime import date

import pytest
from django.db import ProgrammingError, transaction

from apps.compliance.signatures import SignatureRefused, verified
from apps.engagements.board_models import DayTen
from apps.engagements.discovery.day_ten import Decided, DecisionRefused, sign_day_ten
from apps.engagements.discovery.day_ten_evidence import ArtefactState, BaselineLine, Evidence, Fit, Ready, gather
from apps.engagements.discovery.day_ten_rules import recommend
from apps.engagements.engagement_models import Engagement
from apps.engagements.engagements import begin_phase, start_engagement
from apps.insights.baselines import Measured, record_baseline
from tests.cast import PASSWORD, Member
from tests.factories import customer_service

MONDAY = date(2026, 11, 16)
BUILD = date(2026, 11, 30)
ROI = {"volume": "6200", "minutes": "7.4", "unit_cost": "5.3", "routine": "65", "complexity": "typical",
       "geography": "eu", "industry": "retail", "error_rate": "6.2", "error_cost": "18"}  # fmt: skip
FIT = Fit(
    verdict="yes", against=(), doubts=(), payback="8 months", npv_usd=1, npv_p10_usd=0, npv_p90_usd=2, rests_on=()
)
WHOLE = Evidence(
    workflow="Customer service", day=10, answered=400, lacking=(), fit=FIT, blocked=(),
    artefacts=(ArtefactState(title="Workflow map", state="ready", sentence="Agreed."),),
    baselines=(BaselineLine(title="Handling time", value="7.4", interval="", n=420, source="Tickets"),),
    readiness=Ready(on="20 Nov 2026", high_gaps=0, gaps=2, unanswered=0),
)  # fmt: skip


@pytest.fixture
def engagement(consultant: Member) -> Engagement:
    return start_engagement(
        actor=consultant.actor, workflow=customer_service(), discovery_on=MONDAY, answers={"roi": ROI}
    )


@pytest.fixture
def decided(engagement: Engagement) -> Decided:
    """As the evidence recommends: nothing is there yet."""
    return Decided("walk_away", "", "", None, gather(engagement).sha256)


def test_when_nothing_is_missing_it_recommends_to_commit() -> None:
    assert recommend(WHOLE).decision == "commit"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"artefacts": (ArtefactState(title="Workflow map", state="begun", sentence=""),)}, "Workflow map: in work."),
        ({"lacking": ("Cycle time",)}, "No baseline: cycle time."),
        ({"blocked": ("Test account",)}, "Blocked: Test account."),
        ({"fit": FIT.model_copy(update={"verdict": "careful", "doubts": ("Few cases.",)})}, "Few cases."),
        ({"fit": None}, "The return was not worked out: answer the public calculator, and add its answers."),
        ({"readiness": None}, "Readiness was not assessed."),
        ({"readiness": Ready(on="", high_gaps=1, gaps=1, unanswered=0)}, "Readiness leaves 1 gap of the highest risk."),
    ],
)
def test_what_is_open_becomes_a_condition(change: dict[str, object], said: str) -> None:
    found = recommend(WHOLE.model_copy(update=change))
    assert found.decision == "conditions"
    assert found.open == (said,)


@pytest.mark.parametrize(
    "change",
    [
        {"fit": FIT.model_copy(update={"verdict": "no", "against": ("The outlay is not back within 36 months.",)})},
        {"answered": 199},
        {"baselines": ()},
    ],
)
def test_what_nothing_can_be_built_on_is_a_reason_to_walk_away(change: dict[str, object]) -> None:
    found = recommend(WHOLE.model_copy(update=change))
    assert found.decision == "walk_away"
    assert len(found.against) == 1


def test_what_was_measured_takes_the_place_of_what_was_answered(consultant: Member, engagement: Engagement) -> None:
    def fit() -> Fit:
        found = gather(engagement).fit
        assert found is not None
        return found

    before = fit()
    record_baseline(
        actor=consultant.actor,
        workflow=engagement.workflow,
        measured=Measured("cost_per_case", 0.2, 6150, date(2026, 10, 1), date(2026, 10, 31), "Finance"),
    )
    after = fit()
    assert (before.verdict, after.verdict) == ("yes", "no")
    assert "Cost of a case: measured, n = 6,150" in after.rests_on


def test_a_return_is_not_worked_out_of_a_volume_that_nobody_stated(consultant: Member, engagement: Engagement) -> None:
    engagement.answers, engagement.workflow.monthly_volume = {"roi": {"minutes": "7.4"}}, 0
    assert gather(engagement).fit is None


def test_what_was_neither_measured_nor_answered_is_named_as_the_example(engagement: Engagement) -> None:
    engagement.answers = {"roi": {"minutes": "7.4", "volume": "6200"}}
    fit = gather(engagement).fit
    assert fit is not None
    assert "Handling time: not measured, as answered" in fit.rests_on
    assert "Cost of a case: neither measured nor answered, the calculator’s example" in fit.rests_on
    assert "where nothing was, the calculator’s example" in fit.rests_on[-1]


@pytest.mark.parametrize(("day", "said"), [(MONDAY, "after Discovery"), (date.max, "within two years")])
def test_build_begins_after_discovery_and_not_in_another_age(
    decision_owner: Member, engagement: Engagement, decided: Decided, day: date, said: str
) -> None:
    late = replace(decided, decision="commit", reason="Because.", build_on=day)
    with pytest.raises(DecisionRefused, match=said):
        sign_day_ten(actor=decision_owner.actor, engagement=engagement, decided=late, password=PASSWORD)


def test_the_owner_signs_and_the_engagement_ends(
    decision_owner: Member, engagement: Engagement, decided: Decided
) -> None:
    assert " checked" not in decision_owner.get("/engagement/day-10/").content.decode()  # nobody ends it by default
    unsaid = decision_owner.post("/engagement/day-10/sign/", {"conditions": "Only with 200 labels", "decision": ""})
    assert "Choose: commit" in unsaid.content.decode()
    assert "Only with 200 labels" in unsaid.content.decode()
    made = sign_day_ten(actor=decision_owner.actor, engagement=engagement, decided=decided, password=PASSWORD)
    assert verified(made.signature)
    engagement.refresh_from_db()
    assert engagement.phase == "ended"
    said = {
        "/": "The engagement ended on",
        "/engagement/build/": "Build did not begin",
        "/engagement/cadence/": "before Run",
    }
    for address, words in said.items():
        assert words in decision_owner.get(address).content.decode()
    with transaction.atomic(), pytest.raises(ProgrammingError, match="permission denied"):
        DayTen.objects.filter(pk=made.pk).update(decision="commit")


def test_a_commitment_begins_build_on_its_day(decision_owner: Member, engagement: Engagement, decided: Decided) -> None:
    against = replace(decided, decision="commit", build_on=BUILD)
    with pytest.raises(DecisionRefused, match="Say why you decide otherwise"):
        sign_day_ten(actor=decision_owner.actor, engagement=engagement, decided=against, password=PASSWORD)
    against = replace(against, reason="Labels come from the archive by Friday.")
    sign_day_ten(actor=decision_owner.actor, engagement=engagement, decided=against, password=PASSWORD)
    engagement.refresh_from_db()
    assert (engagement.phase, engagement.build_on) == ("build", BUILD)


def test_nobody_else_signs_and_nobody_without_their_password(
    consultant: Member, decision_owner: Member, engagement: Engagement, decided: Decided
) -> None:
    with pytest.raises(DecisionRefused, match="Only a decision owner"):
        sign_day_ten(actor=consultant.actor, engagement=engagement, decided=decided, password=PASSWORD)
    with pytest.raises(SignatureRefused):
        sign_day_ten(actor=decision_owner.actor, engagement=engagement, decided=decided, password="wrong")
    assert not DayTen.objects.exists()


def test_evidence_that_changed_since_it_was_read_is_not_signed(
    decision_owner: Member, engagement: Engagement, decided: Decided
) -> None:
    with pytest.raises(DecisionRefused, match="has changed since"):
        sign_day_ten(
            actor=decision_owner.actor, engagement=engagement, decided=replace(decided, sha256="0" * 64),
            password=PASSWORD,
        )  # fmt: skip


def test_once_build_has_begun_walking_away_is_no_choice(
    decision_owner: Member, engagement: Engagement, decided: Decided
) -> None:
    begin_phase(actor=decision_owner.actor, engagement=engagement, phase="build", on=BUILD, reason="Committed.")
    engagement.refresh_from_db()
    with pytest.raises(DecisionRefused, match="Build has begun"):
        sign_day_ten(actor=decision_owner.actor, engagement=engagement, decided=decided, password=PASSWORD)


def test_the_page_signs_and_then_shows_what_was_signed(decision_owner: Member, engagement: Engagement) -> None:
    page = decision_owner.get("/engagement/day-10/")
    assert "Recommendation: walk away" in page.content.decode()
    form = {"decision": "conditions", "conditions": "200 labels by 4 December", "reason": "It opens on Friday.",
            "build_on": "2026-11-30", "sha256": page.context["evidence"].sha256,
            "email": decision_owner.user.email, "password": "wrong"}  # fmt: skip
    refused = decision_owner.post("/engagement/day-10/sign/", form)
    assert refused.status_code == 400
    assert "It opens on Friday." in refused.content.decode()
    decision_owner.post("/engagement/day-10/sign/", {**form, "password": PASSWORD})
    shown = decision_owner.get("/engagement/day-10/").content.decode()
    assert "signature verified" in shown
    assert "200 labels by 4 December" in shown
    assert "Sign the decision" not in shown


def test_who_may_not_promote_reads_only(consultant: Member, engagement: Engagement) -> None:
    assert "Sign the decision" not in consultant.get("/engagement/day-10/").content.decode()
    assert consultant.post("/engagement/day-10/sign/", {}).status_code == 403
