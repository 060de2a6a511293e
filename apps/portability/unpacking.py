"""A tenant out of an archive into this installation: all of it as it was, or nothing.

The schema keeps its name: each entry of the log names it, and each seal is bound to it. So it is refused where there is
such a schema already. What was read back must be what was in the archive, file by file.
"""

import json
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader
from psycopg import sql

from apps.audit.commitments import wrap_key
from apps.audit.entries import record
from apps.audit.verification import Report, verify
from apps.portability.packing import FORMAT, KEYS, MANIFEST, SEAL, digest
from apps.portability.people import take_in
from apps.portability.tables import Table, lines, tables
from apps.portability.travel_key import TravelKey
from apps.tenants.actors import SYSTEM
from apps.tenants.backend.owner import as_owner
from apps.tenants.models import Domain, Membership, Tenant
from apps.tenants.provisioning import create_tenant
from apps.tenants.schemas import in_public, in_schema, validate_schema_name

BATCH, BYTES = 500, 8 * 2**20  # rows of one statement at most, and after how many bytes it is full
TRIGGERS = """
SELECT held.relname, rule.tgname, rule.tgenabled
FROM pg_trigger AS rule JOIN pg_class AS held ON held.oid = rule.tgrelid
WHERE NOT rule.tgisinternal AND rule.tgenabled <> 'D' AND held.relnamespace = %s::regnamespace
"""
LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
ENABLED = {"O": "ENABLE", "A": "ENABLE ALWAYS", "R": "ENABLE REPLICA"}


class Refused(ValueError):
    """The archive cannot be taken in here. The message says why, and nothing was changed."""


@dataclass(frozen=True)
class Imported:
    tenant: Tenant
    rows: int
    log: Report
    known: list[str]  # addresses that had an account here already


def read_manifest(archive: zipfile.ZipFile) -> dict[str, Any]:
    """Raises Refused."""
    try:
        manifest: dict[str, Any] = json.loads(archive.read(MANIFEST))
        held = manifest["format"]
    except (KeyError, ValueError, zipfile.BadZipFile) as error:
        raise Refused(f"This is no archive of a tenant: its manifest cannot be read ({error}).") from None
    if held != FORMAT:
        raise Refused(f"The archive has format {held}, and this installation reads format {FORMAT}.")
    return manifest


def import_tenant(
    path: Path, *, passphrase: str, base_domain: str, slug: str = "", domain: str = "", other_is_off: bool = False
) -> Imported:
    """Take the tenant in. Connects as the owner, so it cannot run inside a transaction.

    `domain` is the host name without the port, <slug>.<base domain> without it. `other_is_off` says that the other
    installation sends nothing any more, where orders to systems of record were under way. Raises Refused,
    WrongPassphrase.
    """
    try:
        archive = zipfile.ZipFile(path)
    except zipfile.BadZipFile:
        raise Refused(f"{path} is no ZIP file, or not all of one.") from None
    with archive:
        manifest = read_manifest(archive)
        key = TravelKey.opened(passphrase, manifest["passphrase"])
        _check_seal(archive, key)
        if manifest["unsent_effects"] and not other_is_off:
            raise Refused(
                f"{manifest['unsent_effects']} orders to systems of record were not settled when the archive was made. "
                "Both installations would send them: switch the other one off, then say --other-is-off."
            )
        slug = slug or manifest["tenant"]["slug"]
        domain = (domain or f"{slug}.{base_domain}").lower()
        _check_names(slug, domain)
        _compare(manifest)
        _check_room(manifest, slug, domain)
        _check_files(archive, manifest)
        return _take_in(archive, manifest, key, slug, domain)


def _check_seal(archive: zipfile.ZipFile, key: TravelKey) -> None:
    """Whether the manifest, and so the SHA-256 of each file, is what the exporter wrote who had the passphrase."""
    try:
        seal = archive.read(SEAL).decode()
    except (KeyError, ValueError, zipfile.BadZipFile):
        seal = ""
    if not key.sealed(archive.read(MANIFEST), seal):
        raise Refused("The manifest was changed since the archive was made: nothing in it can be relied on.")


def _check_names(slug: str, domain: str) -> None:
    if not re.fullmatch(LABEL, slug) or len(slug) > 40:
        raise Refused(f"“{slug}” cannot stand in an address: small letters, digits and hyphens, 40 at most.")
    if not re.fullmatch(rf"{LABEL}(\.{LABEL})*", domain) or len(domain) > 253:
        raise Refused(f"“{domain}” is no host name. Give it without https:// and without the port.")


def _check_room(manifest: dict[str, Any], slug: str, domain: str) -> None:
    tenant = manifest["tenant"]
    validate_schema_name(tenant["schema"])
    with as_owner(), in_public(), connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_namespace WHERE nspname = %s", [tenant["schema"]])
        if cursor.rowcount or Tenant.objects.filter(pk=tenant["schema"]).exists():
            raise Refused(f"There is a schema {tenant['schema']} here already.")
        if Tenant.objects.filter(slug=slug).exists():
            raise Refused(f"Another tenant here is called {slug or tenant['slug']}: choose another with --slug.")
        if Domain.objects.filter(domain=domain).exists():
            raise Refused(f"The host name {domain} belongs to another tenant: choose another with --domain.")


