"""The figures and what lies behind them, in a browser."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.browser.conftest import SCREENS, Open
from tests.browser.test_accessibility import barriers
from tests.insights.closed import Closed, write


@pytest.mark.django_db(transaction=True)
@SCREENS
def test_a_figure_leads_to_its_cases_and_no_page_has_a_barrier(
    open_browser: Open, size: tuple[int, int], dark: bool
) -> None:
    at = timezone.now() - timedelta(days=3)
    write([Closed("automatic", closed=at), Closed("approved", 4, closed=at - timedelta(days=7))] * 20)
    page = open_browser("consultant", size=size, dark=dark)
    page.goto("/insights/")
    assert not barriers(page)
    page.locator("#cycle_time details summary").click()
    page.get_by_label("cases behind: Accepted unchanged").click()
    page.get_by_role("heading", name="Cases behind: Accepted unchanged").wait_for()
    assert page.get_by_text("20 cases").is_visible()
    assert not barriers(page)
