"""The case's page as a place to work: nothing to wait for, nothing to dig for, and every word kept."""

import re
from datetime import timedelta
from itertools import pairwise

import pytest
from playwright.sync_api import Page, expect

from apps.cases.models import Case
from apps.reviews.keymap import ACTIONS, choose_keys
from apps.reviews.models import Disposition
from apps.reviews.services import approve, escalate
from tests.browser.conftest import PHONE, Open
from tests.browser.test_accessibility import barriers
from tests.browser.test_review import at
from tests.cast import NORTHGATE, member
from tests.chromium import STOPWATCH
from tests.factories import PASSAGES, waiting_case

SHOWN = 50  # ms from the decision to the next case on screen, at most


def queue_of(number: int) -> list[Case]:
    return [waiting_case(waited=timedelta(hours=number - n)) for n in range(number)]


def opened(page: Page, case: Case) -> None:
    """The case is on screen, and what comes after it is there."""
    with page.expect_response(re.compile("/review/ahead/")) as answer:
        page.goto(f"/review/{case.number}/")
    answer.value.finished()


def shows(page: Page, case: Case) -> None:
    expect(page.locator("#stage")).to_have_attribute("data-number", case.number)


def test_the_next_case_is_on_screen_within_fifty_milliseconds_of_the_decision(open_browser: Open) -> None:
    cases = queue_of(8)
    page = open_browser("operator")
    opened(page, cases[0])
    page.evaluate(STOPWATCH)
    for done, following in pairwise(cases[:7]):
        with page.expect_response(re.compile("/review/ahead/")):
            page.keyboard.press("a")
            shows(page, following)
            at(page, f"/review/{following.number}/")
        expect(page.locator("#undo")).to_contain_text(f"Approved {done.number}")
    took = page.evaluate("window.took")
    assert len(took) == 6
    assert min(took) <= SHOWN, took  # whatever else the machine does only adds to it
    assert Disposition.objects.filter(kind="approve").count() == 6


def test_the_focus_is_on_the_next_case_and_the_title_names_it(open_browser: Open) -> None:
    first, second = queue_of(2)
    page = open_browser("operator")
    opened(page, first)
    page.keyboard.press("a")
    shows(page, second)
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    expect(page).to_have_title(re.compile(second.number))


def test_what_is_refused_comes_back_with_every_word_while_one_reads_the_next(open_browser: Open) -> None:
    first, second = queue_of(2)
    page = open_browser("operator")
    opened(page, first)
    page.locator("summary", has_text="Reject").click()
    page.get_by_role("radio", name="Tone or wording").check()
    page.get_by_label("A note").fill("Too stiff for a complaint.")
    Case.objects.filter(pk=first.pk).update(impact="high", escalated_to="compliance_officer")
    page.get_by_role("button", name="Reject and close").click()
    shows(page, second)
    expect(page.get_by_role("alert")).to_contain_text(f"Not done: {first.number}")
    page.get_by_role("button", name="Go back to it").click()
    shows(page, first)
    assert not Disposition.objects.exists()


def test_a_case_that_is_set_aside_is_shown_to_nobody_else_and_free_again_when_one_leaves(open_browser: Open) -> None:
    first, second = queue_of(2)
    page = open_browser("operator")
    opened(page, first)
    other = open_browser("senior_reviewer")
    other.goto(f"/review/{second.number}/")
    expect(other.get_by_text("It is open at Olga Brandt")).to_be_visible()
    expect(other.get_by_role("button", name="Approve")).to_have_count(0)
    page.goto("/review/")
    for _ in range(20):  # the browser says so as it leaves, and waits for no answer
        other.reload()
        if other.get_by_role("button", name="Approve").count():
            return
    pytest.fail("It is still set aside.")


def test_a_senior_takes_a_case_over_and_its_holder_is_told(open_browser: Open) -> None:
    case = waiting_case()
    page = open_browser("operator")
    page.clock.install()
    page.goto(f"/review/{case.number}/")
    senior = open_browser("senior_reviewer")
    senior.goto(f"/review/{case.number}/")
    senior.keyboard.press("t")
    expect(senior.get_by_role("button", name="Approve")).to_be_visible()
    page.clock.run_for(31_000)
    expect(page.get_by_role("alert")).to_contain_text("Samir Haddad")
    expect(page.get_by_role("button", name="Approve")).to_be_disabled()


