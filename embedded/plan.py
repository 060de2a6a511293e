"""What to run, as data: servers, then steps that end, then services that stay, then one last command."""

import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from embedded.processes import Identity


class Server(Protocol):
    """An embedded server that runs."""

    @property
    def process(self) -> Identity: ...

    @property
    def child(self) -> "subprocess.Popen[Any] | None": ...

    def stop(self) -> None: ...


@dataclass(frozen=True)
class Embedded:
    """A server that this package starts itself."""

    name: str
    title: str
    start: Callable[[Path], Server]  # takes the log file


@dataclass(frozen=True)
class Step:
    """A command that runs to its end, and not again until one of its inputs changes.

    `stamp` is a file inside the folder that the step fills, so that it goes when the folder goes; without one the step
    runs every time. `inputs` are patterns below the root. `variables` are added to the environment.
    """

    name: str
    title: str
    command: tuple[str, ...]
    inputs: tuple[str, ...] = ()
    stamp: Path | None = None
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Service:
    """A command that stays until it is told to stop, and is started again when it dies.

    `answers` is an address that gives any HTTP answer once the service is ready. A `first` service starts before the
    steps.
    """

    name: str
    command: tuple[str, ...]
    answers: str = ""
    first: bool = False
    grace: float = 15.0  # seconds


@dataclass(frozen=True)
class Plan:
    """Everything below the folder `root`. The exit code of `finale` is that of a run that ends after it."""

    root: Path
    environment: Mapping[str, str]
    servers: tuple[Embedded, ...]
    steps: tuple[Step, ...]
    services: tuple[Service, ...]
    finale: tuple[str, ...] = ()
