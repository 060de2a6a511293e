"""A real browser at a running server. Left out, with one loud line, where there is no Chromium and none is demanded."""

import os
import warnings
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from apps.tenants.models import Tenant
from tests.cast import HOSTS, NORTHGATE, member
from tests.chromium import MISSING, find_chromium, is_required

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
WIDE, PHONE = (1280, 800), (390, 844)
# Colours are the same on both sizes, and the layout in both schemes: two of the four show what either can break.
SCREENS = pytest.mark.parametrize(("size", "dark"), [(WIDE, False), (PHONE, True)], ids=["wide-light", "phone-dark"])


# One for each module: while Playwright runs, its event loop does, and other tests of this process must not find it.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    program = find_chromium()
    if program is None:
        if is_required():
            pytest.fail(MISSING)
        warnings.warn(MISSING, stacklevel=1)
        pytest.skip(MISSING)
    # Playwright keeps an event loop in this thread, in which Django would refuse to use the database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def site(live_server: LiveServer, northgate: Tenant) -> str:
    """Northgate's address, without a slash at the end."""
    return f"http://{HOSTS[NORTHGATE]}:{live_server.thread.port}"


@pytest.fixture
def public_site(live_server: LiveServer, northgate: Tenant) -> str:
    """The address of what everybody may see."""
    return f"http://localhost:{live_server.thread.port}"


Open = Callable[..., Page]


@pytest.fixture
def open_browser(chromium: Browser, site: str) -> Iterator[Open]:
    """`open_browser("operator", size=PHONE)`: a page of somebody who is signed in; of nobody when no name is given.

    The test fails when a page logs an error, as it does when the content security policy stops something.
    """
    contexts: list[BrowserContext] = []
    problems: list[str] = []

    def open_page(person: str = "", *, size: tuple[int, int] = WIDE, dark: bool = False, script: bool = True) -> Page:
        context = chromium.new_context(
            base_url=site,
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if dark else "light",
            java_script_enabled=script,
        )
        contexts.append(context)
        context.set_default_timeout(10_000)
        if person:
            session = member(person, NORTHGATE).cookies["sessionid"].value
            context.add_cookies([{"name": "sessionid", "value": session, "url": site}])
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [line for line in problems if "status of 4" not in line] == []  # a refused form is no error of the page's
