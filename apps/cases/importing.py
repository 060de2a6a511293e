"""Brings a file of cases in, in batches. A batch, its counts and its rejected rows are one transaction.

So a run that was killed goes on behind its last batch, and a file that comes twice is admitted once.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import IO, cast
from uuid import UUID

from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from apps.audit.entries import record
from apps.cases import hints
from apps.cases.admission import Admission, Conflict, NotAdmitted, admit_batch, open_for
from apps.cases.columns import Columns, check_columns
from apps.cases.import_rows import Labels, Readable, Refused, as_text, read_rows
from apps.cases.imports import ImportRun, RejectedRow
from apps.cases.rows import RowFile, Unreadable
from apps.tenants.actors import Actor
from apps.tenants.models import Tenant
from apps.tenants.schemas import current_schema
from apps.workflows.models import Workflow

BATCH = 500  # rows
BATCH_BYTES = 8 * 1024 * 1024
ATTEMPTS = 5  # without getting on; then something is wrong that another one does not mend
UNFINISHED = (ImportRun.State.READY, ImportRun.State.RUNNING)
COUNTS = ("rows", "admitted", "repeats", "duplicates", "rejected")

Progress = Callable[[ImportRun], None]


class Busy(Exception):
    """Another process is bringing this file in."""


@transaction.atomic
def enter_import(
    *,
    actor: Actor,
    workflow: Workflow,
    file_name: str,
    sha256: str,
    size: int,
    columns: Columns,
    encoding: str = "",
    stored: str = "",
    unclear: bool = False,
) -> ImportRun:
    """Enter a file that is to come in; `unclear` when its columns are still to be named."""
    open_for(workflow)
    if not unclear:
        check_columns(columns)
    run = ImportRun(
        workflow=workflow,
        file_name=file_name[-255:],
        sha256=sha256,
        size=size,
        columns=dict(columns),
        encoding=encoding,
        stored=stored,
        state=ImportRun.State.UNCLEAR if unclear else ImportRun.State.READY,
    )
    if not unclear and stored:
        hints.imports_after_commit()
    run.actor = actor
    run.save()
    record(
        actor=actor,
        action="import.entered",
        object=f"import:{run.pk}",
        workflow=workflow.slug,
        after={"file": sha256, "bytes": size},
    )
    return run


@transaction.atomic
def name_columns(*, actor: Actor, run: ImportRun, columns: Columns) -> None:
    """Say what the columns are that nobody knew, so that the run may start. Raises ColumnsUnclear."""
    check_columns(columns)
    ready = ImportRun.objects.filter(pk=run.pk, state=ImportRun.State.UNCLEAR).update(
        columns=dict(columns), state=ImportRun.State.READY
    )
    if ready:
        hints.imports_after_commit()
        record(actor=actor, action="import.columns_named", object=f"import:{run.pk}", after={"file": run.sha256})


def bring_in(
    run_id: UUID,
    *,
    file: IO[bytes] | None = None,
    labels: Labels | None = None,
    progress: Progress | None = None,
    seconds: float = float("inf"),
) -> bool:
    """Admit what is left of the file, for about so many seconds. True when the run has come to rest.

    `file` is for a sender who holds it; otherwise it is taken from where it is stored. Raises Busy.
    """
    with _alone(run_id):
        run = ImportRun.objects.select_related("workflow__production").get(pk=run_id)
        if run.state not in UNFINISHED:
            return True
        if run.attempts >= ATTEMPTS:
            _close(run, ImportRun.State.FAILED, "It stopped several times at the same place. The log says why.")
            return True
        ImportRun.objects.filter(pk=run_id).update(state=ImportRun.State.RUNNING, attempts=run.attempts + 1)
        run.state = ImportRun.State.RUNNING
        try:
            with _opened(run, file) as opened:
                finished = _admit_rows(run, opened, labels, progress, time.monotonic() + seconds)
        except (Unreadable, NotAdmitted) as stopped:
            _close(run, ImportRun.State.FAILED, str(stopped))
            return True
        if finished:
            _close(run, ImportRun.State.DONE, "")
        return finished


def waiting_imports() -> QuerySet[ImportRun]:
    """Uploaded files that are not all in, the oldest first."""
    return ImportRun.objects.filter(state__in=UNFINISHED).exclude(stored="").order_by("id")


def bring_in_next(*, seconds: float) -> bool:
    """Bring in the oldest waiting file that nobody is at. True when nothing is left to do here."""
    for run_id in waiting_imports().values_list("pk", flat=True):
        try:
            bring_in(run_id, seconds=seconds)
        except Busy:
            continue
        return not waiting_imports().exists()
    return True


def unfinished_import(workflow: Workflow, sha256: str, columns: Columns, encoding: str) -> ImportRun | None:
    """The run of a file that its sender holds, if it was killed half-way."""
    return ImportRun.objects.filter(
        workflow=workflow, sha256=sha256, columns=dict(columns), encoding=encoding, stored="", state__in=UNFINISHED
    ).first()


def _admit_rows(run: ImportRun, file: RowFile, labels: Labels | None, progress: Progress | None, until: float) -> bool:
    region = Tenant.objects.get(pk=current_schema()).region
    rows = read_rows(file, run.columns, labels)
    for _ in islice(rows, run.rows):
        pass  # dealt with before, but their ids and labels count
    for batch in _batches(rows, file):
        _admit_batch(run, batch, region, file.position)
        if progress:
            progress(run)
        if time.monotonic() > until:
            return False
    return True


def _batches(rows: Iterator[Readable | Refused], file: RowFile) -> Iterator[list[Readable | Refused]]:
    """Limited in number and size. What comes before a place where nothing more can be read still comes in."""
    batch: list[Readable | Refused] = []
    begins = file.position
    try:
        for row in rows:
            batch.append(row)
            if len(batch) >= BATCH or file.position - begins > BATCH_BYTES:
                yield batch
                batch, begins = [], file.position
    except Unreadable as stopped:
        if batch:
            yield batch
        raise stopped
    if batch:
        yield batch


@transaction.atomic
def _admit_batch(run: ImportRun, batch: Sequence[Readable | Refused], region: str, position: int) -> None:
    readable = [each for each in batch if isinstance(each, Readable)]
    submissions = [each.submission for each in readable]
    answers = admit_batch(actor=run.actor, workflow=run.workflow, submissions=submissions, region=region)
    refused = [each for each in batch if isinstance(each, Refused)]
    for each, answer in zip(readable, answers, strict=True):
        if not isinstance(answer, Admission):
            refused.append(Refused(each.row, {"row": [_why(each, answer)]}))
        elif answer.created:
            run.admitted += 1
        elif each.first_line:
            run.duplicates += 1
        else:
            run.repeats += 1
    run.rows += len(batch)
    run.rejected += len(refused)
    run.position = position
    run.attempts = 0
    run.save(update_fields=[*COUNTS, "position", "attempts", "touched_at"])
    RejectedRow.objects.bulk_create(
        RejectedRow(run=run, line=each.row.line, problems=each.problems, row=as_text(each.row))
        for each in sorted(refused, key=lambda each: each.row.line)
    )


def _why(row: Readable, refused: NotAdmitted) -> str:
    if isinstance(refused, Conflict) and row.first_line:
        return f"Has the same id as line {row.first_line}, with other content."
    return str(refused)


@transaction.atomic
def _close(run: ImportRun, state: str, problem: str) -> None:
    """The run is over. What it stored is let go: the cases hold what was admitted, the report what was not."""
    run.state, run.problem, run.finished_at = state, problem, timezone.now()
    stored, run.stored = run.stored, ""
    if state == ImportRun.State.DONE:
        run.position = run.size
    run.save(update_fields=["state", "problem", "finished_at", "stored", "position", "touched_at"])
    record(
        actor=run.actor,
        action=f"import.{'finished' if state == ImportRun.State.DONE else 'stopped'}",
        object=f"import:{run.pk}",
        workflow=run.workflow.slug,
        after={"file": run.sha256, **{name: str(getattr(run, name)) for name in COUNTS}},
    )
    if stored:
        transaction.on_commit(lambda: default_storage.delete(stored))


@contextmanager
def _opened(run: ImportRun, file: IO[bytes] | None) -> Iterator[RowFile]:
    held = file or cast("IO[bytes]", default_storage.open(run.stored))
    rows = RowFile(held, run.file_name, run.encoding)
    try:
        yield rows
    finally:
        rows.detach()
        if file is None:
            held.close()


@contextmanager
def _alone(run_id: UUID) -> Iterator[None]:
    """A lock that PostgreSQL lets go when the process dies, so that whoever comes next need not wait."""
    key = [f"import {run_id}"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", key)
        if not cursor.fetchone()[0]:
            raise Busy
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", key)
