"""What is wrong with one entry, said so that a person can go and look."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from apps.audit.canonical import NotCanonical, canonical
from apps.audit.entries import Octets, leaf_hash, timestamp
from apps.audit.locate import changed_byte


@dataclass(frozen=True)
class Finding:
    problem: str  # a slug for programs
    detail: str  # a sentence for people
    sequence: int | None = None
    entry: UUID | None = None


class Row(NamedTuple):
    """An entry with its place in the sequence. When the entry is gone, all from `id` on are None."""

    seq: int | None  # None while it waits for its place
    entry_id: UUID
    sequenced: Octets  # the hash that the sequence holds; while it waits, its own
    id: UUID | None
    at: datetime
    action: str
    object: str
    actor: str
    case_id: UUID | None
    bytes: Octets
    leaf: Octets


COLUMNS = """
place.seq, coalesce(place.entry_id, entry.id), coalesce(place.leaf, entry.leaf),
entry.id, entry.at, entry.action, entry.object, entry.actor, entry.case_id, entry.bytes, entry.leaf
"""


def check_entry(row: Row, tenant: str, *, search: bool = True) -> Iterator[Finding]:
    """All that is wrong with the entry. To `search` for the changed byte costs up to seconds: limit how often."""
    if row.id is None:
        yield Finding("missing", "The entry is gone: the sequence holds its place and its hash.", row.seq, row.entry_id)
        return
    computed = leaf_hash(row.bytes)
    if computed != row.sequenced:
        yield _mismatch(row, computed, search)
    elif computed != row.leaf:
        detail = f"The column leaf holds {row.leaf.hex()}; the bytes and the sequence give {computed.hex()}."
        yield Finding("leaf", detail, row.seq, row.id)
    yield from _check_columns(row, tenant)


def _mismatch(row: Row, computed: Octets, search: bool) -> Finding:
    hashes = f"hash to {computed.hex()}; the sequence holds {row.sequenced.hex()}."
    if computed == row.leaf:
        return Finding(
            "rewritten", f"The entry was rewritten, or its place changed: its bytes {hashes}", row.seq, row.id
        )
    detail = f"The bytes {hashes}"
    changed = changed_byte(row.bytes, row.sequenced) if search else None
    return Finding("bytes", f"{detail} In them, {changed}." if changed else detail, row.seq, row.id)


def _check_columns(row: Row, tenant: str) -> Iterator[Finding]:
    try:
        said = json.loads(row.bytes)
        if canonical(said) != row.bytes:
            yield Finding("canonical", "The bytes are not in canonical form (RFC 8785).", row.seq, row.id)
    except (ValueError, RecursionError) as error:  # what is no UTF-8, no JSON or NotCanonical
        why = error if isinstance(error, NotCanonical) else f"The bytes cannot be read: {error}."
        yield Finding("canonical", str(why), row.seq, row.id)
        return
    columns: dict[str, Any] = {
        "id": str(row.id),
        "at": timestamp(row.at),
        "action": row.action,
        "object": row.object,
        "actor": row.actor,
        "case": str(row.case_id) if row.case_id else None,
        "tenant": tenant,
    }
    for name, column in columns.items():
        inside = _inside(said, name)
        if inside != column:
            detail = f"The bytes say {name} {inside!r}; the column beside them says {column!r}."
            if name == "tenant":
                detail = f"The bytes belong to tenant {inside!r}, and this is the log of {tenant!r}."
            yield Finding("column", detail, row.seq, row.id)


def _inside(said: Any, name: str) -> Any:
    value = said.get(name) if isinstance(said, dict) else None
    if name == "actor" and isinstance(value, dict):
        return f"{value.get('kind')}:{value.get('id')}"
    return value
