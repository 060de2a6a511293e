import os
import stat
from signal import SIGKILL

import pytest
import redis

from embedded import broker
from embedded.broker import find, start
from embedded.errors import Problem


@pytest.fixture
def folder(tmp_path):
    yield tmp_path / "broker"
    running = find(tmp_path / "broker")
    if running is not None:
        running.stop()


def test_it_passes_messages_on_until_it_is_stopped(folder):
    running = start(folder)
    assert running.url == broker.url(folder)
    with redis.Redis(unix_socket_path=str(running.socket)) as client:
        client.lpush("quick", "case 1")
        assert client.rpop("quick") == b"case 1"
    running.stop()
    assert find(folder) is None


def test_starting_what_runs_returns_it(folder):
    assert start(folder).process == start(folder).process


def test_a_killed_broker_is_started_again(folder):
    first = start(folder)
    first.process.send(SIGKILL)
    first.process.wait(10, first.child)
    assert find(folder) is None
    assert start(folder).process != first.process


def test_only_its_owner_reaches_the_socket(folder):
    running = start(folder)
    assert stat.S_IMODE(running.socket.stat().st_mode) == 0o700
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert running.socket.stat().st_uid == os.geteuid()


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(Problem, match="Not a directory"):
        start(tmp_path / "file" / "broker")
