"""Takes the README's pictures from the running demo: `make run` in one terminal, `make screenshots` in another."""

import os
import sys
from pathlib import Path

from playwright.sync_api import Browser, Error, Page, ViewportSize, sync_playwright

from demo.world import PASSWORD
from tests.chromium import MISSING, find_chromium

FOLDER = Path(__file__).parent / "images"
SITE = f"http://northgate.localhost:{os.environ.get('PORT', '8000')}"
PERSON = "joost.dewit@northgate.example"
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
    page.get_by_label("E-mail").fill(PERSON)
    page.get_by_label("Password").fill(PASSWORD)
    take(page, "sign-in", scheme)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{SITE}/")
    take(page, "home", scheme)
    page.goto("/review/")
    take(page, "queue", scheme)
    open_first(page, "/review/?reason=amount", "/review/?reason=drafted_lane", "/review/")
    take(page, "case", scheme)
    open_first(page, "/cases/?outcome=automatic", "/cases/?state=closed", "/cases/")
    take(page, "timeline", scheme)
    page.close()


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
