"""Takes the README's pictures from the running demo: `make run` in one terminal, `make screenshots` in another."""

import os
import sys
from pathlib import Path

from playwright.sync_api import Browser, Error, Page, ViewportSize, sync_playwright

from demo.world import PASSWORD
from tests.chromium import MISSING, find_chromium

FOLDER = Path(__file__).parent / "images"
PORT = os.environ.get("PORT", "8000")
SITE = f"http://northgate.localhost:{PORT}"
REVIEWER, CONSULTANT = "joost.dewit@northgate.example", "ines@meridian-delivery.example"
# Pictures of a consultant's pages: name, tenant, address.
ENGAGEMENTS = (
    ("portfolio", "northgate", "/portfolio/"),
    ("discovery", "calloway", "/engagement/"),
    ("return", "northgate", "/insights/return/"),
)
SIZE: ViewportSize = {"width": 1280, "height": 800}
LIMIT = 250_000  # bytes of one picture


def main() -> int:
    program = find_chromium()
    if program is None:
        print(MISSING)
        return 1
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        try:
            for scheme in ("light", "dark"):
                take_all(browser, scheme)
        except Error as error:
            print(f"{SITE} does not show it: {error.message.splitlines()[0]}. Is the demo running? make run")
            return 1
        finally:
            browser.close()
    large = [picture.name for picture in FOLDER.glob("*.png") if picture.stat().st_size > LIMIT]
    if large:
        print(f"Too large for a README: {', '.join(large)}")
    return 1 if large else 0


def take_all(browser: Browser, scheme: str) -> None:
    page = browser.new_page(base_url=SITE, viewport=SIZE, color_scheme="dark" if scheme == "dark" else "light")
    page.set_default_timeout(10_000)
    page.goto("/sign-in/")
    take(page, "sign-in", scheme)
    sign_in(page, SITE, REVIEWER)
    take(page, "home", scheme)
    page.goto("/review/")
    take(page, "queue", scheme)
    open_first(page, "/review/?reason=amount", "/review/?reason=drafted_lane", "/review/")
    take(page, "case", scheme)
    open_first(page, "/cases/?outcome=automatic", "/cases/?state=closed", "/cases/")
    take(page, "timeline", scheme)
    for name, tenant, address in ENGAGEMENTS:
        site = f"http://{tenant}.localhost:{PORT}"
        page.context.clear_cookies()
        sign_in(page, site, CONSULTANT)
        page.goto(f"{site}{address}")
        take(page, name, scheme)
    page.close()


def sign_in(page: Page, site: str, person: str) -> None:
    page.goto(f"{site}/sign-in/")
    page.get_by_label("E-mail").fill(person)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{site}/")


def open_first(page: Page, *lists: str) -> None:
    """The first case of the first of these lists that has one."""
    for address in lists:
        page.goto(address)
        cases = page.locator("[data-step]")
        if cases.count():
            cases.first.click()
            page.wait_for_url("**/R-*/**")
            return
    raise Error(f"no case in {lists[-1]}")


def take(page: Page, name: str, scheme: str) -> None:
    page.mouse.move(0, 0)
    page.screenshot(path=FOLDER / f"{name}-{scheme}.png", animations="disabled")
    print(f"docs/images/{name}-{scheme}.png")


if __name__ == "__main__":
    sys.exit(main())
