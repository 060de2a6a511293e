"""The dossier in a browser: proved in place, as it stood before, and found again through the log."""

from playwright.sync_api import expect

from apps.audit.indexing import index
from apps.audit.sequencer import sequence
from apps.reviews.services import reject
from tests.browser.conftest import PHONE, Open
from tests.browser.test_accessibility import barriers
from tests.cast import NORTHGATE, member
from tests.factories import waiting_case


def test_a_case_is_proved_in_place_seen_as_it_was_and_found_in_the_log(open_browser: Open) -> None:
    case = waiting_case()
    reject(actor=member("operator", NORTHGATE).actor, case_id=case.pk, revision=1, reason_code="tone")
    sequence()
    index()
    page = open_browser("auditor", size=PHONE)
    page.goto(f"/log/search/?case={case.number}")
    found = barriers(page)
    page.get_by_role("link", name=case.number).first.click()
    page.get_by_role("link", name="Prove them").click()
    expect(page.get_by_text("to the root of the tree")).to_be_visible()
    found += barriers(page)
    page.get_by_role("link", name="One entry back").click()
    expect(page.get_by_text("Nothing later is shown.")).to_be_visible()
    expect(page.get_by_role("heading", name="Rejected")).to_have_count(0)
    assert found + barriers(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
