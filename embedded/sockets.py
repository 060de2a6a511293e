"""A folder for unix sockets. The kernel takes about a hundred characters of path: deep folders get a short stand-in."""

import hashlib
import os
import stat
from pathlib import Path

from embedded.errors import Problem

LONGEST_PATH = 100  # sun_path is 108 bytes on Linux and 104 on macOS
LONGEST_NAME = len("/.s.PGSQL.5432.lock")


def socket_folder(preferred: Path, owner: int) -> Path:
    """`preferred` when a socket's path fits below it, else a folder of `owner` (a user id) under /tmp."""
    if len(os.fsencode(preferred)) + LONGEST_NAME <= LONGEST_PATH:
        return preferred
    digest = hashlib.sha256(os.fsencode(preferred)).hexdigest()[:12]
    return Path("/tmp") / f"thinslice-{owner}-{digest}"  # noqa: S108 - make_private refuses another user's


def make_private(folder: Path, owner: int) -> None:
    """Create `folder` as 0700 for `owner`. In a shared place someone else may have been there first: refuse theirs."""
    try:
        folder.mkdir(mode=0o700)
        if owner != os.geteuid():
            os.chown(folder, owner, -1)
    except FileExistsError:
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode):
            raise Problem(f"{folder} should be a folder and is something else. Remove it and start again.") from None
        if found.st_uid not in {owner, os.geteuid()}:
            raise Problem(f"{folder} belongs to another user. Remove it and start again.") from None
        if found.st_uid != owner:
            os.chown(folder, owner, -1)
        if stat.S_IMODE(found.st_mode) != 0o700:
            folder.chmod(0o700)
