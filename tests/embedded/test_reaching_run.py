"""A command given by hand reaches what `make run` has started, and nothing else."""

from embedded.product import reaching_run


def test_a_command_reaches_the_run_of_its_folder(tmp_path):
    (tmp_path / "run.lock").touch()
    (tmp_path / "secret_key").write_text("kept\n")
    found = reaching_run({"VAR_DIR": str(tmp_path)})
    assert found["SECRET_KEY"] == "kept"
    assert found["DATABASE_URL"].startswith("postgresql://app_login@/thinslice?host=")
    assert found["DATABASE_OWNER_URL"].startswith("postgresql://app_owner@/thinslice?host=")
    assert found["BROKER_URL"].startswith("redis+socket://")


def test_where_nothing_ever_ran_nothing_is_assumed(tmp_path):
    assert reaching_run({"VAR_DIR": str(tmp_path)}) == {}
    assert list(tmp_path.iterdir()) == []


def test_whoever_names_a_database_means_that_one(tmp_path):
    (tmp_path / "run.lock").touch()
    assert reaching_run({"VAR_DIR": str(tmp_path), "DATABASE_URL": "postgresql://elsewhere/thinslice"}) == {}


def test_what_is_given_is_kept(tmp_path):
    (tmp_path / "run.lock").touch()
    found = reaching_run({"VAR_DIR": str(tmp_path), "SECRET_KEY": "given", "BROKER_URL": "redis://elsewhere"})
    assert set(found) == {"DATABASE_URL", "DATABASE_OWNER_URL"}
