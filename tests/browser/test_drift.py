"""Drift and decisions in a real browser: looking now, deciding, and no barrier."""

import pytest

from apps.evaluations import drift
from apps.evaluations.drift import look
from apps.evaluations.lifecycle import consider
from apps.evaluations.lifecycle_models import DecisionRecord
from apps.tenants.actors import SYSTEM
from apps.workflows.models import Workflow
from tests.browser.conftest import SCREENS, Open
from tests.browser.test_accessibility import barriers
from tests.cases.world import shop_system, workflow
from tests.evaluations.drifting import mixed, take
from tests.evaluations.small_set import small_set

__all__ = ["shop_system", "workflow"]


def drifted(workflow: Workflow) -> DecisionRecord:
    small_set(workflow, 40)
    take(workflow, mixed(180, "refund", "return", "complaint"), days_ago=20)
    take(workflow, mixed(90, "refund", "refund", "tax"), days_ago=2)
    drift.work(look(actor=SYSTEM, workflow=workflow).pk)
    consider()
    return DecisionRecord.objects.get()


@pytest.mark.django_db(transaction=True)
def test_drift_is_seen_and_its_retraining_started_from_the_navigation_on(
    open_browser: Open, workflow: Workflow
) -> None:
    drifted(workflow)
    page = open_browser("consultant")
    page.goto("/")
    page.get_by_role("link", name="Drift", exact=True).click()
    page.get_by_text("Drifted: case types").wait_for()
    page.get_by_text("Case types: what moved most").click()
    page.get_by_role("link", name="What follows from it").click()
    page.get_by_role("button", name="Start the retraining").click()
    page.get_by_text("started the retraining").wait_for()


@pytest.mark.django_db(transaction=True)
@SCREENS
def test_the_pages_have_no_barrier(open_browser: Open, workflow: Workflow, size: tuple[int, int], dark: bool) -> None:
    decision = drifted(workflow)
    page = open_browser("decision_owner", size=size, dark=dark)
    found: list[str] = []
    for path in ("/drift/", "/decisions/", f"/decisions/{decision.pk}/", "/"):
        page.goto(path)
        if path == "/drift/":
            page.get_by_text("Case types: what moved most").click()
        found.extend(barriers(page))
        if page.evaluate("document.documentElement.scrollWidth") > size[0]:
            found.append(f"{path} is wider than the screen")
    assert found == []
