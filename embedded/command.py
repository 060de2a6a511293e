"""One of manage.py's commands on the embedded PostgreSQL: python -m embedded.command rehearse --data …

Uses the server of a run that is going on, and else starts it for as long as the command takes. Where DATABASE_URL is
set, that database is used and nothing is started.
"""

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from embedded import broker, postgres
from embedded.checks import check_folder
from embedded.errors import Problem
from embedded.product import ROOT, port_number, secret_key, var_folder


def main(arguments: list[str]) -> int:
    var = var_folder(os.environ)
    try:
        check_folder(var)
        with database(var):
            command = [sys.executable, str(ROOT / "manage.py"), *arguments]
            return subprocess.run(command, env=environment(var), check=False).returncode
    except Problem as problem:
        print(problem, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def environment(var: Path) -> dict[str, str]:
    """What the product's own processes get, and the right to make a tenant; what is set already stays."""
    made = {
        "VAR_DIR": str(var),
        "PORT": str(port_number(os.environ)),
        "SECRET_KEY": os.environ.get("SECRET_KEY") or secret_key(var),
        "BROKER_URL": broker.url(var / "broker"),
    }
    if not os.environ.get("DATABASE_URL"):
        data = var / "postgres"
        made |= {
            "DATABASE_URL": postgres.future_url(data, "app_login", postgres.DATABASE),
            "DATABASE_OWNER_URL": postgres.future_url(data, "app_owner", postgres.DATABASE),
        }
    return {**os.environ, **{name: value for name, value in made.items() if not os.environ.get(name)}}


@contextmanager
def database(var: Path) -> Iterator[None]:
    """The embedded server runs inside the block. Who started it stops it, unless a run or another command needs it."""
    if os.environ.get("DATABASE_URL"):
        yield
        return
    with (var / "commands.lock").open("w") as commands:
        fcntl.flock(commands, fcntl.LOCK_SH)
        started = postgres.find(var / "postgres") is None
        server = postgres.start(var / "postgres")
        try:
            yield
        finally:
            if started and _alone(commands.fileno()) and not _run_goes_on(var):
                server.stop()


def _alone(commands: int) -> bool:
    try:
        fcntl.flock(commands, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _run_goes_on(var: Path) -> bool:
    with (var / "run.lock").open("a") as run:
        try:
            fcntl.flock(run, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
