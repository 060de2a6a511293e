"""manage.py rehearse: a real labelled set through the layers, without effects, and what came of it in figures."""

import argparse
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from apps.evaluations.rehearsal import grounding, intent, retrieval
from apps.evaluations.rehearsal.data_files import DataProblem
from apps.evaluations.rehearsal.grounding_data import read_grounding_set
from apps.evaluations.rehearsal.intent_data import read_intent_set
from apps.evaluations.rehearsal.remembered import Progress as Advance
from apps.evaluations.rehearsal.remembered import RememberingEncoder
from apps.evaluations.rehearsal.report import Report
from apps.evaluations.rehearsal.retrieval_data import read_retrieval_set
from apps.evaluations.rehearsal.scratch import schema_for
from apps.inference.local.build import build
from apps.inference.local.encoder import Encoder
from apps.tenants.schemas import in_schema

Bars = Callable[[str], Advance]  # a title gives the function that moves its bar


class Command(BaseCommand):
    help = "Run a labelled set through the layers without effects, and print what they got right (docs/rehearse.md)."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--data", required=True, type=Path, help="a folder or file; docs/rehearse.md has the forms")
        parser.add_argument("--kind", required=True, choices=("intent", "retrieval", "grounding"))
        parser.add_argument("--tenant", default="", help="whose schema holds the scratch corpus; else one of its own")
        parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures there")
        parser.add_argument("--limit", type=_positive, metavar="N", help="test on the first N rows or queries only")
        parser.add_argument("--text-field", default="", metavar="COLUMN", help="the column with the text")
        parser.add_argument("--label-field", default="", metavar="COLUMN", help="the column with the label")
        parser.add_argument("--sources-field", default="", metavar="COLUMN", help="the field with the sources")
        parser.add_argument("--spans-field", default="", metavar="COLUMN", help="the field with the unsupported spans")

    def handle(self, *_: Any, **options: Any) -> None:
        if not options["data"].exists():
            raise CommandError(f"{options['data']} does not exist.")
        try:
            report = self._rehearse(options)
        except DataProblem as problem:
            raise CommandError(str(problem)) from None
        Console().print(report.as_tables())
        if options["json"]:
            options["json"].parent.mkdir(parents=True, exist_ok=True)
            options["json"].write_text(json.dumps(report.as_json(), indent=1) + "\n")

    def _rehearse(self, options: dict[str, Any]) -> Report:
        with _bars() as bars:
            if options["kind"] == "grounding":
                return self._grounding(options, bars)
            build(settings.MODEL_DIR)
            encoder = Encoder.load(settings.MODEL_DIR)
            remembering = RememberingEncoder(encoder, settings.VAR_DIR / "rehearsal")
            run = self._intent if options["kind"] == "intent" else self._retrieval
            return run(options, encoder, remembering, bars)

    def _grounding(self, options: dict[str, Any], bars: Bars) -> Report:
        fields = (options[f"{name}_field"] for name in ("text", "sources", "spans"))
        data = read_grounding_set(options["data"], *fields)
        return grounding.rehearse(data, str(options["data"]), progress=bars("Texts checked"), limit=options["limit"])

    def _intent(self, options: dict[str, Any], encoder: Encoder, remembering: RememberingEncoder, bars: Bars) -> Report:
        data = read_intent_set(options["data"], options["text_field"], options["label_field"])
        artefact = intent.train(data, remembering, bars("Train rows encoded"))
        tested = bars("Cases through intake")
        return intent.rehearse(data, artefact, encoder, str(options["data"]), progress=tested, limit=options["limit"])

    def _retrieval(
        self, options: dict[str, Any], encoder: Encoder, remembering: RememberingEncoder, bars: Bars
    ) -> Report:
        data = read_retrieval_set(options["data"])
        with in_schema(schema_for(options["tenant"])):
            return retrieval.rehearse(
                data,
                encoder,
                remembering,
                str(options["data"]),
                indexed=bars("Documents encoded"),
                asked=bars("Queries asked"),
                limit=options["limit"],
            )


@contextmanager
def _bars() -> Iterator[Bars]:
    """Bars on standard error, so that standard output holds the tables alone."""
    columns = (TextColumn("{task.description:<24}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as progress:

        def bar(title: str) -> Advance:
            task = progress.add_task(title, total=None, start=False)

            def move(done: int, of: int) -> None:
                progress.start_task(task)
                progress.update(task, completed=done, total=of)

            return move

        yield bar


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)
