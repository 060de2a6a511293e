"""The board of Discovery: what each day brings, and the five artefacts as they are now."""

from datetime import date

from apps.engagements.engagements import start_engagement
from tests.cast import Member
from tests.factories import customer_service

MONDAY = date(2026, 11, 16)


def test_without_an_engagement_the_board_says_what_one_is(consultant: Member) -> None:
    page = consultant.get("/engagement/")
    assert b"No engagement yet" in page.content


def test_the_labelled_set_tells_that_nobody_has_begun_it(consultant: Member) -> None:
    start_engagement(actor=consultant.actor, workflow=customer_service(), discovery_on=MONDAY, answers={})
    page = consultant.get("/engagement/")
    assert "200 to 1,000 answered cases are wanted" in page.content.decode()
