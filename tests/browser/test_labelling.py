"""Labelling at the keyboard: answers by key, the next case at once, and nothing lost without a connection."""

import re

import pytest
from playwright.sync_api import Page, expect

from apps.evaluations.drafts import add_real_cases, start_draft
from apps.evaluations.labelling import save_label
from apps.evaluations.labels import Answers, Urgency
from apps.evaluations.models import Label, LabelledSet
from apps.tenants.actors import SYSTEM, Actor
from tests.browser.conftest import SCREENS, Open
from tests.browser.test_accessibility import barriers
from tests.factories import waiting_case


@pytest.fixture
def draft(site: str) -> LabelledSet:
    cases = [waiting_case(title=f"Letter number {number}") for number in (1, 2)]
    draft = start_draft(actor=SYSTEM, workflow=cases[0].workflow, name="Mail of the autumn")
    add_real_cases(actor=SYSTEM, draft=draft, case_ids=[case.pk for case in cases])
    return draft


def answer(page: Page) -> None:
    for key in ("1", "x", "s"):
        page.keyboard.press(key)
    page.get_by_label("Decision").select_option("none")


def test_a_case_is_labelled_by_keys_and_the_next_is_there_at_once(open_browser: Open, draft: LabelledSet) -> None:
    page = open_browser("operator")
    page.goto(f"/labelled-sets/{draft.pk}/label/")
    first = page.get_by_role("heading", level=1).inner_text()
    with page.expect_response(re.compile("/save/")):
        answer(page)
    page.evaluate("window.untouched = true")
    with page.expect_response(re.compile("/save/")):
        page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", level=1)).not_to_have_text(first)
    assert page.evaluate("window.untouched")
    assert Label.objects.filter(completed_at__isnull=False).count() == 1
    with page.expect_response(re.compile("/save/")):
        answer(page)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("nothing left for you to label")).to_be_visible()
    assert Label.objects.filter(completed_at__isnull=False).count() == 2


def test_what_was_typed_without_a_connection_is_sent_when_it_is_back(open_browser: Open, draft: LabelledSet) -> None:
    page = open_browser("operator")
    page.goto(f"/labelled-sets/{draft.pk}/label/")
    page.route("**/save/", lambda route: route.fulfill(status=403))
    page.get_by_label("A reply must say").fill("That we are sorry")
    expect(page.get_by_text("kept in this browser")).to_be_visible()
    page.unroute("**/save/")
    with page.expect_response(re.compile("/save/")):
        page.reload()
    expect(page.get_by_label("A reply must say")).to_have_value("That we are sorry")
    expect(page.locator("[data-saved]")).to_have_text("saved")
    assert Label.objects.get().answers["must"] == ["That we are sorry"]


@SCREENS
def test_no_page_of_the_workbench_has_a_barrier(
    open_browser: Open, draft: LabelledSet, size: tuple[int, int], dark: bool
) -> None:
    one, other = draft.cases.all()
    opinions: tuple[tuple[str, Urgency], ...] = (("Olga", "low"), ("Samir", "high"))
    for name, urgency in opinions:
        said = Answers(case_type="return", urgency=urgency, sentiment="neutral", decision="")
        save_label(actor=Actor("person", name, name, "operator"), case=one, answers=said, revision=0, complete=True)
    page = open_browser("decision_owner", size=size, dark=dark)
    found: list[str] = []
    for part in ("", "cases/", "add/", "proposals/", f"label/{one.pk}/", f"label/{other.pk}/", "../"):
        rest = f"{draft.pk}/{part}"
        page.goto(f"/labelled-sets/{rest}")
        found += barriers(page)
        if page.evaluate("document.documentElement.scrollWidth") > size[0]:
            found.append(f"{rest} is wider than the screen")
    assert found == []


@SCREENS
def test_the_owner_answers_where_neither_label_is_right(
    open_browser: Open, draft: LabelledSet, size: tuple[int, int], dark: bool
) -> None:
    case = draft.cases.first()
    assert case
    said: tuple[tuple[str, Urgency], ...] = (("olga", "low"), ("samir", "high"))
    for name, urgency in said:
        answers = Answers(case_type="return", urgency=urgency, sentiment="neutral", decision="")
        person = Actor("person", name, name.capitalize(), "operator")
        save_label(actor=person, case=case, answers=answers, revision=0, complete=True)
    page = open_browser("decision_owner", size=size, dark=dark)
    page.goto(f"/labelled-sets/{draft.pk}/label/{case.pk}/")
    answer(page)
    page.get_by_text("Neither of the labels is right").click()
    page.get_by_label("Why your answer holds").fill("Nobody is in a hurry.")
    assert not barriers(page)
    page.get_by_role("button", name="My answer holds").click()
    expect(page.get_by_text("your own answer holds")).to_be_visible()
    assert not barriers(page)
    case.refresh_from_db()
    assert (case.expected["urgency"], case.disputed) == ("normal", False)
