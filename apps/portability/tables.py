"""Which tables a tenant's schema has, by asking PostgreSQL: a table that somebody adds tomorrow is not forgotten."""

from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

from psycopg import sql

# What stays behind, and why. Everything else in the schema goes.
LEFT_BEHIND = {
    "django_migrations": "compared instead: both installations must have come as far",
    "audit_schema_change": "numbers in this database's own record of changes to its structure",
    "portability_handover": "the hand-overs themselves, and the keys that they wait with",
}

COLUMNS = """
SELECT held.relname, col.attname, col.attgenerated <> '', col.attnotnull AND kind.typname = 'jsonb',
    coalesce(place.at, 0), col.attcollation <> 0
FROM pg_class AS held
JOIN pg_attribute AS col ON col.attrelid = held.oid AND col.attnum > 0 AND NOT col.attisdropped
JOIN pg_type AS kind ON kind.oid = col.atttypid
LEFT JOIN pg_index AS key ON key.indrelid = held.oid AND key.indisprimary
LEFT JOIN LATERAL (SELECT at FROM unnest(key.indkey) WITH ORDINALITY AS part (number, at)
    WHERE part.number = col.attnum) AS place ON true
WHERE held.relnamespace = %s::regnamespace AND held.relkind IN ('r', 'p') AND NOT held.relispartition
ORDER BY held.relname, col.attname
"""
REFERENCES = """
SELECT held.relname, other.relname FROM pg_constraint AS rule
JOIN pg_class AS held ON held.oid = rule.conrelid JOIN pg_class AS other ON other.oid = rule.confrelid
WHERE rule.contype = 'f' AND held.relnamespace = %s::regnamespace AND other.relnamespace = held.relnamespace
    AND held.oid <> other.oid
"""
SEQUENCES = """
SELECT held.relname, value.last_value FROM pg_class AS held
JOIN pg_sequences AS value ON value.schemaname = %s AND value.sequencename = held.relname
WHERE held.relnamespace = %s::regnamespace AND held.relkind = 'S' ORDER BY held.relname
"""
MIGRATIONS = "SELECT app || '.' || name FROM django_migrations ORDER BY 1"


@dataclass(frozen=True)
class Column:
    name: str
    generated: bool
    required_json: bool
    key: int  # its place in the primary key, from 1; 0: not part of it
    collated: bool


@dataclass(frozen=True)
class Table:
    name: str
    columns: tuple[Column, ...]

    @property
    def file(self) -> str:
        return f"tables/{self.name}.jsonl"

    def rows(self) -> sql.Composed:
        """One JSON document a row, in the same order and with the same columns in every installation."""
        keys = sorted((each for each in self.columns if each.key), key=lambda each: each.key)
        order = [
            sql.SQL('{} COLLATE "C"' if each.collated else "{}").format(sql.Identifier(each.name)) for each in keys
        ]
        named = sql.SQL(", ").join(sql.Identifier(each.name) for each in self._own())
        return sql.SQL('SELECT row_to_json("a row")::text FROM (SELECT {} FROM {} ORDER BY {}) AS "a row"').format(
            named, sql.Identifier(self.name), sql.SQL(", ").join(order) if order else named
        )

    def insert(self) -> sql.Composed:
        """Takes a JSON array of rows. JSON's own null stands in a column that may not be NULL."""
        named = sql.SQL(", ").join(sql.Identifier(each.name) for each in self._own())
        values = sql.SQL(", ").join(
            sql.SQL("coalesce({}, 'null')" if each.required_json else "{}").format(sql.Identifier(each.name))
            for each in self._own()
        )
        name = sql.Identifier(self.name)
        return sql.SQL(
            "INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM json_populate_recordset(NULL::{}, %s::json)"
        ).format(name, named, values, name)

    def _own(self) -> list[Column]:
        return [each for each in self.columns if not each.generated]


def tables(cursor: Any, schema: str) -> list[Table]:
    """Those that go, each after the ones that it refers to."""
    cursor.execute(COLUMNS, [schema])
    found: dict[str, list[Column]] = {}
    for name, *column in cursor.fetchall():
        found.setdefault(name, []).append(Column(*column))
    going = {name: Table(name, tuple(columns)) for name, columns in found.items() if name not in LEFT_BEHIND}
    cursor.execute(REFERENCES, [schema])
    return [going[name] for name in _ordered(set(going), cursor.fetchall())]


def sequences(cursor: Any, schema: str) -> dict[str, int | None]:
    """Name → the number given last; None: none yet."""
    cursor.execute(SEQUENCES, [schema, schema])
    return dict(cursor.fetchall())


def migrations(cursor: Any) -> list[str]:
    cursor.execute(MIGRATIONS)
    return [name for (name,) in cursor.fetchall()]


def lines(cursor: Any, table: Table) -> Iterator[str]:
    """The rows as JSON, one by one, without holding them all."""
    with cursor.copy(sql.SQL("COPY ({}) TO STDOUT").format(table.rows())) as stream:
        for (line,) in stream.rows():
            yield line


def _ordered(names: set[str], references: list[tuple[str, str]]) -> list[str]:
    """Where tables refer to each other in a circle, one reference is let go: constraints are checked at the end."""
    kept = sorted((one, other) for one, other in references if one in names and other in names)
    while True:
        graph: dict[str, set[str]] = {name: set() for name in sorted(names)}
        for one, other in kept:
            graph[one].add(other)
        try:
            return list(TopologicalSorter(graph).static_order())
        except CycleError as circle:
            around = circle.args[1]
            kept = [pair for pair in kept if pair != (around[1], around[0]) and pair != (around[0], around[1])]
