"""Brings what the database recorded about changes of its structure into the tenant's log, and says what was unexpected.

The record is kept by event triggers that the schemas' owner cannot reach (embedded.schema_watch). A change is expected
when its connection named a migration run, and a migration of that schema was kept about then. The name is a claim that
anybody with the owner's connection can make; that a migration was kept at the same time is at least something to see.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import NamedTuple
from uuid import UUID

from django.db import connection, transaction

from apps.audit.entries import record
from apps.audit.models import SchemaChange
from apps.tenants.actors import SYSTEM
from apps.tenants.schemas import current_schema

SETTLED = timedelta(seconds=30)  # a migration is kept just after it has changed something
AROUND = timedelta(seconds=60)
MOST, SHOWN = 5_000, 50
WRITTEN_ONCE = ("audit_entry", "audit_leaf", "audit_checkpoint", "audit_schema_change")

COLUMNS = "c.id, c.at, c.login, c.role, c.tag, c.kind, c.schema_name, c.object, c.statement, c.run"
FRESH = f"""
SELECT {COLUMNS} FROM watch.schema_change AS c
WHERE c.at < now() - make_interval(secs => %s)
    AND NOT EXISTS (SELECT FROM audit_schema_change AS known WHERE known.change = c.id)
ORDER BY c.id LIMIT {MOST}
"""  # noqa: S608 - made of constants
UNEXPECTED = f"""
SELECT {COLUMNS} FROM watch.schema_change AS c JOIN audit_schema_change AS known ON known.change = c.id
WHERE NOT known.expected ORDER BY c.id DESC LIMIT {SHOWN}
"""  # noqa: S608 - made of constants
MIGRATED = "SELECT app || '.' || name FROM django_migrations WHERE applied BETWEEN %s AND %s ORDER BY id"
WATCHING = """
SELECT count(*) = 2 FROM pg_event_trigger WHERE evtname IN ('watch_commands', 'watch_drops') AND evtenabled = 'A'
    AND to_regclass('watch.schema_change') IS NOT NULL
"""
UNLOCKED = """
SELECT named FROM unnest(%s::text[]) AS named LEFT JOIN pg_class AS held ON held.oid = to_regclass(named)
WHERE held.oid IS NULL OR has_table_privilege(held.oid, 'UPDATE, DELETE, TRUNCATE') OR NOT EXISTS (
    SELECT FROM pg_trigger WHERE tgrelid = held.oid AND tgname = 'refuse_change' AND tgenabled = 'A')
ORDER BY named
"""


class Change(NamedTuple):
    """A row of the database's record."""

    id: int
    at: datetime
    login: str
    role: str
    tag: str
    kind: str
    schema: str | None
    object: str
    statement: str
    run: str


@dataclass(frozen=True)
class Guard:
    watching: bool
    unlocked: list[str]  # tables of the log that could be changed
    unexpected: list[Change]


def guard() -> Guard:
    """How the log's locks stand now, and who touched the structure without a migration."""
    with connection.cursor() as cursor:
        watching = _watching()
        cursor.execute(UNLOCKED, [list(WRITTEN_ONCE)])
        unlocked = [name for (name,) in cursor.fetchall()]
        found = []
        if watching:
            cursor.execute(UNEXPECTED)
            found = [Change(*row) for row in cursor.fetchall()]
    return Guard(watching, unlocked, found)


@transaction.atomic
def enter_schema_changes(settled: timedelta = SETTLED) -> int:
    """Enter what is not in this tenant's log yet: a run with its migrations as one entry, anything else one by one.

    Returns how many changes were unexpected. Only changes older than `settled` are taken.
    """
    if not _watching():
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"schema changes of {current_schema()}"])
        cursor.execute(FRESH, [settled.total_seconds()])
        fresh = sorted((Change(*row) for row in cursor.fetchall()), key=lambda change: (change.run, change.id))
    made: list[SchemaChange] = []
    for run, changes in groupby(fresh, key=lambda change: change.run):
        made += _enter_run(run, list(changes))
    SchemaChange.objects.bulk_create(made)
    return sum(not each.expected for each in made)


def _enter_run(run: str, changes: list[Change]) -> list[SchemaChange]:
    first, last = changes[0].at - AROUND, changes[-1].at + AROUND
    migrations = _migrations(first, last)
    expected: list[Change] = []
    if run:
        in_public = _public_migrated(first, last)
        kept = {current_schema(): bool(migrations), "public": in_public or bool(migrations), None: True}
        expected = [change for change in changes if kept.get(change.schema, False)]
    told = {change.id for change in expected}
    unexpected = [change for change in changes if change.id not in told]
    made = [SchemaChange(change=each.id, entry_id=_enter(each), expected=False) for each in unexpected]
    if expected:
        entry = record(
            actor=SYSTEM,
            action="schema.migrated",
            object=f"schema:{current_schema()}",
            run=run,
            after={"changes": len(expected), "migrations": list(migrations)},
        ).id
        made += [SchemaChange(change=each.id, entry_id=entry, expected=True) for each in expected]
    return made


def _enter(change: Change) -> UUID:
    return record(
        actor=SYSTEM,
        action="schema.changed",
        object=f"{change.kind or 'unknown'}:{change.object}"[:200],
        run=change.run,
        after={
            "change": change.id,
            "at": change.at.isoformat(),
            "login": change.login,
            "role": change.role,
            "command": change.tag,
            "statement": change.statement,
        },
    ).id


def _watching() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(WATCHING)
        return bool(cursor.fetchone()[0])


def _migrations(first: datetime, last: datetime) -> Iterable[str]:
    with connection.cursor() as cursor:
        cursor.execute(MIGRATED, [first, last])
        return [name for (name,) in cursor.fetchall()]


def _public_migrated(first: datetime, last: datetime) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT watch.public_migrated(%s, %s)", [first, last])
        return bool(cursor.fetchone()[0])