def test_a_sentence_in_focus_marks_the_words_that_it_quotes(open_browser: Open) -> None:
    case = waiting_case()
    page = open_browser("operator")
    page.goto(f"/review/{case.number}/")
    for _ in range(3):
        page.keyboard.press("n")
    expect(page.locator("#claim-2")).to_be_focused()
    expect(page.locator("mark.on")).to_have_text("Items with a manufacturing defect are refunded in full.")
    expect(page.locator("#source-2")).to_be_in_viewport()
    page.keyboard.press("p")
    expect(page.locator("mark.on")).to_contain_text("As a Silver member")


def test_a_sentence_is_judged_while_one_types_and_finds_its_source(open_browser: Open) -> None:
    case = waiting_case()
    page = open_browser("operator")
    page.goto(f"/review/{case.number}/")
    page.keyboard.press("e")
    sentence = page.get_by_label("Sentence 3")
    verdict = page.locator("#verdict-2")
    sentence.fill("A voucher of 20 EUR is on its way.")
    expect(verdict).to_contain_text("20 is in no source")
    sentence.fill(PASSAGES[2].text)
    expect(verdict).to_contain_text("grounded")
    expect(sentence).to_be_focused()
    sentence.fill("")
    expect(verdict).to_contain_text("left out")
    page.keyboard.press("Escape")
    page.keyboard.press("3")
    page.keyboard.press("Control+Enter")
    at(page, "/review/")
    assert len(Disposition.objects.get().claims) == 5


def test_ones_own_keys_work_and_the_usual_one_does_not(open_browser: Open) -> None:
    keys = {action.slug: list(action.keys) for action in ACTIONS} | {"approve": ["b"]}
    choose_keys(actor=member("operator", NORTHGATE).actor, keys=keys)
    case = waiting_case()
    page = open_browser("operator")
    page.goto(f"/review/{case.number}/")
    expect(page.get_by_role("button", name="Approve").locator("kbd")).to_have_text("b")
    page.keyboard.press("a")
    at(page, f"/review/{case.number}/")
    page.keyboard.press("b")
    at(page, "/review/")
    assert Disposition.objects.get().kind == "approve"


def test_a_decision_is_taken_up_again_from_the_side(open_browser: Open, settings) -> None:
    settings.UNDO_SECONDS = 0
    done, case = queue_of(2)
    page = open_browser("operator")
    page.goto(f"/review/{done.number}/")
    page.keyboard.press("r")
    page.keyboard.press("5")
    page.keyboard.press("Control+Enter")
    shows(page, case)
    page.wait_for_load_state("networkidle")  # the next case is on screen before the server has the decision
    page.keyboard.press("l")
    page.get_by_role("button", name=f"Reopen {done.number}").click()
    at(page, f"/review/{done.number}/")
    expect(page.get_by_text("is open again, and with you")).to_be_visible()


def test_a_manager_approves_an_escalation_on_a_phone(open_browser: Open) -> None:
    case = waiting_case()
    escalate(
        actor=member("operator", NORTHGATE).actor, case_id=case.pk, revision=1, to="decision_owner",
        rationale="Is five weeks still normal wear?",
    )  # fmt: skip
    page = open_browser("decision_owner", size=PHONE)
    page.goto(f"/review/{case.number}/")
    expect(page.get_by_text("Is five weeks still normal wear?")).to_be_in_viewport()
    button = page.get_by_role("button", name="Approve")
    expect(button).to_be_in_viewport()
    box = button.bounding_box()
    assert box
    assert box["height"] >= 40
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    button.click()
    at(page, "/review/")
    assert Disposition.objects.filter(kind="approve").count() == 1


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_what_opens_beside_the_case_has_no_barrier(open_browser: Open, dark: bool) -> None:
    done, case = queue_of(2)
    approve(
        actor=member("operator", NORTHGATE).actor, case_id=done.pk, revision=1, edits={0: "Hello Dana,"},
        reason_code="tone",
    )  # fmt: skip
    page = open_browser("operator", dark=dark)
    found: list[str] = []
    for path in ("/review/keys/", "/review/decisions/", f"/review/{done.number}/"):
        page.goto(path)
        found += barriers(page)
    page.goto(f"/review/{case.number}/")
    page.keyboard.press("n")
    page.keyboard.press("l")
    expect(page.get_by_role("heading", name="Your last decisions")).to_be_visible()
    found += barriers(page)
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    found += barriers(page)
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    page.get_by_label("Sentence 1").fill("You get 20 EUR.")
    expect(page.locator("#verdict-0")).to_contain_text("must not state numbers")
    found += barriers(page)
    assert found == []
