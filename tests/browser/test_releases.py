"""Composing and comparing releases in a real browser: a candidate from form to what changed, and no barrier."""

from copy import deepcopy

import pytest
import yaml

from apps.prompts.content import Prompt
from apps.prompts.services import create_version
from apps.tenants.actors import SYSTEM
from apps.workflows.models import Workflow
from tests.browser.conftest import SCREENS, Open
from tests.browser.test_accessibility import barriers
from tests.cases.world import TAXONOMY, shop_system, workflow

__all__ = ["shop_system", "workflow"]


def prompts() -> None:
    lines = [f"Rule {n}: quote the passage word for word." for n in range(12)]
    for number, words in enumerate(("Be brief.", "Be complete."), start=1):
        text = "\n".join([*lines, words])
        create_version(
            actor=SYSTEM, prompt=Prompt(slug="draft", version=number, purpose="action", model="any", text=text)
        )


@pytest.mark.django_db(transaction=True)
def test_a_candidate_is_composed_and_compared(open_browser: Open, workflow: Workflow) -> None:
    prompts()
    page = open_browser("consultant")
    page.goto("/releases/")
    page.get_by_role("link", name="Compose a candidate").click()
    page.get_by_label("Intake decides alone from").fill("0.95")
    page.get_by_label("Action prompt").select_option(label="draft, version 2")
    page.get_by_label("Note").fill("More careful.")
    page.get_by_role("button", name="Make the candidate").click()
    page.get_by_text("is a candidate now").wait_for()
    page.get_by_role("link", name="See every change").click()
    page.get_by_text("decides alone from").wait_for()
    page.get_by_label("Texts").select_option(label="one below the other")
    page.get_by_role("button", name="Compare").click()
    assert "Be complete." in page.get_by_label("Prompt of action").inner_text()


@pytest.mark.django_db(transaction=True)
@SCREENS
def test_no_page_of_releases_or_prompts_has_a_barrier(
    open_browser: Open, workflow: Workflow, size: tuple[int, int], dark: bool
) -> None:
    prompts()
    Workflow.objects.update(owner="somebody.with.a.long.name@a-rather-long-domain.example")
    page = open_browser("consultant", size=size, dark=dark)
    found: list[str] = []

    def look(what: str) -> None:
        found.extend(barriers(page))
        if page.evaluate("document.documentElement.scrollWidth") > size[0]:
            found.append(f"{what} is wider than the screen")

    page.goto("/releases/compose/shop/")
    look("the form of a candidate")
    page.get_by_label("Action prompt").select_option(label="draft, version 2")
    page.get_by_label("Note").fill("With a prompt.")
    page.get_by_role("button", name="Make the candidate").click()
    look("the candidate")
    page.get_by_role("link", name="See every change").click()
    look("the comparison")
    paths = ("/releases/", "/prompts/", "/prompts/draft/", "/prompts/draft/?view=inline", "/prompts/version/new/")
    for path in (*paths, "/taxonomy/"):
        page.goto(path)
        look(path)
    page.goto("/taxonomy/new/?workflow=shop")
    content = deepcopy(TAXONOMY) | {"version": 2, "title": "A shop"}
    page.get_by_label("or its text").fill(yaml.safe_dump(content))
    page.get_by_role("button", name="See what it changes").click()
    page.get_by_text("What version 2 would change").wait_for()
    look("a taxonomy's changes")
    assert found == []
