"""PostgreSQL 18 with pgvector from the programs of an installed wheel: our own life cycle, one folder, one unix socket.

python -m embedded.postgres start|stop|status FOLDER
"""

import errno
import fcntl
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from signal import SIGINT, SIGQUIT
from typing import Any
from urllib.parse import quote

import psutil

from embedded import roles
from embedded.errors import Problem, explain
from embedded.placement import Placement, place
from embedded.processes import Identity
from embedded.sockets import make_private, socket_folder

DATABASE = "thinslice"
SUPERUSER = "postgres"
START_SECONDS = 120.0  # recovery after a crash replays at most max_wal_size
STOP_SECONDS = 30.0

Surroundings = dict[str, Any]

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "max_locks_per_transaction": "512",  # one transaction may touch every table of a tenant's schema
    "shared_buffers": "256MB",
    "random_page_cost": "1.1",
    "jit": "off",  # compiling costs more than it saves on queries of a few milliseconds
    "log_min_messages": "warning",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
NOT_DURABLE = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "256MB",  # it may lie in memory
}


@dataclass(frozen=True)
class Server:
    """A running server. `url` is a connection string with the socket's folder as its host."""

    data_dir: Path
    socket_dir: Path
    process: Identity
    child: "subprocess.Popen[Any] | None" = None

    def url(self, role: str = "app_login", database: str = DATABASE) -> str:
        return url(self.socket_dir, role, database)

    def stop(self) -> None:
        """Stop it, rolling back what is open; raises Problem when it stays."""
        self.process.send(SIGINT)
        if not self.process.wait(STOP_SECONDS, self.child):
            self.process.send(SIGQUIT)
            if not self.process.wait(STOP_SECONDS, self.child):
                pid = self.process.pid
                raise Problem(f"PostgreSQL (process {pid}) does not stop. Stop it with: kill -9 {pid}")


def url(socket_dir: Path, role: str, database: str) -> str:
    return f"postgresql://{role}@/{database}?host={quote(str(socket_dir))}"


def future_url(data_dir: Path, role: str, database: str) -> str:
    """What `url` will be once the server on `data_dir` runs."""
    places = place(data_dir)
    return url(socket_folder(places.data, places.user), role, database)


def start(data_dir: Path, *, durable: bool = True, log: Path | None = None) -> Server:
    """Start the server on `data_dir`, creating it first when there is none, or return the one that runs there already.

    `durable=False` leaves out every wait for the disk: for tests. What the server prints goes to `log`, by default
    beside the folder. Safe to call from several processes at once. Raises Problem with what to do.
    """
    places = place(data_dir)
    log = log or data_dir.absolute().with_suffix(".log")
    with locked(places):
        running = find(data_dir)
        if running is not None:
            return running
        create_cluster(places)
        sockets = socket_folder(places.data, places.user)
        make_private(sockets, places.user)
        remove_stale_locks(places.data, sockets)
        server = launch(places, sockets, SETTINGS if durable else SETTINGS | NOT_DURABLE, log)
        roles.prepare_cluster(server.url(SUPERUSER, "postgres"), DATABASE)
        roles.prepare_database(server.url(SUPERUSER))
    return server


def find(data_dir: Path) -> Server | None:
    """The server that runs on `data_dir`, if it does and is ready."""
    data = place(data_dir).data
    lock = read_lock(data)
    if (
        lock is None
        or len(lock) < 8
        or lock[7].strip() not in {"ready", "standby"}
        or not is_server(int(lock[0]), data)
    ):
        return None
    return Server(data, Path(lock[4]), Identity.of(int(lock[0])))


@contextmanager
def locked(places: Placement) -> Iterator[None]:
    try:
        with places.data.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
    except OSError as error:
        raise explain(error, places.data.parent) from error


