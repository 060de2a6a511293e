"""The fake's own books, one SQLite file a tenant: its records and every execution. They survive restarts and kills."""

import json
import re
import sqlite3
import threading
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from apps.connectors.fake.deeds import BACK, Change, No, carry_out
from apps.connectors.fake.records import Json, look_up, records_of

HONOURS_KEYS = frozenset({"shop", "claims"})
TABLES = """
CREATE TABLE IF NOT EXISTS record (kind TEXT, key TEXT, data TEXT NOT NULL, PRIMARY KEY (kind, key));
CREATE TABLE IF NOT EXISTS execution (
    id INTEGER PRIMARY KEY, at TEXT NOT NULL, name TEXT NOT NULL, reference TEXT NOT NULL, params TEXT NOT NULL,
    answer TEXT NOT NULL, kind TEXT, key TEXT, before TEXT, replays INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS execution_reference ON execution (reference);
"""


class Books:
    """Thread-safe. `tenant` names the file, so it must look like a schema name."""

    def __init__(self, folder: Path, tenant: str) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,60}", tenant):
            raise No(404, f"{tenant!r} is not a tenant.")
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._db = sqlite3.connect(folder / f"{tenant}.sqlite", check_same_thread=False, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.executescript(TABLES)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def load(self, data: Mapping[str, Any], today: date) -> int:
        """Replace the records with those of a systems.yaml; executions stay. Returns how many there are."""
        rows = [(kind, key, json.dumps(record)) for kind, key, record in records_of(data, today)]
        with self._lock, self._db:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute("DELETE FROM record")
            self._db.executemany("INSERT INTO record VALUES (?, ?, ?)", rows)
        return len(rows)

    def find(self, kind: str, key: str) -> Json | None:
        with self._lock:
            if kind == "voucher_of_order":
                query = "SELECT data FROM record WHERE kind = 'vouchers' AND json_extract(data, '$.order') = ?"
                row = self._db.execute(query, [key]).fetchone()
            else:
                row = self._db.execute("SELECT data FROM record WHERE kind = ? AND key = ?", [kind, key]).fetchone()
        return json.loads(row["data"]) if row else None

    def look_up(self, system: str, operation: str, key: str, today: date) -> Json | None:
        if operation == "executions":
            row = self._by_reference(system, key) if system in HONOURS_KEYS else None
            return json.loads(row["answer"]) if row else None
        try:
            return look_up(operation, key, self.find, today)
        except KeyError:
            raise No(404, f"{operation} is not a look-up.") from None

    def execute(self, system: str, operation: str, reference: str, params: Json) -> tuple[Json, bool]:
        """Do it; with a key that was seen before, only say again what came of it. Raises No when it cannot be done."""
        name = f"{system}.{operation}"
        with self._lock, self._db:
            self._db.execute("BEGIN IMMEDIATE")
            done = self._by_reference(system, reference) if system in HONOURS_KEYS else None
            if done:
                if json.loads(done["params"]) != params:
                    raise No(422, "The idempotency key was used before, with other parameters.")
                self._db.execute("UPDATE execution SET replays = replays + 1 WHERE id = ?", [done["id"]])
                return json.loads(done["answer"]), True
            done_so_far = self._db.execute("SELECT count(*) FROM execution").fetchone()[0]
            short = str(1000 + done_so_far)
            if name in BACK:
                answer, change = self._take_back(system, reference, params)
            else:
                answer, change = carry_out(name, params, reference, short, self.find)
            self._write(name, reference, params, answer, change)
            return answer, False

    def _take_back(self, system: str, reference: str, params: Json) -> tuple[Json, Change | None]:
        done = self._by_reference(system, str(params.get("takes_back", "")))
        if done is None:
            raise No(422, "There is nothing to take back.")
        answer = {"taken_back": done["reference"]}
        if done["kind"] is None:
            return answer, None
        if done["kind"] == "documents":  # what can only be asked for by look-up leaves something to be found
            self._db.execute("DELETE FROM record WHERE kind = 'documents' AND key = ?", [done["key"]])
            return answer, Change("documents", reference, {"reference": reference, **answer}, None)
        before = json.loads(done["before"]) if done["before"] else None
        return answer, Change(done["kind"], done["key"], before, None)

    def _write(self, name: str, reference: str, params: Json, answer: Json, change: Change | None) -> None:
        if change and change.after is None:
            self._db.execute("DELETE FROM record WHERE kind = ? AND key = ?", [change.kind, change.key])
        elif change:
            row = [change.kind, change.key, json.dumps(change.after)]
            self._db.execute("INSERT OR REPLACE INTO record VALUES (?, ?, ?)", row)
        kind, key, before = (change.kind, change.key, change.before) if change else (None, None, None)
        self._db.execute(
            "INSERT INTO execution (at, name, reference, params, answer, kind, key, before) VALUES (?,?,?,?,?,?,?,?)",
            [
                datetime.now(UTC).isoformat(),
                name,
                reference,
                json.dumps(params),
                json.dumps(answer),
                kind,
                key,
                json.dumps(before) if before else None,
            ],
        )

    def _by_reference(self, system: str, reference: str) -> sqlite3.Row | None:
        query = "SELECT * FROM execution WHERE reference = ? AND name LIKE ? || '.%' ORDER BY id LIMIT 1"
        row: sqlite3.Row | None = self._db.execute(query, [reference, system]).fetchone()
        return row

    def executions(self) -> list[Json]:
        """Every execution, oldest first; `replays` counts the repeats that were answered without doing it again."""
        with self._lock:
            rows = self._db.execute("SELECT * FROM execution ORDER BY id").fetchall()
        return [
            {
                "id": row["id"],
                "at": row["at"],
                "operation": row["name"],
                "reference": row["reference"],
                "params": json.loads(row["params"]),
                "answer": json.loads(row["answer"]),
                "replays": row["replays"],
            }
            for row in rows
        ]

    def count_by_key(self) -> dict[str, int]:
        """How often each key was really carried out. Anything but 1 is a case done twice."""
        with self._lock:
            rows = self._db.execute("SELECT reference, count(*) FROM execution GROUP BY reference").fetchall()
        return {row[0]: row[1] for row in rows}
