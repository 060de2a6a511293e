"""How long does a reviewer wait for the machine, with a short queue and a long one, alone and among twenty?

    python -m benchmarks.review [--sizes 1000,50000] [--cases N]

A scripted reviewer works in a headless browser by keyboard alone and never thinks: what is left is the machine's share.
Reviewers over HTTP measure the server, beside a plain Django admin over the same cases. All on a throw-away PostgreSQL.
"""

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median, quantiles
from time import monotonic, perf_counter, sleep
from typing import TYPE_CHECKING, LiteralString
from urllib.request import urlopen

import psutil
from rich.console import Console

from benchmarks.figures import Row, machine, publish, shown
from benchmarks.stage import Stage, stage, stop
from embedded.checks import free_port

if TYPE_CHECKING:  # the product's modules want their settings first
    from playwright.sync_api import Page

    from apps.tenants.actors import Actor

HOST = "northgate.localhost"
PEOPLE = 20
PACE = 4.0  # seconds from one decision of a person to the next, when twenty work at once: 900 an hour each
PAUSE = 1.0  # seconds that one reads before each decision of which the browser measures how soon the next case is there
PEER = "Django admin"
ACTIONS = {"open": "a case on the server", "submit": "a decision", "next": "being given the next case"}
console = Console(stderr=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench-review")
    parser.add_argument("--sizes", default="1000,50000", help="open cases, in ascending order")
    parser.add_argument("--cases", type=int, default=60, help="decided by one reviewer in each measurement")
    chosen = parser.parse_args()
    on = machine()
    with stage() as made:
        rows = []
        for row in _measure(made, [int(size) for size in chosen.sizes.split(",")], chosen.cases):
            rows.append(row)
            console.print(f"{row.figure}: {shown(row.value)} {row.unit}", highlight=False)  # as it may end early
    publish("review", "make bench-review", rows, on)


def _measure(made: Stage, sizes: list[int], cases: int) -> Iterator[Row]:
    from benchmarks.review_data import DECIDED, copy_cases, copy_decided, make_patterns
    from benchmarks.traffic import seeded

    console.print("Seeding the retailer of the demo, and cases that a person has to decide")
    with seeded() as tenant:
        _administer(made, "GRANT SELECT ON django_content_type TO app_tenant")  # the peer reads it for each page
        actor, sessions = _people()
        patterns = make_patterns(tenant, actor)
        console.print(f"{patterns} of them wait; they are copied, {DECIDED:,} of the copies as decided before")
        copy_decided()
        there = 0
        for size in sizes:
            begin = perf_counter()
            copy_cases(there + 1, size)
            _administer(made, "VACUUM ANALYZE")
            console.print(f"{size:,} open cases, the last {size - there:,} made in {perf_counter() - begin:.0f} s")
            there = size
            yield from _server(made, sessions, size, cases, last=size == sizes[-1])
            yield from _browser(made, sessions[0], size, cases)


def _server(made: Stage, sessions: list[str], size: int, cases: int, *, last: bool) -> Iterator[Row]:
    from benchmarks.reviewers import Admin, Ours, crew

    found = {}
    for kind, settings in ((Ours, "config.settings"), (Admin, "benchmarks.admin_peer")):
        with web(made, settings) as port:
            crew(kind, HOST, port, sessions, 2, 0)  # so that every process has read what it reads once
            for people, pace in ((1, 0.0), (PEOPLE, PACE)):
                console.print(f"{kind.__name__}, {people} at once, {size:,} open cases")
                each = cases if people == 1 else max(cases // 5, 3)
                found[kind, people] = crew(kind, HOST, port, sessions[:people], each, pace)
            if kind is Ours:
                console.print(f"{kind.__name__}, {PEOPLE} at once who never think, {size:,} open cases")
                busy, before = os.getloadavg()[0], cpu(made)
                hurried = crew(kind, HOST, port, sessions, max(cases // 5, 3), 0)
                spent = cpu(made) - before
    for people in (1, PEOPLE):
        ours, theirs = found[Ours, people], found[Admin, people]
        whom = "one reviewer" if people == 1 else f"{people} reviewers at once, a case every {PACE:.0f} s each"
        for action, what in ACTIONS.items():
            where = f"{action}: {what}, {size:,} open cases, {whom}"
            barred = "<= 100" if last and people == PEOPLE and action != "next" else ""
            n = ours.n(action)
            yield Row(f"{where}, median", ours.median(action), "ms", n, PEER, theirs.median(action))
            yield Row(f"{where}, p95", ours.p95(action), "ms", n, bar=barred)
            yield Row(f"{PEER}, {where}, p95", theirs.p95(action), "ms", theirs.n(action))
    alone, peer = found[Ours, 1], found[Admin, 1]
    for action in ACTIONS:
        most, theirs_most = max(alone.statements[action]), max(peer.statements[action])
        figure = f"{action}: SQL statements at the most, {size:,} open cases"
        yield Row(figure, most, "", alone.n(action), PEER, theirs_most)
    whom = f"{PEOPLE} reviewers who never think, {size:,} open cases"
    for action in ("open", "submit"):
        where = f"{action}: {ACTIONS[action]}, {whom}"
        yield Row(f"{where}, median", hurried.median(action), "ms", hurried.n(action))
        note = f"as fast as two cores go; load {busy:.1f} as they began"
        yield Row(f"{where}, p95", hurried.p95(action), "ms", hurried.n(action), note=note)
    decided = hurried.n("submit")
    yield Row(f"{whom}: cases handed out, opened, decided and left", decided / hurried.seconds, "cases/s", decided)
    note = "of these processes, whatever else the machine does"
    figure = (
        f"CPU time of web and PostgreSQL for a case that is handed out, opened, decided and left, {size:,} open cases"
    )
    yield Row(figure, spent / decided * 1000, "ms", decided, note=note)


def cpu(made: Stage) -> float:
    """Seconds that PostgreSQL and every process of the stage have computed so far."""
    roots = [psutil.Process(), psutil.Process(made.server.process.pid)]
    family = {each.pid: each for root in roots for each in (root, *root.children(recursive=True))}
    times = [each.cpu_times() for pid, each in family.items() if pid != os.getpid()]
    return sum(each.user + each.system for each in times)


def _browser(made: Stage, session: str, size: int, cases: int) -> Iterator[Row]:
    """Press the key that approves; as soon as another case is on screen, press it again."""
    from playwright.sync_api import sync_playwright

    from tests.chromium import find_chromium

    console.print(f"By keyboard in a headless browser, {size:,} open cases")
    shown = "() => document.querySelector('main .head .id').textContent"
    with web(made, "config.settings") as port, sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        chromium = playwright.chromium.launch(executable_path=find_chromium(), args=arguments)
        context = chromium.new_context(base_url=f"http://{HOST}:{port}", viewport={"width": 1280, "height": 800})
        context.add_cookies([{"name": "sessionid", "value": session, "url": f"http://{HOST}:{port}"}])
        page = context.new_page()
        page.goto("/review/")
        page.get_by_role("button", name="Take the next one").click()
        page.wait_for_url("**/review/BR-*/")
        begin, decided = perf_counter(), set[str]()
        while len(decided) < cases:
            number = page.evaluate(shown)
            assert number not in decided, f"{number} was shown twice."
            decided.add(number)
            page.keyboard.press("a")
            page.wait_for_function(f"number => ({shown})() !== number", arg=number)
        seconds = (perf_counter() - begin) / cases
        took = list(_looked_at(page, shown, cases // 2))
        chromium.close()
    where = f"by keyboard alone in a headless browser, without thinking, {size:,} open cases"
    yield Row(f"The machine's share of a case, {where}", seconds, "s", cases, bar="<= 0.2")
    yield Row(f"Cases an hour, {where}", 3600 / seconds, "cases/h", cases)
    where = f"from the decision to the next case on screen, {PAUSE:.0f} s after the one before, {size:,} open cases"
    yield Row(f"In the browser, {where}, median", median(took), "ms", len(took))
    yield Row(f"In the browser, {where}, p95", quantiles(took, n=20)[18], "ms", len(took), bar="<= 50")


def _looked_at(page: "Page", shown: str, cases: int) -> Iterator[float]:
    """Milliseconds from each key that approves to the frame that shows another case, read for a moment before."""
    from tests.chromium import STOPWATCH

    page.evaluate(STOPWATCH)
    for _ in range(cases):
        page.wait_for_timeout(PAUSE * 1000)
        number = page.evaluate(shown)
        page.keyboard.press("a")
        page.wait_for_function(f"number => window.took.length && ({shown})() !== number", arg=number)
        yield page.evaluate("window.took.pop()")


def _people() -> "tuple[Actor, list[str]]":
    """As many reviewers: the first of them, and the session of each."""
    from apps.portal.people import add_member
    from apps.tenants.actors import SYSTEM, Actor
    from benchmarks.reviewers import session_of

    members = [
        add_member(actor=SYSTEM, email=f"bench{n}@northgate.example", name=f"Reviewer {n}", role="senior_reviewer")
        for n in range(PEOPLE)
    ]
    first = Actor("person", str(members[0].user_id), members[0].user.name, members[0].role)
    return first, [session_of(member.user) for member in members]


def _administer(made: Stage, statement: LiteralString) -> None:
    import psycopg

    with psycopg.connect(made.server.url("postgres"), autocommit=True) as connection:
        connection.execute(statement)


@contextmanager
def web(made: Stage, settings: str) -> Iterator[int]:
    """The web as the product starts it, on a port of its own."""
    port = free_port()
    os.environ["DJANGO_SETTINGS_MODULE"] = settings
    child = made.process(
        *("-m", "granian", "benchmarks.review_web:application", "--interface", "wsgi", "--host", "127.0.0.1"),
        *("--port", str(port), "--workers", "2", "--blocking-threads", "2"),
    )
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    try:
        _until_it_answers(port)
        yield port
    finally:
        stop(child)


def _until_it_answers(port: int) -> None:
    until = monotonic() + 120  # on a busy machine
    while True:
        try:
            urlopen(f"http://127.0.0.1:{port}/static/favicon.svg", timeout=2)
        except OSError as error:
            if getattr(error, "code", 0):  # any answer is one
                return
            if monotonic() > until:
                raise
            sleep(0.1)
        else:
            return


if __name__ == "__main__":
    main()
