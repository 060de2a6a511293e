"""How the log stands: what is in sequence, what waits, what was signed, who has seen it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import F, Max
from django.utils import timezone

from apps.audit.models import Checkpoint, Cosignature, Delivery, LogKey, SignedCheckpoint

MERGE_DELAY = timedelta(seconds=2)  # the longest that an entry should wait for its place
SIGNING_DELAY = timedelta(minutes=5)  # and the log for its signature

OLDEST = "SELECT count(*), min(entry.at) FROM audit_pending JOIN audit_entry AS entry ON entry.id = entry_id"


@dataclass(frozen=True)
class State:
    entries: int  # in sequence
    root: str  # hex, "" while there are none
    sequenced_at: datetime | None
    waiting: int
    waited: timedelta | None  # the longest of those that wait
    signed: SignedCheckpoint | None
    unsigned: int  # entries beyond the newest signature
    witnessed: dict[str, datetime]  # by name, when each witness last saw the log
    published_at: datetime | None
    keys: list[LogKey]
    now: datetime

    @property
    def late(self) -> bool:
        return self.waited is not None and self.waited > MERGE_DELAY

    @property
    def signing_is_late(self) -> bool:
        """Entries stand for longer than they should without a signature over them."""
        since = self.signed.at if self.signed else None
        behind = self.unsigned and self.sequenced_at and self.now - self.sequenced_at > SIGNING_DELAY
        return bool(behind and (since is None or self.now - since > SIGNING_DELAY))


def state() -> State:
    """Eight queries, however long the log is."""
    newest = Checkpoint.objects.order_by("-tree_size").first()
    signed = SignedCheckpoint.objects.order_by("-tree_size").first()
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(OLDEST)
        waiting, oldest = cursor.fetchone()
    size = newest.tree_size if newest else 0
    seen = Cosignature.objects.values("witness").annotate(at=Max("seen_at")).order_by("witness")
    return State(
        entries=size,
        root=bytes(newest.root).hex() if newest else "",
        sequenced_at=newest.at if newest else None,
        waiting=waiting,
        waited=now - oldest if oldest else None,
        signed=signed,
        unsigned=size - (signed.tree_size if signed else 0),
        witnessed={each["witness"].partition("+")[0]: each["at"] for each in seen},
        published_at=Delivery.objects.aggregate(at=Max(F("delivered_at")))["at"],
        keys=list(LogKey.objects.order_by("-seen_at", "encoded")),
        now=now,
    )
