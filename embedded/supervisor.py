"""Runs a plan: starts everything, starts again what dies, and leaves nothing behind, however it ends."""

import hashlib
import http.client
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rich.console import Console

from embedded import checks
from embedded.errors import Problem
from embedded.logs import fresh_log, last_lines
from embedded.plan import Embedded, Plan, Server, Service, Step
from embedded.processes import Identity
from embedded.records import POSTGRES_STOPS_WITH, Records, stop_leftovers

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
READY_SECONDS = 60.0
MOST_DEATHS = 5  # of one process
WITHIN_SECONDS = 60.0
LOOK_SECONDS = 0.2


class Stopped(Exception):
    """Someone asked us to stop."""


@dataclass
class Running:
    """A process that must live: how it was started, and when it died lately."""

    what: Embedded | Service
    process: Identity
    child: "subprocess.Popen[Any] | None"
    log: Path
    server: Server | None = None
    deaths: deque[float] = field(default_factory=lambda: deque(maxlen=MOST_DEATHS))

    def dead(self) -> bool:
        return self.child.poll() is not None if self.child is not None else not self.process.alive()

    def stop(self, *, hurry: bool) -> None:
        if self.server is not None:
            self.server.stop()
        elif isinstance(self.what, Service):
            self.process.stop(signal.SIGTERM, 0.0 if hurry else self.what.grace, self.child)


