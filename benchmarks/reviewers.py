"""Reviewers without a browser: each is given a case, opens it and decides it, over HTTP as a browser would."""

import http.client
import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from html.parser import HTMLParser
from importlib import import_module
from statistics import quantiles
from time import perf_counter, sleep
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

from apps.tenants.models import User

CSRF = "benchmark" * 3 + "token"  # a secret of 32 characters, in the cookie and in the forms


@dataclass
class Figures:
    """Milliseconds and statements by action."""

    milliseconds: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    statements: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    seconds: float = 0.0

    def median(self, action: str) -> float:
        return quantiles(self.milliseconds[action], n=20)[9]

    def p95(self, action: str) -> float:
        return quantiles(self.milliseconds[action], n=20)[18]

    def n(self, action: str) -> int:
        return len(self.milliseconds[action])


def session_of(user: User) -> str:
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(user.pk), settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return str(session.session_key)


class Visitor:
    """A connection that is kept, and a session. Raises AssertionError for an answer that no person should get."""

    def __init__(self, host: str, port: int, session: str, figures: Figures) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.figures = figures
        self.headers = {"Host": host, "Cookie": f"sessionid={session}; csrftoken={CSRF}"}

    def ask(self, action: str, method: str, path: str, **fields: str) -> tuple[str, str]:
        """The page, and where it leads. `action` "" is not measured."""
        body = urlencode({"csrfmiddlewaretoken": CSRF, **fields}) if method == "POST" else None
        kind = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
        begin = perf_counter()
        self.connection.request(method, path, body, self.headers | kind)
        answer = self.connection.getresponse()
        page = answer.read().decode()
        took = perf_counter() - begin
        assert answer.status in {200, 204, 302}, f"{method} {path}: {answer.status} {page[:500]}"
        if action:
            self.figures.milliseconds[action].append(took * 1000)
            self.figures.statements[action].append(int(answer.headers["X-Statements"]))
        return page, answer.headers.get("Location", "")


class Ours(Visitor):
    def work(self, cases: int, pause: Callable[[], None]) -> None:
        """Is given a case, opens it, approves it, and leaves the one that is set aside then, `cases` times."""
        for _ in range(cases):
            _, address = self.ask("next", "POST", "/review/next/")
            assert address.startswith("/review/BR-"), f"No case was handed out, but {address}."
            self.ask("open", "GET", address)
            pause()
            number = urlsplit(address).path.split("/")[2]
            _, address = self.ask("submit", "POST", f"/review/{number}/approve/", revision="1")
            self.ask("", "POST", f"/review/{urlsplit(address).path.split('/')[2]}/release/")


class Admin(Visitor):
    """The same by hand: the list of what waits, the change page, its form with the state changed."""

    def work(self, cases: int, pause: Callable[[], None]) -> None:
        for _ in range(cases):
            page, _ = self.ask("next", "GET", "/admin/cases/case/?state__exact=review&o=4")
            rows = [
                href
                for href in Links(page).found
                if href.endswith("/change/?_changelist_filters=state__exact%3Dreview%26o%3D4")
            ]
            address = random.choice(rows)  # the first would be everybody's
            page, _ = self.ask("open", "GET", address)
            pause()
            form = Form(page).values | {"state": "closed", "layer": "done", "outcome": "approved", "_save": "Save"}
            form.pop("csrfmiddlewaretoken", None)
            self.ask("submit", "POST", address, **form)


class Links(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.found.append(dict(attrs).get("href") or "")


class Form(HTMLParser):
    """What a browser would send of the page's fields as they stand."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self._select, self._area = "", ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name = given.get("name") or ""
        if tag == "input" and name and given.get("type") not in {"submit", "search", "checkbox"}:
            self.values[name] = given.get("value") or ""
        elif tag == "input" and given.get("type") == "checkbox" and "checked" in given:
            self.values[name] = "on"
        elif tag == "select":
            self._select = name
        elif tag == "option" and "selected" in given and self._select:
            self.values[self._select] = given.get("value") or ""
        elif tag == "textarea":
            self._area, self.values[name] = name, ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.values[self._area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = ""
        elif tag == "select":
            self._select = ""


def crew(
    kind: type[Ours] | type[Admin], host: str, port: int, sessions: Sequence[str], cases: int, pace: float
) -> Figures:
    """All at once, each `cases` cases. `pace`: seconds that a person takes for a case; 0 is without a pause."""
    figures = Figures()

    def person(number: int) -> None:
        visitor: Any = kind(host, port, sessions[number], figures)
        if pace:
            sleep(pace * number / len(sessions))  # people do not press a key at the same moment
        visitor.work(cases, lambda: sleep(pace * random.uniform(0.8, 1.2)) if pace else None)

    begin = perf_counter()
    with ThreadPoolExecutor(len(sessions)) as pool:
        list(pool.map(person, range(len(sessions))))
    figures.seconds = perf_counter() - begin
    return figures
