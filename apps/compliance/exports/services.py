"""Exports: asked for, written in the background piece by piece, resumed, cancelled, fetched, and taken away again."""

import logging
import shutil
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from apps.audit.bundles import write_entries
from apps.audit.entries import record
from apps.audit.models import SignedCheckpoint
from apps.audit.sequencer import sequence
from apps.audit.signing import sign_newest
from apps.compliance.export_models import KEPT, Export
from apps.compliance.exports.folders import file_of, lengths, remove, taken_up
from apps.compliance.exports.packing import digest, pack
from apps.compliance.exports.scopes import Scope, count, places
from apps.evaluations import leased_run
from apps.evaluations.leased_run import cancel_run, claim, get_on, held, let_go, wait
from apps.tenants.actors import SYSTEM, Actor
from apps.tenants.schemas import current_schema

logger = logging.getLogger(__name__)

PIECE = 5_000  # entries between two marks of progress: a quarter of a second
AT_ONCE = 5  # unfinished exports of one tenant


@transaction.atomic
def ask(*, actor: Actor, scope: Scope) -> Export:
    """Queue an export. Raises ValidationError with what is in the way."""
    if not settings.SIGNER_SOCKET:
        raise ValidationError("Exports are sealed by the signer, and none is set up here (SIGNER_SOCKET).")
    if Export.objects.filter(state__in=Export.UNFINISHED).count() >= AT_ONCE:
        raise ValidationError(f"{AT_ONCE} exports are under way already. Wait for one of them, or cancel it.")
    export = Export.objects.create(
        scope=scope.stated(), total=0, created_by=actor.id, created_name=actor.name, report={}
    )
    record(
        actor=actor,
        action="export.asked",
        object=f"export:{export.pk}",
        case=UUID(scope.id) if scope.kind == "case" else None,
        after={**scope.stated()},
    )
    _after_commit(export)
    return export


def cancel(*, actor: Actor, export: Export) -> bool:
    """Stop after the piece that is being written. False when it had come to rest."""
    return cancel_run(actor=actor, run=export, release="")


def work(export_id: UUID, *, seconds: float = float("inf")) -> bool:
    """Write what is left, for about so many seconds. True when the export rests, or somebody else works on it."""
    export = claim(Export.objects.all(), export_id, _longer)
    if export is None:
        return True
    until = time.monotonic() + seconds
    try:
        if not export.size:
            _begin(export)
        folder = taken_up(export)
        while export.position < export.size:
            if not _write_piece(export, folder):
                return True
            if time.monotonic() > until:
                let_go(export)
                return False
        _finish(export, folder)
    except Exception as error:
        logger.exception("Export %s failed", export.pk)
        return wait(export, error, "")
    return True


def waiting() -> Sequence[UUID]:
    """The exports that nobody works on and that are due."""
    return leased_run.waiting(Export.objects.all())


@transaction.atomic
def fetch(*, actor: Actor, export: Export) -> Path:
    """The zip file, for somebody who downloads it. Raises FileNotFoundError when it is not kept any more."""
    path = file_of(export)
    if not export.at_hand or not path.exists():
        raise FileNotFoundError("This export is not kept any more. Ask for it again: the log has not gone.")
    Export.objects.filter(pk=export.pk).update(downloads=F("downloads") + 1)
    record(actor=actor, action="export.downloaded", object=f"export:{export.pk}", after={"sha256": export.sha256})
    return path


def clear() -> int:
    """Take away the files of exports whose time is over, and what cancelled and failed ones left. Returns how many."""
    over = Export.objects.filter(removed_at=None, finished_at__isnull=False)
    cleared = 0
    for export in over.exclude(state__in=Export.UNFINISHED):
        if export.state != Export.State.DONE or timezone.now() >= export.finished_at + KEPT:  # type: ignore[operator]
            cleared += _clear(export.pk)
    return cleared


@transaction.atomic
def _clear(export_id: UUID) -> bool:
    export = Export.objects.select_for_update(skip_locked=True).filter(pk=export_id, removed_at=None).first()
    if export is None:
        return False
    remove(export)
    Export.objects.filter(pk=export_id).update(removed_at=timezone.now())
    if export.state == Export.State.DONE:
        record(actor=SYSTEM, action="export.removed", object=f"export:{export_id}")
    return True


def _begin(export: Export) -> None:
    """Fix the checkpoint that it is proved against, newer than whatever had happened when it was asked for."""
    sequence()
    sign_newest()
    size = SignedCheckpoint.objects.order_by("-tree_size").values_list("tree_size", flat=True).first()
    if size is None:
        raise LookupError("The log has no signed checkpoint yet.")
    total = count(Scope(**export.scope), size)
    with transaction.atomic():
        row = held(export)
        if row:
            row.size, row.total = export.size, export.total = size, total
            row.save(update_fields=["size", "total"])


def _write_piece(export: Export, folder: Path) -> bool:
    """False when the export was cancelled meanwhile, or taken over."""
    begin = time.perf_counter_ns()
    found = places(Scope(**export.scope), export.position, export.size, PIECE)
    end = found[-1] + 1 if len(found) == PIECE else export.size
    written = write_entries(folder, found, end, export.position)
    with transaction.atomic():
        row = held(export)
        if row is None:
            return False
        row.position, row.lengths = end, lengths(folder)
        row.done = export.done  # which is 0 where the files had to be begun anew
        row.report = {"missing": export.report.get("missing", 0) + len(found) - written}
        spent = (time.perf_counter_ns() - begin) // 1000
        get_on(export, row, done=written, cached=0, spent=(), microseconds=spent, longer=_longer(row))
    export.position, export.done, export.lengths, export.report = row.position, row.done, row.lengths, row.report
    return True


def _finish(export: Export, folder: Path) -> None:
    summary = pack(export, folder)
    path = file_of(export)
    sha256, size = digest(path), path.stat().st_size
    report = {
        **export.report,
        "first": summary.first,
        "last": summary.last,
        "actions": len(summary.actions),
        "actors": len({each[:2] for each in summary.actors}),
    }
    with transaction.atomic():
        if not leased_run.finish(export, report):
            return
        Export.objects.filter(pk=export.pk).update(file_bytes=size, sha256=sha256)
        record(
            actor=SYSTEM,
            action="export.finished",
            object=f"export:{export.pk}",
            after={"entries": summary.entries, "checkpoint": export.size, "sha256": sha256, "bytes": size},
        )
    shutil.rmtree(folder)


def _longer(export: Export) -> timedelta:
    """Packing is one piece, and takes a minute and a half for a million entries."""
    return timedelta(milliseconds=export.total / 5)


def _after_commit(export: Export) -> None:
    from apps.compliance.tasks import send_export

    schema = current_schema()
    transaction.on_commit(lambda: send_export(schema, export.pk))
