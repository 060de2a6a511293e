"""Every page, light and dark, wide and narrow: no barrier that axe knows of, and nothing wider than the screen."""

from itertools import groupby

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from apps.reviews.services import reject
from apps.tenants.capabilities import capabilities_of
from tests.architecture.addresses import Address, addresses
from tests.browser.conftest import SCREENS, Open
from tests.cast import NORTHGATE, PEOPLE, member
from tests.factories import waiting_case

PAGES = [page for page in addresses("config.urls_tenant") if not (page.api or page.for_everyone or "<" in page.route)]


def barriers(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{page.url}: {each['id']}, {node['target']}" for each in found for node in each["nodes"]]


@SCREENS
def test_no_page_has_a_barrier(open_browser: Open, size: tuple[int, int], dark: bool) -> None:
    number = waiting_case().number
    waiting_case(urgency="high", band="low", reserved=True)
    done = waiting_case(text="order 88-20417 " + "x" * 300)
    reject(actor=member("operator", NORTHGATE).actor, case_id=done.pk, revision=1, reason_code="tone")
    page = open_browser("operator", size=size, dark=dark)
    found: list[str] = []
    for path in (
        "/",
        "/review/",
        "/review/?q=nothing",
        "/review/?lane=drafted",
        f"/review/{number}/",
        f"/review/{number}/?do=edit",
        f"/review/{number}/?do=reject",
        f"/review/{number}/?do=escalate",
        f"/review/{number}/?do=snooze",
        f"/review/{number}/?do=give",
        f"/review/{number}/?do=ask",
        f"/review/{done.number}/",
        f"/cases/{done.number}/",
        "/cases/",
        "/calendar/",
        "/review-policy/",
        "/notifications/",
        "/blind/",
        "/quality/",
        "/quality/coaching/",
        "/loop/",
        "/sign-out/",
        "/no-such-page/",
    ):
        page.goto(path)
        found += barriers(page)
        if page.evaluate("document.documentElement.scrollWidth") > size[0]:
            found.append(f"{path} is wider than the screen")
    assert found == []


@SCREENS
def test_nor_has_any_page_that_the_navigation_leads_to(open_browser: Open, size: tuple[int, int], dark: bool) -> None:
    """Each in its first state, which is what a new tenant's people see; tests of its own show a page with its data."""
    waiting_case()
    found, seen = [], 0
    for person, pages in groupby(sorted(PAGES, key=let_in), key=let_in):
        page, visitor = open_browser(person, size=size, dark=dark), member(person, NORTHGATE)
        for address in pages:
            answer = visitor.get(f"/{address.route}")
            if answer.status_code != 200 or 'id="main"' not in answer.content.decode():
                continue  # an address of forms, or a part of a page
            page.goto(f"/{address.route}")
            seen += 1
            found += barriers(page)
            if page.evaluate("document.documentElement.scrollWidth") > size[0]:
                found.append(f"{address.route} is wider than the screen")
    assert found == []
    assert seen > 25


def let_in(address: Address) -> str:
    """Somebody of the cast who may see it."""
    people = [(person, roles[NORTHGATE]) for person, (_, roles) in PEOPLE.items() if NORTHGATE in roles]
    return next(person for person, role in people if address.capabilities <= capabilities_of(role))


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_nor_has_the_way_in(open_browser: Open, site: str, dark: bool) -> None:
    page = open_browser(dark=dark)
    found: list[str] = []
    public = site.replace("northgate.", "")
    paths = ("/", "/roi/", "/sprint/", "/build-or-buy/", "/concepts/", "/concepts/gate/")
    for address in ("/sign-in/", *(public + path for path in paths)):
        page.goto(address)
        found += barriers(page)
    assert found == []
