"""The pages of an engagement, and its statement of work on paper, look as they did when somebody last looked."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from unittest.mock import patch

import pytest
from django.utils import timezone
from playwright.sync_api import Browser

from apps.engagements.discovery.board import lay_out
from apps.engagements.discovery.scope import add_system
from apps.engagements.engagement_models import Engagement
from apps.engagements.engagements import start_engagement
from apps.engagements.sow_models import SowVersion
from apps.engagements.statement import sow, sow_paper
from apps.engagements.statement.sow_prefill import prefilled
from apps.engagements.workflow_map import maps
from apps.workflows.models import Workflow
from tests.browser.conftest import PHONE, SCREENS, WIDE
from tests.browser.test_looks import look
from tests.cases.world import shop_system, workflow
from tests.cast import NORTHGATE, Member, member
from tests.engagements.test_maps import SHOP
from tests.engagements.test_sow import WHOLE
from tests.looks.papers import assert_paper_looks_right
from tests.looks.pictures import assert_looks_right

__all__ = ["shop_system", "workflow"]

THEN = datetime(2026, 6, 9, 10, tzinfo=UTC)  # the seventh working day of a Discovery that began on 1 June
PAGES = {
    "board": "/engagement/",
    "map": "/engagement/map/",
    "map-form": "/engagement/map/today/",
    "integration": "/engagement/integration/",
    "governance": "/engagement/governance/",
    "sow": "/engagement/sow/",
    "shadowing": "/engagement/shadowing/",
    "baseline": "/engagement/baseline/",
    "day-ten": "/engagement/day-10/",
    "build": "/engagement/build/",
    "cadence": "/engagement/cadence/",
    "figures": "/insights/",
    "return": "/insights/return/",
    "portfolio": "/portfolio/",
    "hours": "/engagement/hours/",
    "library": "/library/",
    "template": "/library/map-review-of-agreements/",
}
MATTERS = {"system": "Shop", "operations": "look up, refund", "direction": "both", "owner": "IT", "risk": "high"}


@pytest.fixture
def engagement(workflow: Workflow, consultant: Member) -> Iterator[Engagement]:
    """As it stands on its seventh day; for as long as the test lasts, that day is today."""
    with patch.object(timezone, "now", lambda: THEN):
        made = start_engagement(actor=consultant.actor, workflow=workflow, discovery_on=date(2026, 6, 1), answers={})
        lay_out(actor=consultant.actor, engagement=made)
        maps.write_map(
            actor=consultant.actor, engagement=made, side="today", content=SHOP, note="Shadowed.", base=0, agreed=True
        )
        add_system(actor=consultant.actor, engagement=made, said=MATTERS)
        _write_statement(made, consultant)
        yield made


def _write_statement(engagement: Engagement, who: Member) -> SowVersion:
    content = prefilled(engagement, "Northgate").model_copy(update=WHOLE)
    version = sow.write_version(actor=who.actor, engagement=engagement, content=content, note="First.", base=0)
    sow.comment(actor=who.actor, version=version, section="scope", text="Returns of companies too?")
    return version


@SCREENS
def test_pages_of_an_engagement_look_right(
    chromium: Browser, site: str, engagement: Engagement, tmp_path: Path, size: tuple[int, int], dark: bool
) -> None:
    assert engagement.phase == "discovery"
    assert size in (WIDE, PHONE)
    context = chromium.new_context(
        base_url=site,
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if dark else "light",
        bypass_csp=True,
    )
    session = member("consultant", NORTHGATE).cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": session, "url": site}])
    page, way, wrong = context.new_page(), "phone-dark" if dark else "wide-light", list[str]()
    for name, address in PAGES.items():
        shot = look(page, address, "#main")
        try:
            assert_looks_right(f"engagement-{name}-{way}", shot, tmp_path / f"{name}.png")
        except AssertionError as error:
            wrong.append(str(error))
    context.close()
    assert wrong == []


def test_the_statement_on_paper_looks_right(engagement: Engagement, tmp_path: Path) -> None:
    version = sow.newest(engagement)
    assert version
    assert_paper_looks_right("sow", sow_paper.LAYOUT, json.dumps(sow_paper.printed(version)), tmp_path)
