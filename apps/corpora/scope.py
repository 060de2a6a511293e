"""Which documents of a snapshot a query may use. Decided here, for everything that reads passages."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from django.db import connection

from apps.corpora.documents import EVERYWHERE

Reason = Literal["allow_list", "not_in_force", "region", "consent"]

# What a document must fulfil. The allow-list comes first, so that the other counts speak of documents that would have
# been of use. Documents for internal use count as not on the list.
_CONDITIONS: Mapping[Reason, str] = {
    "allow_list": "(%(sources)s::text[] IS NULL OR d.slug = ANY (%(sources)s::text[]))"
    " AND (d.audience = 'customer' OR %(audience)s = 'internal')",
    "not_in_force": "d.effective @> %(on)s::date",
    "region": "d.regions::text[] && %(regions)s::text[]",
    "consent": "(%(consent)s OR NOT d.requires_consent)",
}
ALLOWED = " AND ".join(f"({condition})" for condition in _CONDITIONS.values())
_WITHHELD = [f"WHEN NOT ({condition}) THEN '{reason}'" for reason, condition in _CONDITIONS.items()]
REASON = f"CASE {' '.join(_WITHHELD)} END"  # the first that keeps a document back, or null

MEASURE = f"""
WITH s AS MATERIALIZED (
    SELECT s.id, s.corpus_id, s.version, s.passages, s.average_length, s.encoder, s.analyser
    FROM corpora_snapshot s
    JOIN corpora_corpus c ON c.id = s.corpus_id
    WHERE c.slug = %(corpus)s AND s.version = %(version)s
)
SELECT s.*, {REASON} AS reason, sum(d.passage_count)
FROM s
JOIN corpora_document d ON d.corpus_id = s.corpus_id AND d.valid @> s.version
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
"""  # noqa: S608 - no value from outside is put into it


class NoSnapshot(LookupError):
    """The corpus has no snapshot of this version."""


@dataclass(frozen=True)
class Query:
    """Who asks decides what may be found. `sources` None allows every document; `on` is the day that counts."""

    text: str
    region: str  # of the case: "US-CA" may use documents for US-CA, for US and for everywhere
    consent: bool
    on: date
    limit: int = 10
    sources: tuple[str, ...] | None = None
    audience: Literal["customer", "internal"] = "customer"

    def filters(self) -> dict[str, Any]:
        return {
            "sources": None if self.sources is None else list(self.sources),
            "audience": self.audience,
            "on": self.on,
            "regions": usable_regions(self.region),
            "consent": self.consent,
        }


@dataclass(frozen=True)
class Scope:
    snapshot: int  # primary key
    corpus: int
    passages: int  # of the whole snapshot
    average_length: float
    encoder: str
    analyser: str
    allowed: int  # passages
    withheld: Mapping[Reason, int]  # passages, each document's under its first reason


def usable_regions(region: str) -> list[str]:
    """What a document may name to be used for a case of `region`, the widest first."""
    parts = [part for part in region.strip().upper().split("-") if part]
    return [EVERYWHERE, *("-".join(parts[: count + 1]) for count in range(len(parts)))]


def measure(corpus: str, version: int, query: Query) -> Scope:
    """How much of the snapshot the query may use, and why not the rest. Raises NoSnapshot."""
    with connection.cursor() as cursor:
        cursor.execute(MEASURE, {**query.filters(), "corpus": corpus, "version": version})
        rows = cursor.fetchall()
    if not rows:
        raise NoSnapshot(f"Corpus {corpus} has no snapshot {version}.")
    counts = {reason: int(count) for *_, reason, count in rows}
    allowed = counts.pop(None, 0)
    snapshot, corpus_id, _, passages, average_length, encoder, analyser, *_ = rows[0]
    return Scope(snapshot, corpus_id, passages, average_length, encoder, analyser, allowed, counts)
