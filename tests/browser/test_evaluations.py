"""The evaluations' pages in a real browser: no barrier, none wider than the screen, progress without reloading."""

from playwright.sync_api import expect

from apps.evaluations.models import EvaluationRun
from apps.evaluations.runs import evaluate, work
from apps.tenants.actors import SYSTEM
from apps.workflows.models import Workflow
from tests.browser.conftest import SCREENS, Open
from tests.browser.test_accessibility import barriers
from tests.cases.world import shop_system, workflow  # noqa: F401
from tests.evaluations.small_set import release_with_rules, small_set
from tests.evaluations.test_run_pages import RULES, verdict_on


@SCREENS
def test_no_evaluation_page_has_a_barrier(
    open_browser: Open,
    workflow: Workflow,  # noqa: F811
    size: tuple[int, int],
    dark: bool,
) -> None:
    good = workflow.production
    assert good
    worse = release_with_rules(workflow, [rule for rule in RULES if rule["id"] != "return"], "It knows no returns.")
    labelled_set = small_set(workflow, 10)
    verdict = verdict_on(worse, good, labelled_set)
    page = open_browser("compliance_officer", size=size, dark=dark)
    found: list[str] = []
    for path in ("", f"runs/{verdict.candidate_run_id}/", f"verdicts/{verdict.pk}/", f"compare/{worse.pk}/"):
        page.goto(f"/evaluations/{path}")
        found += barriers(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0], path
    assert found == []


def test_progress_is_shown_without_reloading(open_browser: Open, workflow: Workflow) -> None:  # noqa: F811
    assert workflow.production
    run = evaluate(actor=SYSTEM, release=workflow.production, labelled_set=small_set(workflow, 5))
    page = open_browser("consultant")
    page.goto(f"/evaluations/runs/{run.pk}/")
    expect(page.get_by_role("heading", name="Waiting for a worker")).to_be_visible()
    work(run.pk)
    assert EvaluationRun.objects.get().state == "done"
    expect(page.get_by_role("heading", name="Done")).to_be_visible()
    expect(page.get_by_text("Every case is right end to end.")).to_be_visible()
