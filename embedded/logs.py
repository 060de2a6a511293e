"""One log file for each process, begun afresh at each start; the one before is kept beside it."""

from pathlib import Path

LAST_LINES = 15


def fresh_log(folder: Path, name: str) -> Path:
    log = folder / f"{name}.log"
    folder.mkdir(parents=True, exist_ok=True)
    if log.exists():
        log.replace(folder / f"{name}.log.1")
    log.touch()
    return log


def last_lines(log: Path, count: int = LAST_LINES) -> str:
    return "\n".join(f"    {line}" for line in log.read_text(errors="replace").splitlines()[-count:])
