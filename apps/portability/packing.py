"""A tenant's whole state into one ZIP file, out of one moment of the database, a row at a time.

    manifest.json        what is in it: migrations, counts, SHA-256 of each file, the log's size and root
    manifest.hmac        HMAC-SHA-256 of that, under the key made of the passphrase
    people.jsonl         members with their roles
    tables/<name>.jsonl  a JSON document a row

Texts that are sealed under a person's key stay sealed. The keys go under a passphrase; a destroyed key stays destroyed.
"""

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connection

from apps.audit.commitments import open_key
from apps.portability.people import people
from apps.portability.tables import LEFT_BEHIND, Table, lines, migrations, sequences, tables
from apps.portability.travel_key import TravelKey
from apps.tenants.models import Tenant
from apps.tenants.schemas import current_schema

FORMAT = 1
MANIFEST, SEAL = "manifest.json", "manifest.hmac"
KEYS = "audit_subject_key"
STEP = 20_000  # rows between two calls of `get_on`
ROOT = "SELECT tree_size, encode(root, 'hex') FROM audit_checkpoint ORDER BY tree_size DESC LIMIT 1"
UNSENT = "SELECT count(*) FROM connectors_effect WHERE state IN ('planned', 'sent', 'unknown')"

GetOn = Callable[[int, int], None]  # rows written so far, of how many


def pack(path: Path, key: TravelKey, get_on: GetOn = lambda _done, _total: None) -> dict[str, Any]:
    """Write the current tenant to `path` and return the manifest. `get_on` may raise to end it."""
    with _one_moment() as cursor, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        going = tables(cursor, current_schema())
        total = sum(_count(cursor, each) for each in going)
        manifest = _head(cursor, key)
        manifest["files"] = {"people.jsonl": _write(archive, "people.jsonl", (json.dumps(each) for each in people()))}
        done = 0
        for table in going:
            rows = lines(cursor, table)
            counted = _counting(_rewrapped(rows, key) if table.name == KEYS else rows, done, total, get_on)
            manifest["files"][table.file] = written = _write(archive, table.file, counted)
            done += written["rows"]
            get_on(done, total)
        told = json.dumps(manifest, indent=1).encode()
        archive.writestr(MANIFEST, told)
        archive.writestr(SEAL, key.seal(told))
    return manifest


def digest(rows: Iterable[str], write: Callable[[bytes], object] = lambda _line: None) -> dict[str, Any]:
    """How many rows there are, and the SHA-256 of them as lines."""
    hashed, count = hashlib.sha256(), 0
    for row in rows:
        line = row.encode() + b"\n"
        hashed.update(line)
        write(line)
        count += 1
    return {"rows": count, "sha256": hashed.hexdigest()}


def _write(archive: zipfile.ZipFile, name: str, rows: Iterable[str]) -> dict[str, Any]:
    with archive.open(name, "w", force_zip64=True) as file:
        return digest(rows, file.write)


@contextmanager
def _one_moment() -> Iterator[Any]:
    """A connection of its own under the tenant's role, all of whose queries see the same moment."""
    reader: Any = connection.copy()
    reader.set_schema(current_schema())
    try:
        with reader.cursor() as first:
            first.execute("SELECT 1")  # takes on the role, which has to come before the transaction
        with reader.connection.cursor() as cursor:
            cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield cursor
            cursor.execute("ROLLBACK")
    finally:
        reader.close()


def _head(cursor: Any, key: TravelKey) -> dict[str, Any]:
    tenant = Tenant.objects.get(pk=current_schema())
    cursor.execute(ROOT)
    size, root = cursor.fetchone() or (0, "")
    cursor.execute(UNSENT)
    (unsent,) = cursor.fetchone()
    return {
        "format": FORMAT,
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "tenant": {
            "schema": tenant.schema_name,
            "slug": tenant.slug,
            "name": tenant.name,
            "region": tenant.region,
            "industry": tenant.industry,
        },
        "migrations": migrations(cursor),
        "log": {"size": size, "root": root},
        "unsent_effects": unsent,
        "passphrase": key.head(),
        "sequences": sequences(cursor, tenant.schema_name),
        "left_behind": LEFT_BEHIND,
    }


def _rewrapped(rows: Iterable[str], key: TravelKey) -> Iterator[str]:
    for row in rows:
        held = json.loads(row)
        subject = UUID(held["subject"])
        if held["wrapped"] is not None:
            opened = open_key(subject, bytes.fromhex(held["wrapped"].removeprefix("\\x")))
            held["wrapped"] = f"\\x{key.wrap(subject, opened).hex()}"
        yield json.dumps(held)


def _counting(rows: Iterable[str], before: int, total: int, get_on: GetOn) -> Iterator[str]:
    for number, row in enumerate(rows, before + 1):
        if number % STEP == 0:
            get_on(number, total)
        yield row


def _count(cursor: Any, table: Table) -> int:
    cursor.execute(f'SELECT count(*) FROM "{table.name}"')  # noqa: S608 - a name out of PostgreSQL's own catalogue
    return int(cursor.fetchone()[0])
