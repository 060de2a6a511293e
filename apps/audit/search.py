"""Finds entries by who did what, about which case, under which release, from which source, with which model, when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Max

from apps.audit.models import Checkpoint
from apps.audit.search_models import Indexed

FOUND = """
SELECT place.seq, entry.id, entry.at, entry.action, entry.object, entry.actor, entry.case_id, entry.bytes
FROM audit_leaf AS place JOIN audit_entry AS entry ON entry.id = place.entry_id
WHERE place.seq = ANY(%s) ORDER BY place.seq DESC
"""
# Filled in from this module's own texts, never from what somebody typed.
SEQS = "SELECT seq FROM audit_indexed WHERE {where} ORDER BY {order} LIMIT %s"
NEAR = 20_000  # entries in sequence that are looked through before the index of terms is asked


@dataclass(frozen=True)
class Hit:
    seq: int
    id: UUID
    at: datetime
    action: str
    object: str
    actor: str
    case_id: UUID | None
    bytes: bytes


@dataclass(frozen=True)
class HitPage:
    """Newest first. `before` and `after` are the numbers to page on from, "" where there is no further page."""

    hits: list[Hit]
    before: str  # leads to newer ones
    after: str  # leads to older ones


@dataclass(frozen=True)
class Asked:
    """Terms that an entry must all have, and the time in which it was made: from `since`, before `until`."""

    terms: Sequence[str]
    since: datetime | None = None
    until: datetime | None = None

    @property
    def conditions(self) -> tuple[list[str], list[Any]]:
        given = (("terms @> %s::text[]", list(self.terms)), ("at >= %s", self.since), ("at < %s", self.until))
        kept = [(clause, value) for clause, value in given if value]
        return [clause for clause, _ in kept], [value for _, value in kept]


def search(asked: Asked, *, after: int | None = None, before: int | None = None, size: int = 50) -> HitPage:
    """A page of what was asked for: below the number `after`, or else above `before`, or else the newest."""
    upwards = before is not None and after is None
    edge = before if upwards else after
    seqs = _near(asked, edge, size + 1, upwards)
    if len(seqs) <= size:
        seqs = _all(asked, edge, size + 1, upwards)
    more, seqs = len(seqs) > size, sorted(seqs[:size], reverse=True)
    newer, older = (more, True) if upwards else (after is not None, more)
    with connection.cursor() as cursor:
        cursor.execute(FOUND, [seqs])
        hits = [Hit(*row) for row in cursor.fetchall()]
    return HitPage(hits, str(seqs[0]) if seqs and newer else "", str(seqs[-1]) if seqs and older else "")


def _near(asked: Asked, edge: int | None, limit: int, upwards: bool) -> list[int]:
    """The first matches among the entries next to the edge: quick for what is frequent, and bounded for what is not."""
    if edge is None:
        edge = (_last() or 0) + 1
    span = (edge + 1, edge + NEAR) if upwards else (edge - NEAR, edge - 1)
    return _seqs(asked, "seq BETWEEN %s AND %s", span, "seq ASC" if upwards else "seq DESC", limit)


def _all(asked: Asked, edge: int | None, limit: int, upwards: bool) -> list[int]:
    """The first matches of all. Sorted by an expression, so that the planner goes by the terms: whoever is not near
    stands so far off that walking there along the sequence would take seconds."""
    if edge is None:
        return _seqs(asked, "true", (), "seq + 0 DESC", limit)
    return _seqs(
        asked, "seq > %s" if upwards else "seq < %s", (edge,), f"seq + 0 {'ASC' if upwards else 'DESC'}", limit
    )


def _seqs(asked: Asked, place: str, values: Sequence[int], order: str, limit: int) -> list[int]:
    clauses, given = asked.conditions
    where = " AND ".join([place, *clauses])
    with connection.cursor() as cursor:
        cursor.execute(SEQS.format(where=where, order=order), [*values, *given, limit])
        return [seq for (seq,) in cursor.fetchall()]


def _last() -> int | None:
    last: int | None = Indexed.objects.aggregate(last=Max("seq"))["last"]
    return last


def unindexed() -> int:
    """Entries that are in sequence and not searched yet."""
    placed = Checkpoint.objects.aggregate(size=Max("tree_size"))["size"] or 0
    last = _last()
    return int(placed - (0 if last is None else last + 1))
