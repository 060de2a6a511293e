"""Make the virtual environment hold exactly what a requirements file lists. Needs nothing but Python.

    python3 requirements/install.py run|dev FOLDER

A copy of the file inside the environment says that installing it was finished. Without one, the environment is the
work of a run that was cut short, and is built anew.
"""

import os
import shutil
import subprocess
import sys

OLDEST = (3, 11)

if sys.version_info < OLDEST:
    version = ".".join(map(str, sys.version_info[:2]))
    sys.exit(
        f"Python 3.11 or newer is needed, and {sys.executable} is {version}. "
        "Name a newer one: make run PYTHON=/path/to/python3"
    )

import fcntl  # noqa: E402
from pathlib import Path  # noqa: E402

HERE = Path(__file__).resolve().parent
BROADER = {"run": ("run", "dev"), "dev": ("dev",)}  # which lists hold everything that this one does


def main(kind: str, folder: Path) -> None:
    if is_installed(kind, folder):
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_installed(kind, folder):
            install(kind, folder)


def stamp(kind: str, folder: Path) -> Path:
    return folder / f"installed-{kind}.txt"


def is_installed(kind: str, folder: Path) -> bool:
    return works(folder) and any(
        stamp(each, folder).is_file() and stamp(each, folder).read_bytes() == (HERE / f"{each}.txt").read_bytes()
        for each in BROADER[kind]
    )


def works(folder: Path) -> bool:
    """Whether its Python runs, and believes to be in this folder: an environment does not survive a move."""
    code = "import sys, os; sys.exit(not os.path.samefile(sys.prefix, sys.argv[1]))"
    try:
        made_here = str(folder) in (folder / "bin" / "pip").read_text()
        return made_here and subprocess.run([folder / "bin" / "python", "-c", code, folder]).returncode == 0
    except OSError:
        return False


def install(kind: str, folder: Path) -> None:
    stamps = [stamp(each, folder) for each in BROADER["run"]]
    if not works(folder) or not any(path.exists() for path in stamps):
        build(folder)
    for path in stamps:
        path.unlink(missing_ok=True)
    print(f"Installing the packages of requirements/{kind}.txt into {folder}: about a minute.", flush=True)
    options = ["-qq", "--disable-pip-version-check", "--no-input", "--require-hashes", "--no-deps"]
    requirements = HERE / f"{kind}.txt"
    done = subprocess.run([folder / "bin" / "python", "-m", "pip", "install", *options, "-r", requirements])
    if done.returncode != 0:
        sys.exit("The packages could not be installed (see above). Only this first step needs the network: try again.")
    draft = folder / "installed.new"
    shutil.copyfile(requirements, draft)
    draft.rename(stamp(kind, folder))


def build(folder: Path) -> None:
    try:
        import ensurepip  # noqa: F401 - some distributions leave it out
    except ImportError:
        version = ".".join(map(str, sys.version_info[:2]))
        sys.exit(
            f"{sys.executable} cannot make virtual environments: it has no ensurepip. On Debian and Ubuntu: "
            f"apt install python{version}-venv. Or name another Python: make run PYTHON=/path/to/python3"
        )
    shutil.rmtree(folder, ignore_errors=True)
    done = subprocess.run([sys.executable, "-m", "venv", folder], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        sys.exit(f"The virtual environment {folder} could not be made: {done.stdout.decode(errors='replace').strip()}")


if __name__ == "__main__":
    try:
        main(sys.argv[1], Path(os.path.abspath(sys.argv[2])))  # noqa: PTH100 - resolving would follow the environment's links
    except OSError as error:
        sys.exit(
            f"{error.filename or sys.argv[2]} cannot be written: {error.strerror}. Use a folder of your own, "
            "or name others: make run VENV=/some/folder VAR_DIR=/another/folder"
        )
    except KeyboardInterrupt:
        sys.exit(130)