def create_cluster(places: Placement) -> None:
    """Run initdb in a folder beside the real one and rename it: a half-made cluster is never taken for a whole one."""
    version = places.data / "PG_VERSION"
    if version.exists():
        ours = run_program(places, "postgres", "--version").split()[-1].split(".")[0]
        if version.read_text().strip() != ours:
            raise Problem(
                f"The data in {places.data} was made by PostgreSQL {version.read_text().strip()}, and this is {ours}. "
                "Dump it with the old version and load it with this one, or start afresh after `make clean`."
            )
        return
    if places.data.exists() and any(places.data.iterdir()):
        raise Problem(
            f"{places.data} holds something that is not a PostgreSQL data folder. Move it away and start again."
        )
    draft = places.data.with_name(f"{places.data.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    make_private(draft, places.user)
    options = ["-A", "trust", "-E", "UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    run_program(places, "initdb", "-D", str(draft), "-U", SUPERUSER, *options, "--no-instructions")
    draft.rename(places.data)


def run_program(places: Placement, name: str, *arguments: str) -> str:
    """Run one of the programs as the user that owns the data, and return what it printed."""
    command = [str(places.programs / name), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, **surroundings(places))
    if done.returncode != 0:
        raise Problem(diagnose(f"PostgreSQL's {name} failed", done.stderr, places.data))
    return done.stdout


def surroundings(places: Placement) -> Surroundings:
    """The user, folder and environment of the programs: nothing of the caller's PG* variables, messages in English."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    place: Surroundings = {"cwd": "/", "env": environment | {"LC_ALL": "C"}, "stdin": subprocess.DEVNULL}
    if places.dropped:
        place |= {"user": places.user, "group": places.group, "extra_groups": []}
    return place


def launch(places: Placement, sockets: Path, settings: dict[str, str], log: Path) -> Server:
    """Start the server and wait until it takes connections, recovery included."""
    settings = settings | {"unix_socket_directories": str(sockets)}
    command = [str(places.programs / "postgres"), "-D", str(places.data)]
    command += [f"--{name}={value}" for name, value in settings.items()]
    deadline = time.monotonic() + START_SECONDS
    while True:
        with log.open("ab") as output:
            begin = output.tell()
            child = subprocess.Popen(
                command, stdout=output, stderr=output, start_new_session=True, **surroundings(places)
            )
        if wait_until_ready(child, places.data, deadline):
            return Server(places.data, sockets, Identity.of(child.pid), child)
        said = printed_since(log, begin)
        # The previous server was killed and its children have not all noticed yet: they do within moments.
        if "is still in use" not in said or time.monotonic() > deadline:
            raise Problem(diagnose(f"PostgreSQL did not start (its log is {log})", said, places.data))
        time.sleep(0.2)


def wait_until_ready(child: "subprocess.Popen[Any]", data: Path, deadline: float) -> bool:
    while child.poll() is None:
        lock = read_lock(data)
        if lock is not None and int(lock[0]) == child.pid and len(lock) > 7 and lock[7].strip() == "ready":
            return True
        if time.monotonic() > deadline:
            child.send_signal(SIGQUIT)
            child.wait()
        time.sleep(0.01)
    return False


def read_lock(data: Path) -> list[str] | None:
    """The lines of postmaster.pid: process, data folder, start, port, socket folder, address, shared memory, status."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return None
    return lines if lines and lines[0].strip().isdigit() else None


def is_server(pid: int, data: Path) -> bool:
    """Whether that process is a PostgreSQL server on this data folder, and not a stranger under a number used again."""
    try:
        command = psutil.Process(pid).cmdline()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False
    return len(command) > 2 and Path(command[0]).name == "postgres" and command[2] == str(data)


def remove_stale_locks(data: Path, sockets: Path) -> None:
    """Remove lock files of a server that was killed: PostgreSQL honours them once another process has its number."""
    lock = read_lock(data)
    if lock is None or not is_server(int(lock[0]), data):
        (data / "postmaster.pid").unlink(missing_ok=True)
        (sockets / ".s.PGSQL.5432.lock").unlink(missing_ok=True)


def printed_since(log: Path, begin: int) -> str:
    with log.open("rb") as output:
        output.seek(begin)
        return output.read().decode(errors="replace")


def diagnose(what: str, said: str, folder: Path) -> str:
    """Turn what PostgreSQL printed into one message that says what to do."""
    if "No space left on device" in said:
        return str(explain(OSError(errno.ENOSPC, ""), folder))
    if "Read-only file system" in said or "Permission denied" in said:
        return str(explain(OSError(errno.EACCES, "permission denied"), folder))
    lines = [line for line in said.splitlines() if "FATAL" in line or "error" in line.lower()] or said.splitlines()
    return f"{what}: {' '.join(lines[-3:]).strip() or 'it said nothing'}"


def main(arguments: list[str]) -> int:
    if len(arguments) != 2 or arguments[0] not in {"start", "stop", "status"}:
        print(__doc__, file=sys.stderr)
        return 2
    command, data_dir = arguments[0], Path(arguments[1])
    try:
        server = start(data_dir) if command == "start" else find(data_dir)
        if command == "stop" and server is not None:
            server.stop()
    except Problem as problem:
        print(problem, file=sys.stderr)
        return 1
    if command == "stop" or server is None:
        print("PostgreSQL is not running." if server is None else "PostgreSQL has stopped.")
        return 0 if command == "stop" else 1
    print(f"DATABASE_URL={server.url()}\nDATABASE_OWNER_URL={server.url('app_owner')}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
