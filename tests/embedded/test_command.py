"""A management command on the embedded PostgreSQL, when no run is going on."""

import pytest

from embedded import command, postgres


@pytest.fixture
def nothing_set(monkeypatch, tmp_path):
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "SECRET_KEY", "BROKER_URL"):
        monkeypatch.delenv(name, raising=False)
    tmp_path.chmod(0o755)
    return tmp_path / "var"


def test_a_database_that_is_named_is_used_and_nothing_is_started(tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://somebody@elsewhere/thinslice")
    with command.database(tmp_path):
        assert list(tmp_path.iterdir()) == []
    assert command.environment(tmp_path)["DATABASE_URL"] == "postgresql://somebody@elsewhere/thinslice"


def test_the_server_runs_for_as_long_as_a_command_needs_it(nothing_set):
    nothing_set.mkdir()
    data = nothing_set / "postgres"
    with command.database(nothing_set):
        with command.database(nothing_set):
            assert postgres.find(data)
        assert postgres.find(data)
    assert postgres.find(data) is None


def test_the_environment_is_that_of_the_products_processes(nothing_set):
    nothing_set.mkdir()
    made = command.environment(nothing_set)
    assert made["DATABASE_URL"].startswith("postgresql://app_login@")
    assert made["DATABASE_OWNER_URL"].startswith("postgresql://app_owner@")
    assert made["SECRET_KEY"] == command.environment(nothing_set)["SECRET_KEY"]
