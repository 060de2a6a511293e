"""Who read what about customers, and what for: an entry before it is shown, one for each span of time.

The row that says "already in the log" and the entry are one statement, which commits by itself: a page costs one round
trip, whether it is the first look or the tenth.
"""

import hashlib
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import connection
from rest_framework.request import Request

from apps.audit.entries import prepare
from apps.audit.findings import COLUMNS, Row
from apps.audit.models import Read
from apps.audit.timeline import TimelineEntry, timeline_entry
from apps.tenants.actors import Actor, actor_of
from apps.tenants.purposes import Purpose, purpose_of
from apps.tenants.requests import MemberRequest

QUARTER, DAY = timedelta(minutes=15), timedelta(days=1)
KEPT = timedelta(days=2)
CASE_READ = "case.read"
SHOWN = 100
ENTER_ONCE = """
WITH fresh AS (
    INSERT INTO audit_read (actor, object, purpose, since) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING RETURNING 1
)
INSERT INTO audit_entry (id, at, action, object, actor, case_id, bytes, leaf)
SELECT %s, %s, %s, %s, %s, %s, %s, %s FROM fresh
"""

READS = f"""
SELECT {COLUMNS} FROM audit_entry AS entry LEFT JOIN audit_leaf AS place ON place.entry_id = entry.id
WHERE entry.object = %s AND entry.action = '{CASE_READ}' ORDER BY entry.at DESC, entry.id DESC LIMIT {SHOWN}
"""  # noqa: S608 - made of constants


def case_read(request: MemberRequest | Request, case: UUID, *, part: str, deciding: bool = False) -> None:
    """A case is about to be shown: `part` says what of it, as "draft", "dossier", "state".

    The entry names the case as its object and is no part of the case's own story: see `reads_of`.
    Raises PurposeMissing (apps.tenants.purposes): let it pass, the person is asked.
    """
    enter_once(
        actor=actor_of(request), action=CASE_READ, object=f"case:{case}",
        purpose=purpose_of(request, deciding=deciding), part=part,
    )  # fmt: skip


def rows_read(request: MemberRequest | Request, rows: Collection[UUID], *, part: str, deciding: bool = False) -> None:
    """A list of cases is about to be shown: one entry, which names its rows. Nothing for an empty list.

    The same rows again within a quarter of an hour are one look. Raises PurposeMissing.
    """
    if not rows:
        return
    purpose, named = purpose_of(request, deciding=deciding), sorted(str(row) for row in rows)
    seal = hashlib.sha256("\n".join(named).encode()).hexdigest()
    enter_once(
        actor=actor_of(request), action="cases.listed", object=f"cases:{seal}", purpose=purpose, part=part, rows=named
    )


def object_read(request: MemberRequest | Request, object: str, *, part: str) -> None:  # noqa: A002
    """Something else that holds personal data, such as a file, is about to be shown or sent. Raises PurposeMissing."""
    enter_once(actor=actor_of(request), action="data.read", object=object, purpose=purpose_of(request), part=part)


def enter_once(
    *,
    actor: Actor,
    action: str,
    object: str,  # noqa: A002
    purpose: Purpose,
    part: str = "",
    rows: Sequence[str] = (),
    span: timedelta = QUARTER,
) -> None:
    """Enter it unless the same actor did the same to the object, for the same purpose, in this span of time."""
    prepared = prepare(
        actor=actor, action=action, object=object,
        purpose=purpose.value, part=part, rows=list(rows) or None,
    )  # fmt: skip
    since = datetime.fromtimestamp(prepared.at.timestamp() // span.total_seconds() * span.total_seconds(), UTC)
    marked = f"{object}/{part}" if part else object
    with connection.cursor() as cursor:
        cursor.execute(ENTER_ONCE, [prepared.actor, marked, purpose.value, since, *prepared[:8]])


def reads_of(case: UUID) -> list[TimelineEntry]:
    """Who read the case, what of it and what for: the last hundred entries, the last first, each checked."""
    with connection.cursor() as cursor:
        cursor.execute(READS, [f"case:{case}"])
        return [timeline_entry(Row(*row)) for row in cursor.fetchall()]


def forget_old_reads() -> None:
    """Remove what only told that an entry is there already."""
    Read.objects.filter(since__lt=datetime.now(UTC) - KEPT).delete()
