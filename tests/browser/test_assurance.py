"""The assurance pages in a real browser: no barrier, none wider than the screen."""

from apps.evaluations.assurance.runs import assure, work
from apps.tenants.actors import SYSTEM
from apps.workflows.models import Workflow
from tests.browser.conftest import SCREENS, Open
from tests.browser.test_accessibility import barriers
from tests.cases.world import shop_system, workflow  # noqa: F401
from tests.evaluations.small_set import release_with_rules, small_set
from tests.evaluations.test_assurance_runs import GULLIBLE, RULES


@SCREENS
def test_no_assurance_page_has_a_barrier(
    open_browser: Open,
    workflow: Workflow,  # noqa: F811
    size: tuple[int, int],
    dark: bool,
) -> None:
    gullible = release_with_rules(workflow, [GULLIBLE, *(rule for rule in RULES if rule["id"] != "complaint")])
    run = assure(actor=SYSTEM, release=gullible, labelled_set=small_set(workflow, 5))
    work(run.pk)
    page = open_browser("consultant", size=size, dark=dark)
    found: list[str] = []
    behind = f"runs/{run.pk}/findings/planted.authority/"
    for path in ("", f"runs/{run.pk}/", behind, f"new/{workflow.production_id}/"):
        page.goto(f"/assurance/{path}")
        found += barriers(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0], path
    page.goto(f"/assurance/{behind}")
    page.get_by_role("button", name="Show the words").click()
    page.get_by_role("columnheader", name="As it was tried").first.wait_for()
    found += barriers(page)
    assert page.get_by_role("button", name="Show the words").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert found == []
