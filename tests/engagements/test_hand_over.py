"""Whether the client can take over, and who is told of an overdue ritual."""

from datetime import UTC, date, datetime
from functools import partial

import pytest
from django.utils import timezone

from apps.audit.models import Entry
from apps.engagements.cadence.calendar_of_run import waiting
from apps.engagements.cadence.hand_over import StatementRefused, hand_over, state
from apps.engagements.cadence.overdue import tell_of_overdue
from apps.engagements.cadence_models import HandOverStatement
from apps.engagements.engagement_models import Engagement
from apps.engagements.engagements import begin_phase, start_engagement
from apps.reviews.terms import Notification
from apps.tenants.models import Membership
from tests.cast import NORTHGATE, PASSWORD, Member
from tests.factories import customer_service

SAID = "Restored on 12 November by Tilda Moreau in eleven minutes; the log verified."


@pytest.fixture(autouse=True)
def _wednesday_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 11, 18, 12, tzinfo=UTC))


@pytest.fixture
def engagement(consultant: Member) -> Engagement:
    made = start_engagement(
        actor=consultant.actor, workflow=customer_service(), discovery_on=date(2026, 6, 1), answers={}
    )
    for phase, on in (("build", date(2026, 6, 15)), ("run", date(2026, 11, 16))):
        made = begin_phase(actor=consultant.actor, engagement=made, phase=phase, on=on, reason="Agreed.")
    return made


def state_of(engagement: Engagement, item: str) -> tuple[str, str]:
    found = next(each for each in hand_over(engagement).answers if each.item.slug == item)
    return found.finding.state, found.finding.says


def test_records_answer_what_they_can(engagement: Engagement) -> None:
    assert state_of(engagement, "roles") == (
        "good",
        "5 of 5 roles are held by the client’s own people, n = 6.",
    )
    assert state_of(engagement, "cadence")[0] == "missing"
    assert not hand_over(engagement).ready


def test_a_consultant_fills_no_role_of_the_client(engagement: Engagement) -> None:
    Membership.objects.filter(tenant_id=NORTHGATE, role="operator").update(active=False)
    found = next(each for each in hand_over(engagement).answers if each.item.slug == "roles")
    assert (found.good, found.finding.todo) == (False, "Nobody of the client is operator.")


def test_what_no_record_shows_is_signed_for_by_a_named_person(engagement: Engagement, decision_owner: Member) -> None:
    form = {"says": SAID, "holds": "yes", "email": decision_owner.user.email}
    wrong = decision_owner.post("/engagement/hand-over/restore/", {**form, "password": "wrong"})
    assert (wrong.status_code, HandOverStatement.objects.count()) == (400, 0)
    assert SAID in wrong.content.decode()
    decision_owner.post("/engagement/hand-over/restore/", {**form, "password": PASSWORD})
    assert state_of(engagement, "restore")[0] == "good"
    page = decision_owner.get("/engagement/hand-over/").content.decode()
    assert decision_owner.user.name in page
    assert "Not yet." in page
    assert Entry.objects.filter(action="hand_over.stated").count() == 1


def test_a_later_statement_takes_an_earlier_one_back(engagement: Engagement, decision_owner: Member) -> None:
    sign = partial(state, actor=decision_owner.actor, engagement=engagement, item="restore", password=PASSWORD)
    sign(holds=True, says=SAID)
    sign(holds=False, says="The place has changed since, and nobody has tried the new one.")
    assert state_of(engagement, "restore") == ("missing", "Stated: not yet.")


def test_no_statement_makes_true_what_records_show(engagement: Engagement, decision_owner: Member) -> None:
    sign = partial(state, actor=decision_owner.actor, engagement=engagement, password=PASSWORD, holds=True)
    with pytest.raises(StatementRefused, match="read from the records"):
        sign(item="cadence", says=SAID)
    with pytest.raises(StatementRefused, match="a sentence or two"):
        sign(item="restore", says="Done.")


def test_the_owner_hands_over_and_the_cadence_goes_on(
    engagement: Engagement, consultant: Member, decision_owner: Member
) -> None:
    assert consultant.post("/engagement/hand-over/end/", {"reason": "Done."}).status_code == 403
    assert decision_owner.post("/engagement/hand-over/end/", {"reason": " "}).status_code == 400
    page = decision_owner.post("/engagement/hand-over/end/", {"reason": "The quarter is over."}, follow=True)
    assert "Handed over on 18 Nov 2026." in page.content.decode()
    engagement.refresh_from_db()
    assert (engagement.phase, str(engagement.ended_on)) == ("ended", "2026-11-18")
    assert [each.state for each in waiting(engagement)] == ["overdue", "due"]
    assert decision_owner.post("/engagement/hand-over/end/", {"reason": "Again."}).status_code == 400
    assert '"missing":["' in Entry.objects.get(action="engagement.handed_over").bytes.decode()


def test_whoever_holds_rituals_is_told_once_of_one_that_is_overdue(
    engagement: Engagement, decision_owner: Member
) -> None:
    assert tell_of_overdue() == 1  # of Monday; that of Wednesday is due today
    assert tell_of_overdue() == 0
    told = Notification.objects.filter(kind="ritual")
    assert told.count() == 2
    assert told.first().link == "/engagement/cadence/metrics/2026-11-16/"
    assert "overdue" in decision_owner.get("/").content.decode()