class Supervisor:
    def __init__(self, plan: Plan, var: Path, port: int, console: Console) -> None:
        self.plan, self.var, self.port, self.console = plan, var, port, console
        self.address = f"http://localhost:{port}"
        self.records = Records(var / "run.json", Identity.of(os.getpid()), self.address, [])
        self.running: list[Running] = []
        self.asked = threading.Event()
        self.hurry = False

    def run(self, *, once: bool) -> int:
        """Returns the exit code: the finale's when `once`, 0 after a stop that was asked for while serving.

        Raises Problem, with everything stopped, when the run cannot start or go on.
        """
        checks.check_folder(self.var)
        with checks.alone(self.var):
            self.heal()
            checks.check_space(self.var)
            checks.check_port(self.port)
            with self.signals(), self.guardian():
                try:
                    return self.carry_out(once=once)
                except Stopped:
                    return 130
                finally:
                    self.stop_all()

    def carry_out(self, *, once: bool) -> int:
        with self.timed(" and ".join(server.title for server in self.plan.servers)):
            for server in self.plan.servers:
                self.start_server(server)
        self.start_services([service for service in self.plan.services if service.first])
        for step in self.plan.steps:
            self.run_step(step)
        rest = [service for service in self.plan.services if not service.first]
        with self.timed(", ".join(service.name for service in rest)):
            self.start_services(rest)
        code = self.run_finale() if self.plan.finale else 0
        if once:
            return code
        self.console.print(
            f"Serving on [bold]{self.address}[/]. Logs are in {self.var / 'log'}. Ctrl-C stops.", soft_wrap=True
        )
        try:
            while True:
                self.look_after()
        except Stopped:
            return 0

    @contextmanager
    def signals(self) -> Iterator[None]:
        before = {number: signal.signal(number, self.ask) for number in SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def ask(self, *_: object) -> None:
        """The first signal asks; the second one, as of someone who will not wait, takes the time to finish away."""
        self.hurry = self.asked.is_set()
        self.asked.set()

    @contextmanager
    def guardian(self) -> Iterator[None]:
        command = [sys.executable, "-m", "embedded.guardian", str(self.records.path)]
        guard = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True, env=self.environment())
        try:
            self.records.write()
            yield
        finally:
            self.records.path.unlink(missing_ok=True)
            guard.communicate()

    def heal(self) -> None:
        left = stop_leftovers(self.records.path)
        if left:
            self.console.print(
                f"A run that was killed had left {', '.join(left)} behind: stopped.", style="yellow", soft_wrap=True
            )

    def environment(self) -> dict[str, str]:
        return {**os.environ, **self.plan.environment}

    @contextmanager
    def timed(self, title: str) -> Iterator[None]:
        begin = time.monotonic()
        if not title:
            yield
            return
        with self.console.status(title):
            yield
        self.console.print(f"  [green]✓[/] {title:<52} {time.monotonic() - begin:6.1f} s", highlight=False)

    def start_server(self, what: Embedded, deaths: "deque[float] | None" = None) -> None:
        log = fresh_log(self.var / "log", what.name)
        server = what.start(log)
        stop_with = POSTGRES_STOPS_WITH if what.name == "postgres" else signal.SIGTERM
        self.records.add(what.name, server.process, stop_with)
        self.add(Running(what, server.process, server.child, log, server), deaths)
        self.check_asked()

    def start_services(self, services: list[Service]) -> None:
        for service in services:
            self.start_service(service)
        for service in services:
            if service.answers:
                self.wait_for(service)

    def start_service(self, service: Service, deaths: "deque[float] | None" = None) -> None:
        log = fresh_log(self.var / "log", service.name)
        child = self.spawn(service.name, service.command, log)
        self.add(Running(service, Identity.of(child.pid), child, log), deaths)

    def add(self, running: Running, deaths: "deque[float] | None") -> None:
        running.deaths = deaths if deaths is not None else running.deaths
        self.running.append(running)

    def spawn(self, name: str, command: tuple[str, ...], log: Path | None, **variables: str) -> "subprocess.Popen[Any]":
        """Start a command in a group of its own, so that the terminal's Ctrl-C reaches us alone, and record it."""
        with (log or Path(os.devnull)).open("ab") as output:
            child: subprocess.Popen[Any] = subprocess.Popen(
                command,
                cwd=self.plan.root,
                env=self.environment() | variables,
                stdin=subprocess.DEVNULL,
                stdout=output if log else None,
                stderr=output if log else None,
                start_new_session=True,
            )
        self.records.add(name, Identity.of(child.pid))
        return child

    def wait_for(self, service: Service) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not answers(service.answers):
            self.look_after()
            if time.monotonic() > deadline:
                log = self.var / "log" / f"{service.name}.log"
                raise Problem(f"{service.name} does not answer at {service.answers}:\n{last_lines(log)}")

    def run_step(self, step: Step) -> None:
        state = fingerprint(self.plan.root, step)
        if step.stamp is not None and step.stamp.exists() and step.stamp.read_text() == state:
            self.console.print(f"  [dim]· {step.title:<52} unchanged[/]", highlight=False)
            return
        with self.timed(step.title):
            log = fresh_log(self.var / "log", step.name)
            code = self.wait_for_end(self.spawn(step.name, step.command, log, **step.variables))
        if code != 0:
            raise Problem(f"{step.title}: failed with exit code {code}. The end of {log}:\n{last_lines(log)}")
        if step.stamp is not None:
            step.stamp.write_text(state)

    def run_finale(self) -> int:
        return self.wait_for_end(self.spawn("finale", self.plan.finale, None))

    def wait_for_end(self, child: "subprocess.Popen[Any]") -> int:
        process = Identity.of(child.pid)
        try:
            while child.poll() is None:
                self.look_after()
        finally:
            process.stop(signal.SIGTERM, 0.0 if self.hurry else 5.0, child)
            self.records.remove(process)
        return int(child.returncode)

    def check_asked(self) -> None:
        if self.asked.is_set():
            raise Stopped

    def look_after(self) -> None:
        """Wait a moment, and start again whatever has died."""
        self.asked.wait(LOOK_SECONDS)
        self.check_asked()
        for running in [running for running in self.running if running.dead()]:
            self.revive(running)

    def revive(self, running: Running) -> None:
        name, now = running.what.name, time.monotonic()
        running.deaths.append(now)
        if len(running.deaths) == MOST_DEATHS and now - running.deaths[0] < WITHIN_SECONDS:
            raise Problem(
                f"{name} died {MOST_DEATHS} times in a minute. The end of {running.log}:\n{last_lines(running.log)}"
            )
        self.console.print(
            f"{name} has died and is started again. The end of its log:\n{last_lines(running.log, 5)}",
            markup=False,
            soft_wrap=True,
        )
        running.process.stop(signal.SIGKILL, 0.0)
        self.running.remove(running)
        self.records.remove(running.process)
        if isinstance(running.what, Embedded):
            self.start_server(running.what, running.deaths)
        else:
            self.start_service(running.what, running.deaths)

    def stop_all(self) -> None:
        """Stop everything in reverse order of its start. Services end together: a slow one would hold up the rest."""
        services = [running for running in reversed(self.running) if running.server is None]
        for running in services:
            running.process.send(signal.SIGTERM)
        for running in [*services, *(running for running in reversed(self.running) if running.server is not None)]:
            running.stop(hurry=self.hurry)
            self.records.remove(running.process)


def fingerprint(root: Path, step: Step) -> str:
    """What a step's outcome depends on: its command and the content of its inputs."""
    digest = hashlib.sha256(repr(step.command).encode())
    found = {path for pattern in step.inputs for path in root.glob(pattern) if "__pycache__" not in path.parts}
    for path in sorted(path for path in found if path.is_file()):
        digest.update(f"{path.relative_to(root)}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\0".encode())
    return digest.hexdigest()


def answers(address: str) -> bool:
    """Whether something speaks HTTP there, whatever it says."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port, timeout=5)
    try:
        connection.request("GET", parts.path or "/", headers={"Host": "localhost"})
        connection.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True
