"""The entries as a table for spreadsheets, and what there is to say about them, read from the bundle's own files."""

import csv
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from apps.audit.bundles import ENTRIES, PLACES

COLUMNS = ("case", "subject", "workflow", "release", "layer", "lane", "reason")
HEAD = ("place", "at", "action", "object", "actor_kind", "actor", "role", *COLUMNS, "other", "id", "leaf")
NAMED = frozenset({"v", "tenant", "id", "at", "action", "object", "actor", *COLUMNS})
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # spreadsheets take the wide ones too
SHOWN = 400  # in the report


@dataclass
class Summary:
    """`actions` and `actors` count; `actors` by kind, id and role. `listed` are the first entries, with `place`."""

    entries: int = 0
    first: str = ""
    last: str = ""
    actions: Counter[str] = field(default_factory=Counter)
    actors: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    listed: list[dict[str, Any]] = field(default_factory=list)

    def add(self, place: int, entry: dict[str, Any]) -> None:
        self.entries += 1
        self.first = min(self.first or entry["at"], entry["at"])
        self.last = max(self.last, entry["at"])
        self.actions[entry["action"]] += 1
        actor = entry["actor"]
        self.actors[actor["kind"], actor["id"], actor["role"]] += 1
        if len(self.listed) < SHOWN:
            self.listed.append({"place": place, **entry})


def write_table(folder: Path) -> Summary:
    """Write entries.csv. In memory there is one entry at a time, and those that the report lists."""
    summary = Summary()
    with (folder / "entries.csv").open("w", encoding="utf-8-sig", newline="") as file:
        rows = csv.writer(file, quoting=csv.QUOTE_ALL)
        rows.writerow(HEAD)
        for place, leaf, entry in entries_of(folder):
            summary.add(place, entry)
            rows.writerow([harmless(cell) for cell in _cells(place, leaf, entry)])
    return summary


def entries_of(folder: Path) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """Place, leaf and content of each entry."""
    with (folder / ENTRIES).open("rb") as entries, (folder / PLACES).open("rb") as places:
        for exact, line in zip(entries, places, strict=True):
            where = json.loads(line)
            yield where["place"], where["leaf"], json.loads(exact)


def harmless(cell: str) -> str:
    """A spreadsheet shows the text and does not take it for a formula: an apostrophe goes before what may begin one."""
    return f"'{cell}" if cell.lstrip(" ").startswith(DANGEROUS) else cell


def _cells(place: int, leaf: str, entry: dict[str, Any]) -> Iterator[str]:
    actor = entry["actor"]
    yield from (str(place), entry["at"], entry["action"], entry["object"], actor["kind"], actor["id"], actor["role"])
    yield from (_text(entry.get(name, "")) for name in COLUMNS)
    other = {name: value for name, value in entry.items() if name not in NAMED}
    yield json.dumps(other, ensure_ascii=False, separators=(",", ":")) if other else ""
    yield from (entry["id"], leaf)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
