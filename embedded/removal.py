"""Stop a run from outside, and remove what the embedded parts keep, also where it lies outside var/."""

import shutil
from pathlib import Path
from signal import SIGTERM

from embedded import broker, postgres
from embedded.errors import Problem
from embedded.placement import SHELTER, place
from embedded.records import read_records, stop_leftovers
from embedded.sockets import socket_folder

STOP_SECONDS = 60.0


def stop_run(var: Path) -> None:
    """Stop the run of this folder, if there is one, and whatever a killed one left. Raises Problem when it stays."""
    if not var.is_dir():
        return
    path = var / "run.json"
    records = read_records(path)
    if records is not None and records.supervisor.alive():
        records.supervisor.send(SIGTERM)
        if not records.supervisor.wait(STOP_SECONDS):
            raise Problem(
                f"Process {records.supervisor.pid} does not stop. End it with: kill -9 {records.supervisor.pid}"
            )
    stop_leftovers(path)
    for server in (broker.find(var / "broker"), postgres.find(var / "postgres")):
        if server is not None:
            server.stop()


def remove_data(var: Path) -> None:
    """Remove `var` and the folders that the embedded servers keep outside it. A folder that no run has used stays."""
    if not (var / "run.lock").exists():
        return
    places = place(var / "postgres")
    for wanted, owner in ((places.data, places.user), (var / "broker", None)):
        sockets = socket_folder(wanted, owner) if owner is not None else broker.socket_path(wanted).parent
        if sockets != wanted:
            shutil.rmtree(sockets, ignore_errors=True)
    if SHELTER in places.data.parents:
        shutil.rmtree(places.data.parent, ignore_errors=True)
    shutil.rmtree(var)
