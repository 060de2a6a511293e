"""The traffic page in a real browser: a breach in production, the way back, a complaint, and no barrier."""

import pytest
from django.utils import timezone

from apps.cases.models import Case, ShadowRun
from apps.evaluations.incumbents import watch_incumbent
from apps.workflows import moves
from apps.workflows.models import Release, Workflow
from apps.workflows.services import point_production
from tests.browser.conftest import PHONE, SCREENS, Open
from tests.browser.test_accessibility import barriers
from tests.charters import actor, candidate, warrant
from tests.evaluations.slices import add_cases, begin_slice
from tests.factories import customer_service, waiting_case

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def before(northgate: None) -> Release:
    """The release that the one in production, which has breached, took over from."""
    workflow = customer_service()
    first = workflow.production
    assert first
    second = candidate(workflow, high="0.7")
    point_production(
        actor=actor("decision_owner"), workflow=workflow, release=second, reason="Better.", warrant=warrant(second)
    )
    add_cases(workflow, second, 50, arm="incumbent", outcome="rejected")
    watch_incumbent(workflow)
    return first


def run_beside(workflow: Workflow) -> None:
    shadow = candidate(workflow, high="0.6")
    moves.run_shadow(actor=actor("consultant"), workflow=workflow, release=shadow, reason="To see.")
    cases = Case.objects.exclude(outcome="")
    ShadowRun.objects.bulk_create(
        ShadowRun(
            case=case, release=shadow, case_type="return", route="queue", rule="", grounded_share=1, results={},
            microseconds=1,
        )
        for case in cases
    )  # fmt: skip


def test_the_owner_goes_back_to_the_release_before(open_browser: Open, before: Release) -> None:
    page = open_browser("decision_owner")
    page.goto("/")
    page.get_by_role("link", name="Traffic").first.click()
    page.locator("summary", has_text=f"Go back to {before.label}").click()
    page.get_by_label("Why").last.fill("Too many rejections.")
    page.get_by_role("button", name="Go back").click()
    page.get_by_text(f"{before.label} takes all new cases again.").wait_for()


def test_the_operator_records_a_complaint_and_takes_it_back(open_browser: Open, northgate: None) -> None:
    case = waiting_case()
    Case.objects.filter(pk=case.pk).update(state="closed", layer="done", outcome="approved", closed_at=timezone.now())
    page = open_browser("operator", size=PHONE)
    page.goto(f"/cases/{case.number}/")
    page.get_by_text("The customer complained…").click()
    page.get_by_label("What did they say?").fill("Nobody read my letter.")
    assert barriers(page) == []
    page.get_by_role("button", name="Record the complaint").click()
    page.get_by_role("button", name="Recorded by mistake").click()
    page.get_by_text("counts no longer").wait_for()


@SCREENS
def test_the_page_has_no_barrier(open_browser: Open, before: Release, size: tuple[int, int], dark: bool) -> None:
    workflow = Workflow.objects.select_related("production").get(pk=before.workflow_id)
    begin_slice(workflow)
    run_beside(workflow)
    page = open_browser("decision_owner", size=size, dark=dark)
    found: list[str] = []
    for path in ("/traffic/", "/charter/", f"/charter/{workflow.slug}/draft/"):
        page.goto(path)
        found += barriers(page)
        if page.evaluate("document.documentElement.scrollWidth") > size[0]:
            found.append(f"{path} is wider than the screen")
    assert found == []
