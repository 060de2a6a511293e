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
from apps.audit.models import Read
from apps.tenants.actors import Actor, actor_of
from apps.tenants.purposes import Purpose, purpose_of
from apps.tenants.requests import MemberRequest

QUARTER, DAY = timedelta(minutes=15), timedelta(days=1)
KEPT = timedelta(days=2)
ENTER_ONCE = """
WITH fresh AS (
    INSERT INTO audit_read (actor, object, purpose, since) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING RETURNING 1
)
INSERT INTO audit_entry (id, at, action, object, actor, case_id, bytes, leaf)
SELECT %s, %s, %s, %s, %s, %s, %s, %s FROM fresh
"""


def case_read(request: MemberRequest | Request, case: UUID, *, part: str, deciding: bool = False) -> None:
    """A case is about to be shown: `part` says what of it, as "draft", "story", "dossier", "state".

    Raises PurposeMissing (apps.tenants.purposes): let it pass, the person is asked.
    """
    purpose = purpose_of(request, deciding=deciding)
    enter_once(
        actor=actor_of(request), action="case.read", object=f"case:{case}", case=case, purpose=purpose, part=part
    )


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
    case: UUID | None = None,
    part: str = "",
    rows: Sequence[str] = (),
    span: timedelta = QUARTER,
) -> None:
    """Enter it unless the same actor did the same to the object, for the same purpose, in this span of time."""
    prepared = prepare(
        actor=actor, action=action, object=object, case=case,
        purpose=purpose.value, part=part, rows=list(rows) or None,
    )  # fmt: skip
    since = datetime.fromtimestamp(prepared.at.timestamp() // span.total_seconds() * span.total_seconds(), UTC)
    marked = f"{object}/{part}" if part else object
    with connection.cursor() as cursor:
        cursor.execute(ENTER_ONCE, [prepared.actor, marked, purpose.value, since, *prepared[:8]])


def forget_old_reads() -> None:
    """Remove what only told that an entry is there already."""
    Read.objects.filter(since__lt=datetime.now(UTC) - KEPT).delete()
