"""Fills the index that entries are searched by, beside the log and after it: no writer waits, no place depends on it.

What an entry says becomes terms, `kind:value`. An entry that cannot be read is found by its columns alone, so that
nothing that was done to it can keep the others out.
"""

import json
from collections.abc import Iterator
from typing import Any

from django.db import connection, transaction
from django.db.models import Max

from apps.audit.search_models import Indexed

BATCH = 2_000  # entries per transaction
UNREAD = """
SELECT place.seq, entry.at, entry.action, entry.object, entry.actor, entry.case_id, entry.bytes
FROM audit_leaf AS place JOIN audit_entry AS entry ON entry.id = place.entry_id
WHERE place.seq > %s ORDER BY place.seq LIMIT %s
"""
ADD = """
INSERT INTO audit_indexed (seq, at, terms)
SELECT seq, at, ARRAY(SELECT json_array_elements_text(terms))
FROM unnest(%s::bigint[], %s::timestamptz[], %s::json[]) AS read (seq, at, terms)
ON CONFLICT (seq) DO NOTHING
"""
PLAIN = ("subject", "workflow", "release", "model", "prompt", "classifier", "run", "snapshot")  # fields that are one id


def index() -> int:
    """Index what has been placed since; returns how many entries."""
    total = 0
    while count := index_batch():
        total += count
        if count < BATCH:
            break
    return total


@transaction.atomic
def index_batch(batch: int = BATCH) -> int:
    """Index the next entries in sequence. Two at once do the same work, and one of them in vain."""
    last = Indexed.objects.aggregate(last=Max("seq"))["last"]
    with connection.cursor() as cursor:
        cursor.execute(UNREAD, [-1 if last is None else last, batch])
        rows = cursor.fetchall()
        if rows:
            terms = [json.dumps(sorted(set(terms_of(*row[2:])))) for row in rows]
            cursor.execute(ADD, [[row[0] for row in rows], [row[1] for row in rows], terms])
    return len(rows)


def terms_of(action: str, about: str, actor: str, case: object, exact: bytes) -> Iterator[str]:
    """The entry's terms. Values are as the entry has them: ids, fingerprints, slugs."""
    yield f"did:{action}"
    yield f"did:{action.partition('.')[0]}."
    yield f"by:{actor}"
    yield f"on:{about}"
    if case:
        yield f"case:{case}"
    facts = _read(exact)
    for name in PLAIN:
        if isinstance(facts.get(name), str) and facts[name]:
            yield f"{name}:{facts[name]}"
    if about.startswith(("release:", "subject:", "workflow:")):
        yield about
    sources = facts.get("sources")
    for source in sources if isinstance(sources, list) else ():
        if isinstance(source, dict) and isinstance(source.get("id"), str):
            document = source["id"].partition("#")[0]
            yield f"source:{document}"
            yield f"source:{document}@{source.get('version')}"


def _read(exact: bytes) -> dict[str, Any]:
    try:
        said = json.loads(exact)
    except (ValueError, RecursionError):  # verification says so
        return {}
    return said if isinstance(said, dict) else {}
