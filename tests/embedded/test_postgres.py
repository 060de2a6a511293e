import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from signal import SIGKILL

import psycopg
import pytest

from embedded import postgres
from embedded.errors import Problem
from embedded.placement import SHELTER, place
from embedded.postgres import diagnose, find, start
from embedded.sockets import make_private


@contextmanager
def open_folder() -> Iterator[Path]:
    """Pytest's own folders are closed to others, and the server that root starts runs as another user."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o711)
        yield Path(name)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Path]:
    """A whole data folder whose server has stopped, to be copied: making one takes most of a second."""
    with open_folder() as folder:
        start(folder / "data", durable=False).stop()
        yield folder / "data"


@pytest.fixture
def folder() -> Iterator[Path]:
    with open_folder() as folder:
        yield folder
        stop(folder / "data")


@pytest.fixture
def data(cluster: Path, folder: Path) -> Path:
    return copy(cluster, folder / "data")


def copy(cluster: Path, data: Path) -> Path:
    shutil.copytree(cluster, data)
    places = place(data)
    for path in (data, *data.rglob("*")):
        os.chown(path, places.user, places.group)
    return data


def stop(data: Path) -> None:
    server = find(data)
    if server is not None:
        server.stop()


def rows(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(statement).fetchall()


def kill(server: postgres.Server) -> None:
    server.process.send(SIGKILL)
    server.process.wait(10, server.child)


def test_the_roles_of_the_product_can_connect_and_vectors_are_there(data):
    server = start(data, durable=False)
    assert rows(server.url(), "SELECT current_user::text, current_database()::text") == [("app_login", "thinslice")]
    assert rows(server.url("app_owner"), "SELECT extensions.vector_dims('[1,2,3]'::extensions.vector)") == [(3,)]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        rows(server.url(), "CREATE TABLE public.mine (id int)")


def test_starting_what_runs_returns_it(data):
    first = start(data, durable=False)
    assert start(data).process == first.process
    first.stop()
    assert find(data) is None


def test_starts_at_the_same_time_make_one_server(data):
    with ThreadPoolExecutor(3) as pool:
        servers = list(pool.map(lambda _: start(data, durable=False), range(3)))
    assert len({server.process for server in servers}) == 1


def test_what_was_committed_survives_a_killed_server(data):
    server = start(data)
    with psycopg.connect(server.url("app_owner")) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    kill(server)
    assert find(data) is None
    assert rows(start(data).url("app_owner"), "SELECT answer FROM kept") == [(42,)]


def test_a_lock_that_names_a_strangers_process_is_removed(data):
    kill(start(data, durable=False))
    lock = data / "postmaster.pid"
    lock.write_text(f"{os.getpid()}\n" + lock.read_text().split("\n", 1)[1])
    assert rows(start(data, durable=False).url(), "SELECT 1") == [(1,)]


def test_a_cluster_that_was_cut_short_is_made_again(folder):
    half = folder / "data.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    server = start(folder / "data", durable=False)
    assert rows(server.url(), "SELECT 1") == [(1,)]
    server.stop()
    assert not half.exists()


def test_a_folder_with_something_else_in_it_is_left_alone(folder):
    data = folder / "data"
    data.mkdir()
    (data / "thesis.txt").write_text("years of work")
    with pytest.raises(Problem, match="holds something that is not a PostgreSQL data folder"):
        start(data)
    assert (data / "thesis.txt").read_text() == "years of work"


def test_data_of_another_version_is_left_alone(data):
    (data / "PG_VERSION").write_text("17\n")
    with pytest.raises(Problem, match=r"was made by PostgreSQL 17, and this is 18"):
        start(data)


def test_a_path_too_long_for_a_socket_gets_a_short_one(cluster, folder):
    deep = folder / ("very" * 20) / ("deep" * 20)
    deep.mkdir(parents=True)
    copy(cluster, deep / "data")
    server = start(deep / "data", durable=False)
    assert rows(server.url(), "SELECT 1") == [(1,)]
    server.stop()
    assert server.socket_dir.parent == Path("/tmp")
    shutil.rmtree(server.socket_dir)


def test_folders_above_stay_closed(tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    server = start(closed / "data", durable=False)
    assert rows(server.url(), "SELECT 1") == [(1,)]
    server.stop()
    assert closed.stat().st_mode & 0o777 == 0o700
    if SHELTER in server.data_dir.parents:
        shutil.rmtree(server.data_dir.parent)


def test_a_socket_folder_that_someone_else_made_is_refused(tmp_path):
    (tmp_path / "theirs").symlink_to(tmp_path)
    with pytest.raises(Problem, match="should be a folder and is something else"):
        make_private(tmp_path / "theirs", os.geteuid())


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("FATAL:  could not write to file: No space left on device", "is full. Free some space"),
        ("FATAL:  could not open file: Read-only file system", "cannot be written"),
        ("FATAL:  could not map shared memory", "could not map shared memory"),
        ("", "it said nothing"),
    ],
)
def test_a_server_that_does_not_start_is_explained(said, message):
    assert message in diagnose("PostgreSQL did not start", said, Path("/data"))


def test_the_command_starts_tells_and_stops(data):
    def command(word: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "embedded.postgres", word, str(data)], capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout

    assert command("status") == (1, "PostgreSQL is not running.\n")
    code, printed = command("start")
    assert code == 0
    assert rows(printed.split("DATABASE_URL=")[1].split()[0], "SELECT 1") == [(1,)]
    assert command("status") == (0, printed)
    assert command("stop") == (0, "PostgreSQL has stopped.\n")
