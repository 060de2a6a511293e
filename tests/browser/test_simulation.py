"""Simulating in a real browser: the question, its price, and a month with its pictures; no barrier in any of it."""

import pytest

from apps.evaluations.models import Simulation
from apps.evaluations.simulation.runs import work
from apps.tenants.schemas import in_schema
from apps.workflows.models import Workflow
from tests.browser.conftest import SCREENS, Open
from tests.browser.test_accessibility import barriers
from tests.cases.world import shop_system, workflow
from tests.cast import NORTHGATE
from tests.evaluations.small_set import release_with, small_set

__all__ = ["shop_system", "workflow"]


@pytest.mark.django_db(transaction=True)
@SCREENS
def test_the_labelled_set_is_simulated_and_read_without_a_barrier(
    open_browser: Open, workflow: Workflow, size: tuple[int, int], dark: bool
) -> None:
    small_set(workflow, 15)
    release = release_with(workflow, "Stricter.", action={"amount_limit": "10"})
    page = open_browser("consultant", size=size, dark=dark)
    found: list[str] = []

    def look() -> None:
        found.extend(barriers(page))
        if page.evaluate("document.documentElement.scrollWidth") > size[0]:
            found.append(f"{page.url} is wider than the screen")

    page.goto("/simulation/")
    look()
    page.get_by_label("Release").select_option(value=release.pk)
    page.get_by_role("button", name="Simulate…").click()
    page.get_by_label("Cases in 4 weeks").fill("600")
    page.get_by_role("button", name="Show").click()
    look()
    page.get_by_role("button", name="Start").click()
    page.get_by_text("Waiting for a worker").wait_for()
    look()
    with in_schema(NORTHGATE):
        work(Simulation.objects.get().pk)
    page.get_by_text("What each widening would have done", exact=True).wait_for()
    page.get_by_text("The numbers, in hours of work").click()
    look()
    assert found == []
