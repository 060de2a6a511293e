"""Recomputes a tenant's whole log from the exact bytes, in bounded memory, and names what does not agree.

It covers what was sequenced when it began; entries that come in meanwhile do not disturb it. It proves that the log
agrees with its own checkpoints: that nobody replaced those too is for checkpoints that have left this database to show.
"""

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db import connection

from apps.audit import subtrees
from apps.audit.findings import COLUMNS, Finding, Row, check_entry
from apps.audit.merkle import EMPTY_ROOT, Frontier
from apps.audit.models import Checkpoint, Leaf, Pending
from apps.tenants.schemas import current_schema

PAGE = 2_000
KEPT_FINDINGS = 1_000  # of these the details are kept, of all others the number
SEARCHED = 3  # changed entries in which the very byte is looked for

ROWS = f"""
SELECT {COLUMNS}
FROM audit_leaf AS place LEFT JOIN audit_entry AS entry ON entry.id = place.entry_id
WHERE place.seq > %s AND place.seq < %s ORDER BY place.seq LIMIT %s
"""  # noqa: S608 - made of constants
# One statement each, so one snapshot: an entry placed in between is seen as waiting or as placed, never as neither.
UNPLACED = """
SELECT entry.id FROM audit_entry AS entry
WHERE NOT EXISTS (SELECT FROM audit_leaf AS place WHERE place.entry_id = entry.id)
  AND NOT EXISTS (SELECT FROM audit_pending AS waiting WHERE waiting.entry_id = entry.id)
"""
VANISHED = """
SELECT waiting.entry_id FROM audit_pending AS waiting
WHERE NOT EXISTS (SELECT FROM audit_entry AS entry WHERE entry.id = waiting.entry_id AND entry.leaf = waiting.leaf)
"""
PLACED_TWICE = "SELECT entry_id FROM audit_pending JOIN audit_leaf USING (entry_id)"
BEYOND = """
SELECT seq, entry_id FROM audit_leaf
WHERE seq < 0 OR seq >= (SELECT coalesce(max(tree_size), 0) FROM audit_checkpoint) ORDER BY seq
"""


@dataclass
class Report:
    tenant: str
    entries: int = 0  # in sequence, each recomputed from its bytes
    checkpoints: int = 0
    waiting: int = 0  # committed, not yet in sequence
    root: str = EMPTY_ROOT.hex()
    found: int = 0
    findings: list[Finding] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        return self.found == 0

    def add(self, finding: Finding) -> None:
        self.found += 1
        if len(self.findings) < KEPT_FINDINGS:
            self.findings.append(finding)

    def as_json(self) -> dict[str, Any]:
        findings = [
            {**asdict(finding), "entry": str(finding.entry) if finding.entry else None} for finding in self.findings
        ]
        return {**asdict(self), "ok": self.ok, "seconds": round(self.seconds, 3), "findings": findings}


def verify() -> Report:
    """Verify the current tenant's log. Only reads."""
    started = time.perf_counter()
    report = Report(current_schema())
    newest = Checkpoint.objects.order_by("-tree_size").first()
    size = newest.tree_size if newest else 0
    _verify_sequence(report, size)
    _verify_edges(report)
    report.root = bytes(newest.root).hex() if newest else report.root
    report.waiting = Pending.objects.count()
    report.seconds = time.perf_counter() - started
    return report


def _verify_sequence(report: Report, size: int) -> None:
    frontier, expected, sound = Frontier(), 0, 0
    while expected < size:
        rows = _rows(expected - 1, size)
        checkpoints = _checkpoints(expected, rows[-1][0] + 1 if len(rows) == PAGE else size)
        for place, row in rows:
            if place != expected:
                report.add(Finding("gap", f"The sequence jumps from {expected - 1} to {place}.", place))
            for finding in check_entry(row, report.tenant, search=report.found < SEARCHED):
                report.add(finding)
            frontier.add(row.sequenced)
            expected = place + 1
            report.entries += 1
            if expected in checkpoints:
                frontier, sound = _verify_checkpoint(report, checkpoints.pop(expected), frontier, sound)
        for orphan in checkpoints.values():
            report.add(
                Finding("checkpoint", f"The checkpoint over {orphan.tree_size} entries has no entry at its end.")
            )
            report.checkpoints += 1
        if len(rows) < PAGE:
            break
    if expected < size:
        report.add(
            Finding(
                "gap", f"The sequence ends at {expected - 1}; the newest checkpoint covers {size} entries.", expected
            )
        )
    duplicates = Leaf.objects.filter(seq__gte=0, seq__lt=size).count() - report.entries
    if duplicates:
        report.add(Finding("duplicate", f"{duplicates} places in the sequence are taken twice."))


def _verify_checkpoint(report: Report, stored: Checkpoint, ours: Frontier, sound: int) -> tuple[Frontier, int]:
    """Compare, and go on from the stored tree where it differs: each later checkpoint is judged by its own entries."""
    report.checkpoints += 1
    root, encoded = bytes(stored.root), bytes(stored.frontier)
    if ours.size == stored.tree_size and ours.root() == root:
        if ours.encoded() != encoded:
            report.add(
                Finding(
                    "frontier", f"The subtree hashes of the checkpoint over {stored.tree_size} entries were changed."
                )
            )
        return ours, stored.tree_size
    detail = (
        f"The checkpoint over {stored.tree_size} entries holds root {root.hex()}; its entries give {ours.root().hex()}."
    )
    report.add(Finding("root", f"{detail} The difference lies at or after place {sound}.", sound))
    try:
        theirs = Frontier(stored.tree_size, encoded)
    except ValueError:
        return ours, sound
    return (theirs, stored.tree_size) if theirs.root() == root else (ours, sound)


def _verify_edges(report: Report) -> None:
    for (entry,) in _select(UNPLACED):
        report.add(
            Finding("unplaced", "The entry has no place in the sequence and does not wait for one.", entry=entry)
        )
    for (entry,) in _select(VANISHED):
        report.add(Finding("vanished", "The entry was removed or changed while it waited for its place.", entry=entry))
    for (entry,) in _select(PLACED_TWICE):
        report.add(Finding("duplicate", "The entry has a place in the sequence and waits for another.", entry=entry))
    for (size,) in _select("SELECT tree_size FROM audit_checkpoint WHERE tree_size <= 0"):
        report.add(Finding("checkpoint", f"A checkpoint claims to cover {size} entries."))
    for finding in subtrees.check():
        report.add(finding)
    for seq, entry in _select(BEYOND):
        report.add(Finding("uncovered", "The place is not covered by any checkpoint.", seq, entry))


def _select(statement: str) -> Iterator[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        while page := cursor.fetchmany(PAGE):
            yield from page


def _rows(after: int, size: int) -> list[tuple[int, Row]]:
    with connection.cursor() as cursor:
        cursor.execute(ROWS, [after, size, PAGE])
        return [(row[0], Row(*row)) for row in cursor.fetchall()]


def _checkpoints(first: int, last: int) -> dict[int, Checkpoint]:
    """By size, those with first < size <= last."""
    return {stored.tree_size: stored for stored in Checkpoint.objects.filter(tree_size__gt=first, tree_size__lte=last)}
