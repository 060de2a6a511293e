"""What must hold before anything is started, each with a message that says what to do when it does not."""

import errno
import fcntl
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from embedded.errors import Problem, explain
from embedded.records import read_records

LEAST_FREE = 500 * 1024 * 1024  # bytes


def check_folder(var: Path) -> None:
    """The folder exists afterwards and can be written."""
    probe = var / ".probe"
    try:
        var.mkdir(parents=True, exist_ok=True)
        probe.write_text("can be written")
        probe.unlink()
    except OSError as error:
        raise explain(error, var) from error


def check_space(var: Path, least: int = LEAST_FREE) -> None:
    free = shutil.disk_usage(var).free
    if free < least:
        raise Problem(
            f"The disk that holds {var} has {free // 2**20} MB left, and {least // 2**20} MB are needed. "
            "Free some space, or name a folder on another disk: VAR_DIR=/some/folder make run"
        )


def check_port(port: int) -> None:
    """Whether the web address is free; when it is not, say who has it and name the next one that is."""
    if is_free(port):
        return
    other = next(number for number in range(port + 1, 65536) if is_free(number))
    raise Problem(f"Port {port} is taken{by_whom(port)}. Stop that, or take another port: PORT={other} make run")


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen()
        except OSError as error:
            if error.errno == errno.EACCES:
                raise Problem(f"Port {port} needs root. Take one above 1024: PORT=8000 make run") from None
            return False
        return True


def by_whom(port: int) -> str:
    try:
        for connection in psutil.net_connections("tcp"):
            if (
                connection.status == psutil.CONN_LISTEN
                and connection.laddr
                and connection.laddr.port == port
                and connection.pid
            ):
                process = psutil.Process(connection.pid)
                return f" by {process.name()} (process {process.pid})"
    except (psutil.AccessDenied, psutil.NoSuchProcess):
        pass  # another user's process: its name is not ours to see
    return ""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def alone(var: Path) -> Iterator[None]:
    """Hold the folder's lock. The kernel releases it when this process ends, in whatever way."""
    with (var / "run.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Problem(already_running(var)) from None
        yield


def already_running(var: Path) -> str:
    records = read_records(var / "run.json")
    if records is None:
        return f"Another run with {var} is just starting or stopping. Try again in a moment."
    return (
        f"Thinslice runs already: {records.address}, process {records.supervisor.pid}. "
        f"Stop it with Ctrl-C in its terminal or with: kill {records.supervisor.pid}"
    )
