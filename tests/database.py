"""One PostgreSQL server for all tests that run on this machine, one database for each test process.

A template database, named after everything that shapes it, holds the migrated schemas and the cast; a process copies
it in a tenth of a second, and again after a test that really committed. The server is stopped by whoever is last.

It lies in memory where there is room, and on the disk between runs: a copy has two thousand files, and ext4 takes a
second to find that many inodes when as many were given back within the last minute.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import psutil
import psycopg
from psycopg import sql

from embedded import postgres, roles
from embedded.errors import Problem

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "var" / "test"
MEMORY = Path("/dev/shm")  # each clone has a folder of its own there
ROOM = 1 << 30  # bytes: the databases of a run on many cores, and their journal
SHAPES = (
    "apps/*/migrations/*.py",
    "apps/tenants/**/*.py",
    "embedded/roles.py",
    "tests/cast.py",
    "requirements/run.txt",
)


def server_folder() -> Path:
    """In memory, where that has room or the server is there already."""
    own = MEMORY / f"thinslice-test-{hashlib.sha256(os.fsencode(ROOT)).hexdigest()[:12]}"
    usable = own.exists() or (os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM)
    return own if usable else VAR


KEPT = VAR / "postgres"  # where the server's files lie between runs
DATA = server_folder() / "postgres"


def own_name() -> str:
    """The database of this process. A process number in it shows later whether anyone still uses it."""
    run = os.environ.setdefault("TEST_RUN", str(os.getpid()))
    return f"test_{run}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"


def environment() -> dict[str, str]:
    """The variables of the product for this test process: nothing of the developer's own."""
    name = own_name()
    return {
        "DATABASE_URL": postgres.future_url(DATA, "app_login", name),
        "DATABASE_OWNER_URL": postgres.future_url(DATA, "app_owner", name),
        "BROKER_URL": "memory://",
        "SECRET_KEY": "only-for-tests-" + "0123456789abcdef" * 4,
        "DEBUG": "false",
        "BASE_DOMAIN": "localhost",
        "HTTPS": "false",
        "VAR_DIR": str(VAR / name),
        "MODEL_DIR": str(ROOT / "var" / "test-models"),
        "ANTHROPIC_API_KEY": "",
        "ANTHROPIC_BASE_URL": "",
        "SYSTEM_OF_RECORD_URL": "",
    }


def join() -> IO[str]:
    """Take part in the use of the server. Keep what is returned until `leave`; the kernel lets go if we are killed."""
    (VAR / own_name() / "static").mkdir(parents=True, exist_ok=True)
    DATA.parent.mkdir(exist_ok=True)
    share = (VAR / "users.lock").open("w")
    fcntl.flock(share, fcntl.LOCK_SH)
    return share


def leave(share: IO[str]) -> None:
    """Remove this process's folder, and stop the server unless someone else uses it."""
    shutil.rmtree(VAR / own_name(), ignore_errors=True)
    with share:
        try:
            fcntl.flock(share, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        server = postgres.find(DATA)
        if server is not None:
            server.stop()
        if DATA != KEPT and DATA.exists():
            shutil.rmtree(KEPT, ignore_errors=True)
            carry(DATA, KEPT)
            shutil.rmtree(DATA.parent)


def carry(source: Path, target: Path) -> None:
    """Copy with owners and permissions: the server may run as somebody else."""
    subprocess.run(["cp", "-a", str(source), str(target)], check=True)


@contextmanager
def exclusively() -> Iterator[None]:
    with (VAR / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def running_server() -> postgres.Server:
    """The server, without any wait for the disk. Lost power may leave it broken: then it is made anew."""
    if DATA != KEPT and KEPT.exists() and not DATA.exists():
        carry(KEPT, DATA)
    try:
        return postgres.start(DATA, durable=False)
    except Problem:
        shutil.rmtree(DATA, ignore_errors=True)
        return postgres.start(DATA, durable=False)


def administrator() -> psycopg.Connection:
    return psycopg.connect(postgres.future_url(DATA, postgres.SUPERUSER, "postgres"), autocommit=True)


def create_own_database() -> None:
    """Start the server if need be, build the template if what shapes it has changed, and copy it."""
    VAR.mkdir(parents=True, exist_ok=True)
    with exclusively():
        running_server()
        with administrator() as connection:
            drop_forgotten(connection)
            template = f"template_{fingerprint()}"
            if connection.execute("SELECT FROM pg_database WHERE datname = %s", [template]).rowcount == 0:
                build_template(connection, template)
            copy(connection, template, own_name())


def copy_again() -> None:
    """Throw away what a test committed, with whatever connections its processes left open."""
    drop_own_database()
    create_own_database()


def drop_own_database() -> None:
    from django.db import connections

    connections.close_all()
    with administrator() as connection:
        drop(connection, own_name())


def build_template(administration: psycopg.Connection, template: str) -> None:
    """Migrate an empty database and put the cast into it. It gets its name last, so half a template is never used."""
    from django.core.management import call_command
    from django.db import connection

    from tests import cast

    draft = f"draft_{os.getpid()}"
    drop(administration, draft)
    administration.execute(sql.SQL("CREATE DATABASE {} OWNER app_owner").format(sql.Identifier(draft)))
    roles.prepare_database(postgres.future_url(DATA, postgres.SUPERUSER, draft))
    connection.close()
    own = connection.settings_dict
    connection.settings_dict = {**own, "NAME": draft}
    try:
        call_command("migrate_schemas", interactive=False, verbosity=0)
        cast.build()
    finally:
        connection.close()
        connection.settings_dict = own
    for (old,) in administration.execute(
        "SELECT datname FROM pg_database WHERE datname LIKE 'template\\_%'"
    ).fetchall():
        if old not in {"template0", "template1"}:
            drop(administration, old)
    administration.execute(
        sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(draft), sql.Identifier(template))
    )


def copy(connection: psycopg.Connection, template: str, name: str) -> None:
    drop(connection, name)
    names = sql.Identifier(name), sql.Identifier(template)
    connection.execute(sql.SQL("CREATE DATABASE {} OWNER app_owner TEMPLATE {} STRATEGY file_copy").format(*names))
    roles.grant_database(postgres.future_url(DATA, postgres.SUPERUSER, name))


def drop(connection: psycopg.Connection, name: str) -> None:
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def drop_forgotten(connection: psycopg.Connection) -> None:
    """Drop the databases of test runs that were killed."""
    query = "SELECT datname FROM pg_database WHERE datname ~ '^(test|draft)_[0-9]+(_|$)'"
    for (name,) in connection.execute(query).fetchall():
        if not psutil.pid_exists(int(name.split("_")[1])):
            drop(connection, name)
            shutil.rmtree(VAR / name, ignore_errors=True)


def fingerprint() -> str:
    digest = hashlib.sha256()
    for path in sorted({path for shape in SHAPES for path in ROOT.glob(shape)}):
        digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]