def _check_files(archive: zipfile.ZipFile, manifest: dict[str, Any]) -> None:
    for name, told in manifest["files"].items():
        try:
            found = digest(_rows(archive, name))
        except (KeyError, zipfile.BadZipFile, UnicodeDecodeError) as error:
            raise Refused(f"{name} cannot be read from the archive: {error}.") from None
        if found != told:
            raise Refused(f"{name} is damaged: its SHA-256 or its number of rows is not what the manifest says.")


def _take_in(archive: zipfile.ZipFile, manifest: dict[str, Any], key: TravelKey, slug: str, domain: str) -> Imported:
    given = manifest["tenant"]
    schema = given["schema"]
    try:
        tenant = create_tenant(**{**given, "slug": slug}, domain=domain)
        with as_owner("import_tenant"):
            with in_public(), transaction.atomic():
                known = take_in(tenant, (json.loads(row) for row in _rows(archive, "people.jsonl")))
            with in_schema(schema), transaction.atomic():
                _load(archive, manifest, key, schema)
        with in_schema(schema):
            return Imported(tenant, sum(each["rows"] for each in manifest["files"].values()), _settle(manifest), known)
    except BaseException:
        _take_away(schema)
        raise


def _load(archive: zipfile.ZipFile, manifest: dict[str, Any], key: TravelKey, schema: str) -> None:
    with connection.cursor() as cursor:
        going = tables(cursor, schema)
        _check_tables(going, manifest)
        cursor.execute(TRIGGERS, [schema])
        triggers = cursor.fetchall()
        _alter(cursor, [(table, "DISABLE", name) for table, name, _ in triggers])
        cursor.execute(f"TRUNCATE {', '.join(each.name for each in going)} RESTART IDENTITY")
        for table in going:
            rows = _rows(archive, table.file)
            _insert(cursor, table, _at_home(rows, key) if table.name == KEYS else rows)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for name, last in manifest["sequences"].items():
            if last is not None:
                cursor.execute("SELECT setval(%s::regclass, %s)", [f"{schema}.{name}", last])
        _alter(cursor, [(table, ENABLED[how], name) for table, name, how in triggers])
        _read_back(cursor, going, manifest)


def _compare(manifest: dict[str, Any]) -> None:
    here = {".".join(each) for each in MigrationLoader(None).disk_migrations}
    there = set(manifest["migrations"])
    if here != there:
        more, less = ", ".join(sorted(here - there)), ", ".join(sorted(there - here))
        raise Refused(
            "The two installations have not come equally far. "
            f"Only here: {more or 'nothing'}. Only in the archive: {less or 'nothing'}. Bring both to one version."
        )


def _check_tables(going: list[Table], manifest: dict[str, Any]) -> None:
    here, there = {each.file for each in going}, manifest["files"].keys() - {"people.jsonl"}
    if here != there:
        raise Refused(f"Tables that are only on one side: {', '.join(sorted(here ^ there))}.")


def _insert(cursor: Any, table: Table, rows: Iterator[str]) -> None:
    statement = table.insert().as_string(cursor.connection)
    for batch in batches(rows):
        cursor.execute(statement, [f"[{','.join(batch)}]"])


def batches(rows: Iterable[str]) -> Iterator[list[str]]:
    """As many rows as one statement takes: few where they hold files, so that memory stays what it is."""
    batch, size = list[str](), 0
    for row in rows:
        batch.append(row)
        size += len(row)
        if len(batch) == BATCH or size >= BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _read_back(cursor: Any, going: list[Table], manifest: dict[str, Any]) -> None:
    for table in going:
        if table.name != KEYS and digest(lines(cursor, table)) != manifest["files"][table.file]:
            raise Refused(f"{table.name} did not come out as it went in.")


def _alter(cursor: Any, changes: Iterable[tuple[str, str, str]]) -> None:
    for table, how, name in changes:
        statement = sql.SQL("ALTER TABLE {} {} TRIGGER {}")
        cursor.execute(statement.format(sql.Identifier(table), sql.SQL(how), sql.Identifier(name)).as_string())


def _at_home(rows: Iterable[str], key: TravelKey) -> Iterator[str]:
    for row in rows:
        held = json.loads(row)
        subject = UUID(held["subject"])
        if held["wrapped"] is not None:
            opened = key.unwrap(subject, bytes.fromhex(held["wrapped"].removeprefix("\\x")))
            held["wrapped"] = f"\\x{wrap_key(subject, opened).hex()}"
        yield json.dumps(held)


def _settle(manifest: dict[str, Any]) -> Report:
    """Recompute the log, then write into it that it has moved."""
    report = verify()
    if manifest["log"]["size"] and report.root != manifest["log"]["root"]:
        raise Refused("The log came out with another root than it went in with.")
    with transaction.atomic():
        record(
            actor=SYSTEM,
            action="tenant.imported",
            object=f"tenant:{manifest['tenant']['schema']}",
            after={"made_at": manifest["made_at"], "log": manifest["log"], "people": manifest["files"]["people.jsonl"]},
        )
    return report


def _take_away(schema: str) -> None:
    """Leave no half of a tenant behind. People who had no account before keep the one they got: nothing opens it."""
    with as_owner("import_tenant"), in_public(), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema)).as_string())
        for model in (Membership, Domain):
            model.objects.filter(tenant_id=schema).delete()
        Tenant.objects.filter(pk=schema).delete()


def _rows(archive: zipfile.ZipFile, name: str) -> Iterator[str]:
    with archive.open(name) as file:
        for line in file:
            yield line.decode().rstrip("\n")
