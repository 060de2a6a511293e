"""The calibration page in a real browser: stating a risk, a candidate from it, and no barrier."""

import pytest

from apps.workflows.models import Workflow
from tests.browser.conftest import SCREENS, Open
from tests.browser.test_accessibility import barriers
from tests.cases.world import shop_system, workflow
from tests.evaluations.held_out_world import labelled_set, measured_release

__all__ = ["shop_system", "workflow"]

WRONG_BELOW = {"refund": 0.6, "return": 0.6}


@pytest.mark.django_db(transaction=True)
def test_a_risk_is_stated_and_its_thresholds_become_a_candidate(open_browser: Open, workflow: Workflow) -> None:
    release = measured_release(workflow, labelled_set(workflow, 180, 30), wrong_below=WRONG_BELOW)
    page = open_browser("consultant")
    page.goto("/")
    page.get_by_role("link", name="Calibration").click()
    page.get_by_label("Release").select_option(value=release.pk)
    page.get_by_label("At most wrong").fill("5")
    page.get_by_role("button", name="Show").click()
    page.get_by_text("Supported.", exact=True).wait_for()
    page.get_by_role("button", name="Propose one threshold for all").click()
    page.get_by_text("is a candidate now").wait_for()


@pytest.mark.django_db(transaction=True)
@SCREENS
def test_the_page_has_no_barrier_whether_the_risk_is_supported_or_not(
    open_browser: Open, workflow: Workflow, size: tuple[int, int], dark: bool
) -> None:
    release = measured_release(workflow, labelled_set(workflow, 180, 30), wrong_below=WRONG_BELOW)
    page = open_browser("consultant", size=size, dark=dark)
    found: list[str] = []
    for risk in ("5", "0.5"):
        page.goto(f"/calibration/?release={release.pk}&risk={risk}&confidence=95")
        if risk == "5":
            page.get_by_text("The numbers", exact=True).click()
        found.extend(barriers(page))
        if page.evaluate("document.documentElement.scrollWidth") > size[0]:
            found.append(f"wider than the screen at {risk} %")
    assert found == []
