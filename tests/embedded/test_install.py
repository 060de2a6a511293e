import shutil
import subprocess
import sys
from pathlib import Path

import pytest

INSTALL = Path(__file__).resolve().parent.parent.parent / "requirements" / "install.py"


@pytest.fixture
def requirements(tmp_path: Path) -> Path:
    """A list with nothing on it, so that nothing is fetched."""
    folder = tmp_path / "requirements"
    folder.mkdir()
    shutil.copy(INSTALL, folder)
    for name in ("run.txt", "dev.txt"):
        (folder / name).write_text(f"# nothing for {name}\n")
    return folder


def install(requirements: Path, folder: Path, kind: str = "run") -> tuple[int, str]:
    command = [sys.executable, str(requirements / "install.py"), kind, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_an_environment_is_made_once_and_again_when_its_making_was_cut_short(requirements, tmp_path):
    environment = tmp_path / "environment"
    code, printed = install(requirements, environment)
    assert (code, "about a minute" in printed) == (0, True)
    assert install(requirements, environment) == (0, "")

    (environment / "installed-run.txt").unlink()
    (environment / "half").touch()
    assert install(requirements, environment)[0] == 0
    assert not (environment / "half").exists()

    (environment / "kept").touch()
    (requirements / "run.txt").write_text("# another nothing\n")
    assert "about a minute" in install(requirements, environment)[1]
    assert (environment / "kept").exists()


def test_a_folder_that_cannot_be_written_is_named(requirements, tmp_path):
    (tmp_path / "file").touch()
    code, printed = install(requirements, tmp_path / "file" / "environment")
    assert code == 1
    assert "cannot be written" in printed
    assert "VENV=" in printed
