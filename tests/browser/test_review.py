"""A reviewer's day, in a browser."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from apps.cases.models import Case
from apps.reviews.models import Disposition
from tests.browser.conftest import PHONE, Open
from tests.cast import PASSWORD, email_of
from tests.factories import waiting_case


def decision() -> Disposition:
    return Disposition.objects.get()


def at(page: Page, path: str) -> None:
    expect(page).to_have_url(re.compile(re.escape(path) + "$"))


def test_a_reviewer_signs_in_and_sees_what_waits(open_browser: Open) -> None:
    case = waiting_case()
    page = open_browser()
    page.goto("/review/")
    page.get_by_label("E-mail").fill(email_of("operator"))
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    at(page, "/review/")
    expect(page.get_by_text(case.number, exact=True)).to_be_visible()


def test_a_wrong_password_is_said_beside_the_form(open_browser: Open) -> None:
    page = open_browser()
    page.goto("/sign-in/")
    page.get_by_label("E-mail").fill(email_of("operator"))
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()


def test_filtering_changes_the_list_and_the_address_without_a_reload(open_browser: Open) -> None:
    waiting_case(title="About my tent")
    waiting_case(title="About my boots", rule="amount")
    page = open_browser("operator")
    page.goto("/review/")
    page.evaluate("window.untouched = true")
    page.get_by_label("Why here").select_option("amount")
    expect(page.get_by_text("About my tent")).to_have_count(0)
    expect(page.get_by_text("About my boots")).to_be_visible()
    expect(page).to_have_url(re.compile("reason=amount"))
    assert page.evaluate("window.untouched")


def test_typing_in_the_search_finds_while_one_types(open_browser: Open) -> None:
    waiting_case(title="About my tent")
    waiting_case(title="About my boots")
    page = open_browser("operator")
    page.goto("/review/")
    page.get_by_placeholder("Words, order or case number").press_sequentially("tent")
    expect(page.get_by_text("About my boots")).to_have_count(0)
    expect(page.get_by_text("About my tent")).to_be_visible()


def test_approving_leads_to_the_next_case_and_can_be_undone(open_browser: Open) -> None:
    first, second = waiting_case(waited=timedelta(days=1)), waiting_case()
    page = open_browser("operator")
    page.goto(f"/review/{first.number}/")
    page.get_by_role("button", name="Approve").click()
    at(page, f"/review/{second.number}/")
    page.get_by_role("button", name="Undo").click()
    at(page, f"/review/{first.number}/")
    expect(page.get_by_text("is with you again")).to_be_visible()
    assert decision().undone_at is not None


def test_the_chance_to_undo_goes_when_its_time_is_over(open_browser: Open) -> None:
    first = waiting_case()
    page = open_browser("operator")
    page.clock.install()
    page.goto(f"/review/{first.number}/")
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    page.clock.run_for(11_000)
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)


def test_editing_marks_what_has_no_source_and_sends_what_was_typed(open_browser: Open) -> None:
    case = waiting_case()
    page = open_browser("operator")
    page.goto(f"/review/{case.number}/")
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Sentence 4").fill("")
    page.get_by_role("radio", name="Tone or wording").check()
    page.get_by_role("button", name="Approve as edited").click()
    at(page, "/review/")
    assert decision().kind == "edit"
    assert len(decision().claims) == 5


def test_an_edit_without_a_reason_comes_back_with_every_word(open_browser: Open) -> None:
    case = waiting_case()
    page = open_browser("operator")
    page.goto(f"/review/{case.number}/?do=edit")
    page.get_by_label("Sentence 1").fill("Hello Dana,")
    page.get_by_role("button", name="Approve as edited").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose a reason")
    expect(page.get_by_label("Sentence 1")).to_have_value("Hello Dana,")


def test_rejecting_asks_for_a_reason_in_place(open_browser: Open) -> None:
    case = waiting_case()
    page = open_browser("operator")
    page.goto(f"/review/{case.number}/")
    page.locator("summary", has_text="Reject").click()
    page.get_by_label("A note, if it needs one").fill("Worn out.")
    page.get_by_role("button", name="Reject and close").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose a reason")
    expect(page.get_by_label("A note, if it needs one")).to_have_value("Worn out.")
    page.get_by_role("radio", name="Wrong decision").check()
    page.get_by_role("button", name="Reject and close").click()
    at(page, "/review/")
    assert decision().rationale == "Worn out."


def test_an_escalated_case_reaches_the_senior_with_the_rationale(open_browser: Open) -> None:
    case = waiting_case()
    page = open_browser("operator")
    page.goto(f"/review/{case.number}/")
    page.locator("summary", has_text="Escalate").click()
    page.get_by_label("What should they look at?").fill("Is five weeks still normal wear?")
    page.get_by_role("button", name="Escalate").click()
    at(page, "/review/")
    senior = open_browser("senior_reviewer")
    senior.goto(f"/review/{case.number}/")
    expect(senior.get_by_text("Is five weeks still normal wear?")).to_be_visible()
    expect(senior.get_by_role("button", name="Approve")).to_be_visible()


def test_a_whole_case_by_keyboard_alone(open_browser: Open) -> None:
    case, following = waiting_case(waited=timedelta(days=1)), waiting_case()
    page = open_browser("operator")
    page.goto("/review/")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    at(page, f"/review/{case.number}/")
    page.keyboard.press("c")
    expect(page.locator("#source-1")).to_be_in_viewport()
    page.keyboard.press("r")
    page.keyboard.press("5")
    expect(page.get_by_role("radio", name="Tone or wording")).to_be_checked()
    page.get_by_label("A note, if it needs one").focus()
    page.keyboard.type("are axe keys typed here, or obeyed?")
    page.keyboard.press("Control+Enter")
    at(page, f"/review/{following.number}/")
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    assert decision().rationale == "are axe keys typed here, or obeyed?"
    page.keyboard.press("u")
    at(page, f"/review/{case.number}/")
    page.keyboard.press("a")
    at(page, f"/review/{following.number}/")
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    assert Disposition.objects.get(undone_at=None).kind == "approve"


def test_keys_edit_and_send_what_was_edited(open_browser: Open) -> None:
    case = waiting_case()
    page = open_browser("operator")
    page.goto(f"/review/{case.number}/")
    page.keyboard.press("e")
    expect(page.get_by_label("Sentence 1")).to_be_focused()
    page.keyboard.type("Hello Dana. ")
    page.keyboard.press("Escape")
    page.keyboard.press("3")
    page.keyboard.press("Control+Enter")
    at(page, "/review/")
    assert decision().reason_code == "wrong_source"


def test_j_and_k_walk_through_the_queue_and_the_question_mark_shows_the_keys(open_browser: Open) -> None:
    first, second = waiting_case(waited=timedelta(days=1)), waiting_case()
    page = open_browser("operator")
    page.goto(f"/review/{first.number}/")
    page.keyboard.press("j")
    at(page, f"/review/{second.number}/")
    page.keyboard.press("k")
    at(page, f"/review/{first.number}/")
    page.keyboard.press("?")
    expect(page.get_by_text("choose the reason")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Search cases")).to_be_focused()


def test_everything_works_without_javascript(open_browser: Open) -> None:
    case = waiting_case()
    waiting_case(title="Another", rule="amount")
    page = open_browser("operator", script=False)
    page.goto("/review/")
    page.get_by_label("Why here").select_option("ungrounded")
    page.get_by_role("button", name="Filter", exact=True).click()
    expect(page.get_by_text("Another")).to_have_count(0)
    page.get_by_role("link", name=case.title).click()
    page.locator("summary", has_text="Reject").click()
    page.get_by_role("radio", name="Wrong decision").check()
    page.get_by_role("button", name="Reject and close").click()
    page.get_by_role("button", name="Undo").click()
    assert Case.objects.get(pk=case.pk).state == "review"


def test_a_case_is_decided_on_a_phone(open_browser: Open) -> None:
    case = waiting_case()
    page = open_browser("operator", size=PHONE)
    page.goto("/")
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("navigation", name="Main").get_by_role("link", name=re.compile(r"^Review \d")).click()
    page.get_by_role("link", name=case.title).click()
    expect(page.get_by_role("heading", level=1, name=case.title)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    page.get_by_role("button", name="Approve").click()
    at(page, "/review/")
    assert decision().kind == "approve"


def test_the_theme_is_chosen_and_remembered(open_browser: Open) -> None:
    page = open_browser("operator")
    page.goto("/")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_role("button", name="Your account").click()
    page.get_by_role("button", name="Dark").click()
    page.goto("/review/")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light


def test_signing_out_ends_the_session(open_browser: Open) -> None:
    page = open_browser("operator")
    page.goto("/")
    page.get_by_role("button", name="Your account").click()
    page.get_by_role("button", name="Sign out").click()
    page.goto("/review/")
    expect(page).to_have_url(re.compile("/sign-in/"))


@pytest.mark.parametrize(
    ("person", "told"),
    [
        ("operator", "Is it healthy?"),
        ("decision_owner", "Is it healthy?"),
        ("compliance_officer", "What changed this week"),
        ("tenant_admin", "Welcome"),
        ("auditor", "Is it healthy?"),
    ],
)
def test_home_says_something_to_every_role(open_browser: Open, person: str, told: str) -> None:
    waiting_case()
    page = open_browser(person)
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator("main")).to_contain_text(told)
