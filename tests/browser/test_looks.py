"""Pages look as they did when somebody last looked at them: light and wide, dark and on a phone."""

from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.browser.conftest import SCREENS
from tests.looks.block_font import stylesheet
from tests.looks.pictures import assert_looks_right

PUBLIC = {
    "home": "/",
    "return": "/roi/?volume=6200&minutes=7.4&routine=65&complexity=typical&geography=eu&industry=retail&error_rate=6.2"
    "&error_cost=18",
    "return-below-the-line": "/roi/?volume=80&minutes=5&routine=50&complexity=typical&geography=eu&industry=retail"
    "&error_rate=1&error_cost=5",
    "sprint": "/sprint/?industry=retail&use_case=service&kpi=cycle&volume=6200&systems=Shop&regulations=gdpr",
    "build-or-buy": "/build-or-buy/",
    "readiness": "/readiness/",
    "concepts": "/concepts/",
}


def look(page: Page, address: str, part: str = "body") -> bytes:
    page.goto(address)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{address} is wider than the screen"
    page.add_style_tag(content=stylesheet())
    page.evaluate("document.fonts.ready")
    return page.locator(part).screenshot(animations="disabled")


@SCREENS
def test_public_pages_look_right(
    chromium: Browser, public_site: str, tmp_path: Path, size: tuple[int, int], dark: bool
) -> None:
    context = chromium.new_context(
        base_url=public_site,
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if dark else "light",
        bypass_csp=True,
    )
    page, way = context.new_page(), "phone-dark" if dark else "wide-light"
    try:
        for name, address in PUBLIC.items():
            shot = look(page, address)
            assert_looks_right(f"public-{name}-{way}", shot, tmp_path / f"{name}.png")
    finally:
        context.close()
