"""manage.py import_cases: a CSV or JSONL file of cases, with or without labels, from the command line."""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import IO, Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from apps.cases.admission import NotAdmitted
from apps.cases.columns import ID, LABEL, LEFT_OUT, TEXT, Columns, ColumnsUnclear, match_columns
from apps.cases.importing import Busy, bring_in, enter_import, unfinished_import
from apps.cases.imports import ImportRun
from apps.cases.reading import taxonomy_of
from apps.cases.rejected import rejected_lines
from apps.cases.rows import RowFile, Unreadable
from apps.evaluations.label_column import LabelColumn
from apps.evaluations.services import create_labelled_set
from apps.tenants.actors import Actor
from apps.tenants.models import Tenant
from apps.tenants.schemas import in_public, in_schema
from apps.workflows.models import Workflow

ACTOR = Actor("service", "command-line", "Command line", "")


class Command(BaseCommand):
    help = (
        "Admit the cases of a CSV or JSONL file. Good rows come in, bad ones are kept in <file>.rejected.jsonl. "
        "Running it again admits only what is missing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", required=True, help="slug or schema name")
        parser.add_argument("--workflow", required=True, help="slug")
        parser.add_argument("--file", required=True, type=Path, help=".csv or .jsonl, in UTF-8 or UTF-16")
        parser.add_argument("--text-field", metavar="COLUMN", help="the column with the text")
        parser.add_argument("--id-field", metavar="COLUMN", help="your own id; without one, rows are told by content")
        parser.add_argument("--label-field", metavar="COLUMN", help="the case type by experts: makes a labelled set")
        parser.add_argument("--field", action="append", default=[], metavar="COLUMN=FIELD", help="any other column")
        parser.add_argument("--leave-out", default="", metavar="COLUMN,…", help="columns that no case needs")
        parser.add_argument("--encoding", default="", help="where the file is in another one, such as cp1252")

    def handle(self, *_: Any, **options: Any) -> None:
        schema = _schema(options["tenant"])
        try:
            with options["file"].open("rb") as file, in_schema(schema):
                self._bring_in(file, options)
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be read: {error.strerror}.") from None
        except (Unreadable, ColumnsUnclear, NotAdmitted) as error:
            raise CommandError(str(error)) from None
        except Busy:
            raise CommandError("This file is being imported right now by another process.") from None

    def _bring_in(self, file: BufferedReader, options: dict[str, Any]) -> None:
        workflow = _workflow(options["workflow"])
        columns = _columns(file, options)
        labels = None
        if workflow.production_id and options["label_field"]:
            labels = LabelColumn(taxonomy_of(workflow.production_id))
        run = _run(workflow, file, columns, options)
        with _bar(run) as progress:
            bring_in(run.pk, file=file, labels=labels, progress=progress)
        run.refresh_from_db()
        self._report(run, options["file"])
        if labels and labels.cases:
            made = create_labelled_set(
                actor=ACTOR, workflow=workflow, name=options["file"].stem[:80], cases=list(labels.cases.values())
            )
            self.stdout.write(f"Labelled set “{made.name}”: {len(labels.cases):,} cases, {made.sha256[:12]}.")
        if run.state == ImportRun.State.FAILED:
            raise CommandError(f"{run.problem} What came before it is in; mend the file and run this again.")

    def _report(self, run: ImportRun, path: Path) -> None:
        self.stdout.write(
            f"{run.rows:,} rows: {run.admitted:,} admitted, {run.repeats:,} here before, "
            f"{run.duplicates:,} twice in the file, {run.rejected:,} rejected."
        )
        aside = path.with_name(f"{path.name}.rejected.jsonl")
        if not run.rejected:
            aside.unlink(missing_ok=True)
            return
        with aside.open("w", encoding="utf-8") as report:
            for count, line in enumerate(rejected_lines(run)):
                report.write(line)
                if count < 5:
                    self.stdout.write(_in_words(line))
        more = f"and {run.rejected - 5:,} more; " if run.rejected > 5 else ""
        self.stdout.write(f"  {more}all of them, with reasons, are in {aside}")


def _schema(name: str) -> str:
    with in_public():
        schemas = Tenant.objects.filter(Q(slug=name) | Q(schema_name=name)).values_list("schema_name", flat=True)
        if not schemas:
            known = ", ".join(Tenant.objects.order_by("slug").values_list("slug", flat=True)) or "none yet"
            raise CommandError(f"There is no tenant {name!r}. There are: {known}.")
        return str(schemas[0])


def _workflow(slug: str) -> Workflow:
    found = Workflow.objects.select_related("production").filter(slug=slug).first()
    if found is None:
        known = ", ".join(Workflow.objects.values_list("slug", flat=True)) or "none yet"
        raise CommandError(f"There is no workflow {slug!r}. There are: {known}.")
    return found


def _columns(file: IO[bytes], options: dict[str, Any]) -> Columns:
    given = {options[f"{name}_field"]: field for name, field in (("text", TEXT), ("id", ID), ("label", LABEL))}
    given.pop(None, None)
    for said in options["field"]:
        column, equals, field = said.partition("=")
        if not equals:
            raise CommandError(f"--field takes COLUMN=FIELD, not {said!r}.")
        given[column] = field
    given |= {column.strip(): LEFT_OUT for column in options["leave_out"].split(",") if column.strip()}
    rows = RowFile(file, options["file"].name, options["encoding"])
    rows.detach()
    return match_columns(rows.columns, given)


def _run(workflow: Workflow, file: BufferedReader, columns: Columns, options: dict[str, Any]) -> ImportRun:
    """A new run, or the one that was killed half-way with this file."""
    file.seek(0)
    sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return unfinished_import(workflow, sha256, columns, options["encoding"]) or enter_import(
        actor=ACTOR,
        workflow=workflow,
        file_name=options["file"].name,
        sha256=sha256,
        size=os.fstat(file.fileno()).st_size,
        columns=columns,
        encoding=options["encoding"],
    )


@contextmanager
def _bar(run: ImportRun) -> Iterator[Any]:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, TextColumn("{task.fields[counts]}")) as bar:
        task = bar.add_task(run.file_name, total=max(run.size, 1), completed=run.position, counts="")

        def show(now: ImportRun) -> None:
            counts = f"{now.admitted:,} admitted, {now.rejected:,} rejected"
            bar.update(task, completed=now.position, counts=counts)

        yield show
        bar.update(task, completed=max(run.size, 1))


def _in_words(line: str) -> str:
    report = json.loads(line)
    said = "; ".join(f"{field} {message}" for field, messages in report["problems"].items() for message in messages)
    return f"  line {report['line']}: {said}"
