"""Puts committed entries in order: one sequencer per tenant at a time, whoever runs it.

Writers do not wait for each other, so their entries become visible in any order and some never do. The sequencer takes
what is marked as waiting, never "everything after the last one": an entry that commits late is found whenever it does.
Places and the tree's new root are committed together, so a sequencer that is killed leaves nothing behind and the next
one does the same work.
"""

import hashlib

from django.db import connection, transaction

from apps.audit.merkle import Frontier
from apps.audit.models import Checkpoint, Pending
from apps.audit.subtrees import FANOUT, grow
from apps.tenants.schemas import current_schema

BATCH = 2_000  # entries per transaction: about 30 ms

CLAIM = """
WITH claimed AS (
    DELETE FROM audit_pending WHERE id IN (SELECT id FROM audit_pending ORDER BY id LIMIT %s)
    RETURNING id, entry_id, leaf
)
SELECT entry_id, leaf FROM claimed ORDER BY id
"""
PLACE = """
INSERT INTO audit_leaf (seq, entry_id, leaf)
SELECT %s + place - 1, entry_id, leaf
FROM unnest(%s::uuid[], %s::bytea[]) WITH ORDINALITY AS placed (entry_id, leaf, place)
"""


def sequence(batch: int = BATCH) -> int:
    """Give every waiting entry of the current tenant its place; returns how many. 0 while another one is at work."""
    placed = 0
    while Pending.objects.exists():
        count = sequence_batch(batch)
        placed += count
        if count < batch:
            break
    return placed


@transaction.atomic
def sequence_batch(batch: int = BATCH) -> int:
    """Place up to `batch` waiting entries and add a checkpoint. 0 while another one is at work, or nothing waits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [lock_key(current_schema())])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(CLAIM, [batch])
        claimed = cursor.fetchall()
        if not claimed:
            return 0
        frontier = current_frontier()
        cursor.execute(PLACE, [frontier.size, [entry for entry, _ in claimed], [leaf for _, leaf in claimed]])
    before = frontier.size
    frontier.extend(bytes(leaf) for _, leaf in claimed)
    if frontier.size // FANOUT > before // FANOUT:
        grow(frontier.size)
    Checkpoint.objects.create(tree_size=frontier.size, root=frontier.root(), frontier=frontier.encoded())
    return len(claimed)


def current_frontier() -> Frontier:
    """The tree as the newest checkpoint left it. Only under the lock can it be trusted to stay the newest."""
    newest = Checkpoint.objects.order_by("-tree_size").first()
    return Frontier(newest.tree_size, bytes(newest.frontier)) if newest else Frontier()


def lock_key(tenant: str) -> int:
    """PostgreSQL's advisory locks are numbers for the whole database: 64 bits of a hash keep all uses apart."""
    return int.from_bytes(hashlib.sha256(f"audit sequencer of {tenant}".encode()).digest()[:8], "big", signed=True)
