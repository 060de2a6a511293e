"""One error for everything that a person at the terminal can understand and put right."""

import errno
from pathlib import Path


class Problem(RuntimeError):
    """What is wrong and what to do about it, in sentences fit for the terminal."""


def explain(error: OSError, folder: Path) -> Problem:
    """Say what an operating system error while writing below `folder` means for the person who started us."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return Problem(f"The disk that holds {folder} is full. Free some space and start again; nothing is lost.")
    if error.errno in {errno.EROFS, errno.EACCES, errno.EPERM}:
        return Problem(
            f"The folder {folder} cannot be written ({error.strerror}). "
            "Start from a folder that you own, or name another one: VAR_DIR=/some/folder make run"
        )
    return Problem(f"{error.strerror or error} while using {error.filename or folder}.")
