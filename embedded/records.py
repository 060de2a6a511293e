"""var/run.json: which processes run, written before anything can go wrong and read by whoever has to clean up."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from signal import SIGINT, SIGTERM, Signals

from embedded.processes import Identity

GRACE = 10.0  # seconds


@dataclass
class Records:
    """The processes of one run, in the order in which they started."""

    path: Path
    supervisor: Identity
    address: str
    processes: list[tuple[str, Identity, Signals]]

    def add(self, name: str, process: Identity, stop_with: Signals = SIGTERM) -> None:
        self.processes.append((name, process, stop_with))
        self.write()

    def remove(self, process: Identity) -> None:
        self.processes = [record for record in self.processes if record[1] != process]
        self.write()

    def write(self) -> None:
        document = {
            "supervisor": [self.supervisor.pid, self.supervisor.started],
            "address": self.address,
            "processes": [[name, one.pid, one.started, int(stop_with)] for name, one, stop_with in self.processes],
        }
        draft = self.path.with_suffix(".new")
        draft.write_text(json.dumps(document))
        draft.replace(self.path)


def read_records(path: Path) -> Records | None:
    """What the last run wrote; None when there was none, or when a full disk left nothing to read."""
    try:
        document = json.loads(path.read_text())
        processes = [(name, Identity(pid, at), Signals(number)) for name, pid, at, number in document["processes"]]
        return Records(path, Identity(*document["supervisor"]), document["address"], processes)
    except (FileNotFoundError, ValueError, KeyError):
        return None


def stop_leftovers(path: Path) -> list[str]:
    """Stop what a run that was killed left behind, last started first. Returns the names of what still ran."""
    records = read_records(path)
    if records is None or (records.supervisor.alive() and records.supervisor.pid != os.getpid()):
        return []
    names = []
    for name, process, stop_with in reversed(records.processes):
        if process.alive() or process.group():
            names.append(name)
            process.stop(stop_with, GRACE)
    path.unlink(missing_ok=True)
    return names


POSTGRES_STOPS_WITH = SIGINT  # rolls back and disconnects, where SIGTERM waits for clients
