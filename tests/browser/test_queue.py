"""The queue in a browser: many cases at once, filters that are kept, the next case, and no barrier on its pages."""

import re

from playwright.sync_api import expect

from apps.reviews import assignments
from apps.reviews.desk import Assignment, BulkAction
from apps.tenants.models import Membership
from tests.browser.conftest import SCREENS, Open
from tests.browser.test_accessibility import barriers
from tests.cast import NORTHGATE, member
from tests.factories import waiting_case


def test_ticked_cases_are_escalated_after_a_look_and_taken_back_as_one(open_browser: Open) -> None:
    cases = [waiting_case(), waiting_case(title="Another")]
    page = open_browser("senior_reviewer")
    page.goto("/review/")
    for case in cases:
        page.get_by_label(f"Choose {case.number}").check()
    page.get_by_role("button", name="Escalate…").click()
    page.get_by_label("Who should decide?").select_option("decision_owner")
    page.get_by_label("What should they look at?").fill("The same fault twice?")
    page.get_by_role("button", name="See what would happen").click()
    expect(page.get_by_text("2 of 2 can be done")).to_be_visible()
    assert not BulkAction.objects.exists()
    page.get_by_role("button", name="Escalate 2 of 2").click()
    expect(page.get_by_role("heading", name="Escalated: 2 cases")).to_be_visible()
    page.keyboard.press("u")
    expect(page.get_by_text("This has been taken back.")).to_be_visible()
    assert BulkAction.objects.get().undone_at


def test_a_filter_is_kept_under_a_name_and_found_again(open_browser: Open) -> None:
    waiting_case(title="About my tent", band="low")
    waiting_case(title="About my boots")
    page = open_browser("operator")
    page.goto("/review/?band=low")
    page.get_by_text("Keep this filter").click()
    page.get_by_label("Name", exact=True).fill("Unsure")
    page.get_by_role("button", name="Keep", exact=True).click()
    page.goto("/review/")
    page.get_by_role("link", name="Unsure").click()
    expect(page.get_by_text("About my tent")).to_be_visible()
    expect(page.get_by_text("About my boots")).to_have_count(0)


def test_the_next_one_is_handed_out_and_the_queue_shows_with_whom_it_is(open_browser: Open) -> None:
    case = waiting_case()
    page = open_browser("operator")
    page.goto("/review/")
    page.get_by_role("button", name="Take the next one").click()
    expect(page).to_have_url(re.compile(f"/review/{case.number}/$"))
    assert Assignment.objects.get().source == "next"
    senior = open_browser("senior_reviewer")
    senior.goto("/review/")
    expect(senior.get_by_text("with Olga Brandt")).to_be_visible()


@SCREENS
def test_its_pages_have_no_barrier(open_browser: Open, size: tuple[int, int], dark: bool) -> None:
    operator, senior = member("operator", NORTHGATE), member("senior_reviewer", NORTHGATE)
    given, case = waiting_case(urgency="high"), waiting_case(band="low")
    to = Membership.objects.select_related("user").get(user=operator.user)
    assignments.give(actor=senior.actor, case_id=given.pk, to=to)
    page = open_browser("senior_reviewer", size=size, dark=dark)
    found: list[str] = []

    def look() -> None:
        found.extend(barriers(page))
        if page.evaluate("document.documentElement.scrollWidth") > size[0]:
            found.append(f"{page.url} is wider than the screen")

    for path in ("/review/?band=low", "/review/?held=others", "/review/many/"):
        page.goto(path)
        look()
    page.goto("/review/")
    look()
    for each in (given, case):
        page.get_by_label(f"Choose {each.number}").check()
    page.get_by_role("button", name="Share out…").click()
    look()
    page.get_by_role("button", name=re.compile("Share out")).click()
    look()
    administrator = open_browser("tenant_admin", size=size, dark=dark)
    for path in ("/people/", f"/people/{to.pk}/review/"):
        administrator.goto(path)
        found.extend(barriers(administrator))
    assert found == []
