"""Hand-overs: asked for, approved by another person, made in the background, fetched, and taken away again."""

import hashlib
import logging
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from apps.audit.commitments import open_key, wrap_key
from apps.audit.entries import record
from apps.evaluations import leased_run
from apps.evaluations.leased_run import cancel_run, claim, get_on, held, record_deed, wait
from apps.portability.models import HandOver
from apps.portability.packing import pack
from apps.portability.travel_key import DIFFERENT, SHORTEST, TravelKey
from apps.tenants.actors import SYSTEM, Actor
from apps.tenants.capabilities import Capability, capabilities_of
from apps.tenants.schemas import current_schema

logger = logging.getLogger(__name__)
PATIENCE = timedelta(days=7)  # with one that nobody approves
LONGER = timedelta(minutes=5)  # between two marks of progress


class Stopped(Exception):
    """It was cancelled meanwhile, or another worker took it over."""


@transaction.atomic
def ask(*, actor: Actor, passphrase: str, again: str) -> HandOver:
    """Ask for an archive. Only the key that the passphrase makes is kept, and only until the archive is made."""
    if len(passphrase) < SHORTEST or len(set(passphrase)) < DIFFERENT:
        raise ValidationError(
            {"passphrase": f"Take at least {SHORTEST} characters, not all alike: four words that do not belong."}
        )
    if passphrase != again:
        raise ValidationError({"again": "This is not the same passphrase. Nobody can find it again when it is lost."})
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('archive ' || %s))", [current_schema()])
    if HandOver.objects.filter(state__in=HandOver.UNFINISHED).exists():
        raise ValidationError("One archive is on its way already. Wait for it, or cancel it.")
    key = TravelKey.of(passphrase)
    asked = HandOver(total=0, salt=key.salt, created_by=actor.id, created_name=actor.name, report={})
    asked.secret = wrap_key(asked.pk, key.secret)
    asked.save()
    record_deed(actor, asked, "asked")
    return asked


@transaction.atomic
def approve(*, actor: Actor, hand_over: HandOver) -> None:
    """Raises ValidationError for whoever asked for it, and when there is nothing to approve any more."""
    row = HandOver.objects.select_for_update().get(pk=hand_over.pk)
    if row.created_by == actor.id:
        raise ValidationError("Whoever asks for an archive cannot approve it. It takes another person.")
    if not row.awaits:
        raise ValidationError("This does not wait for approval any more.")
    row.approved_by, row.approved_name, row.approved_at = actor.id, actor.name, timezone.now()
    row.save(update_fields=["approved_by", "approved_name", "approved_at"])
    record_deed(actor, row, "approved")
    _after_commit(row)


@transaction.atomic
def cancel(*, actor: Actor, hand_over: HandOver) -> bool:
    """Refuse it, or stop it. False when it had come to rest."""
    HandOver.objects.filter(pk=hand_over.pk, state__in=HandOver.UNFINISHED).update(secret=None)
    return cancel_run(actor=actor, run=hand_over, release="")


def work(hand_over_id: UUID) -> bool:
    """Make the archive, from its beginning: it is one moment of the database, which a killed worker takes along."""
    run = claim(HandOver.objects.filter(approved_at__isnull=False), hand_over_id, lambda _: LONGER)
    if run is None or run.secret is None:
        return True
    # A file of this worker's own: one that was thought dead may still be writing to another.
    path = file_of(run).with_suffix(f".{uuid4().hex}.part")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = TravelKey(open_key(run.pk, bytes(run.secret)), bytes(run.salt))
    try:
        manifest = pack(path, key, lambda done, total: _mark(run, done, total))
        _finish(run, path, {name: each["rows"] for name, each in manifest["files"].items()}, manifest["log"])
    except Stopped:
        pass
    except Exception as error:
        logger.exception("Hand-over %s failed", run.pk)
        return wait(run, error, "")
    finally:
        path.unlink(missing_ok=True)
    return True


def waiting() -> Sequence[UUID]:
    """The approved ones that nobody works on and that are due."""
    return leased_run.waiting(HandOver.objects.filter(approved_at__isnull=False))


@transaction.atomic
def fetch(*, actor: Actor, hand_over: HandOver) -> Path:
    """The archive, for somebody who downloads it. Raises FileNotFoundError when it is not kept any more."""
    path = file_of(hand_over)
    if not hand_over.at_hand or not path.exists():
        raise FileNotFoundError("This archive is not kept any more. Ask for another.")
    HandOver.objects.filter(pk=hand_over.pk).update(downloads=F("downloads") + 1)
    record(
        actor=actor,
        action="archive.downloaded",
        object=f"archive:{hand_over.pk}",
        after={"sha256": hand_over.sha256},
    )
    return path


def waiting_for(actor: Actor) -> int:
    """How many wait for the person's approval."""
    if Capability.AUDIT_EXPORT not in capabilities_of(actor.role):
        return 0
    asked = HandOver.objects.filter(approved_at=None, state__in=HandOver.UNFINISHED)
    return asked.exclude(created_by=actor.id).count()


def clear() -> int:
    """Take away the archives whose time is over, and what cancelled and failed ones left. Returns how many.

    What nobody has approved within a week is withdrawn: its key is not kept for longer.
    """
    asked = HandOver.objects.filter(approved_at=None, state__in=HandOver.UNFINISHED)
    for each in asked.filter(created_at__lt=timezone.now() - PATIENCE):
        cancel(actor=SYSTEM, hand_over=each)
    over = HandOver.objects.filter(removed_at=None, finished_at__isnull=False).exclude(state__in=HandOver.UNFINISHED)
    gone = [each for each in over if not each.at_hand]
    for each in gone:
        _clear(each)
    return len(gone)


def file_of(hand_over: HandOver) -> Path:
    return Path(settings.MEDIA_ROOT) / current_schema() / "hand-overs" / f"{hand_over.pk}.zip"


@transaction.atomic
def _clear(hand_over: HandOver) -> None:
    for left in file_of(hand_over).parent.glob(f"{hand_over.pk}.*"):
        left.unlink(missing_ok=True)
    if HandOver.objects.filter(pk=hand_over.pk, removed_at=None).update(removed_at=timezone.now(), secret=None):
        record(actor=SYSTEM, action="archive.removed", object=f"archive:{hand_over.pk}")


@transaction.atomic
def _mark(run: HandOver, done: int, total: int) -> None:
    row = held(run)
    if row is None:
        raise Stopped
    row.total = total
    get_on(run, row, done=done - row.done, cached=0, spent=(), microseconds=0, longer=LONGER)


@transaction.atomic
def _finish(run: HandOver, path: Path, rows: dict[str, int], log: dict[str, int | str]) -> None:
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    if not leased_run.finish(run, {"rows": rows, "log": log}):
        raise Stopped
    size = path.stat().st_size
    HandOver.objects.filter(pk=run.pk).update(file_bytes=size, sha256=sha256, secret=None)
    record(
        actor=SYSTEM,
        action="archive.finished",
        object=f"archive:{run.pk}",
        after={"files": len(rows), "rows": sum(rows.values()), "log": log, "sha256": sha256, "bytes": size},
    )
    path.replace(file_of(run))


def _after_commit(run: HandOver) -> None:
    from apps.portability.tasks import send_hand_over

    schema = current_schema()
    transaction.on_commit(lambda: send_hand_over(schema, run.pk))
