"""The report of what was not admitted: for each row its line, the reasons, and all that it held."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db.models import QuerySet
from django.db.models.functions import Left

from apps.cases.imports import ImportRun, RejectedRow

ESCAPED = re.compile(r"\\u((?!00[01])[0-9a-f]{4})")


def rejected_lines(run: ImportRun) -> Iterator[str]:
    """As JSONL, read from the database bit by bit: {"line": 3, "problems": {"text": ["is empty."]}, "row": {…}}."""
    for rejected in run.rejected_rows.iterator(chunk_size=100):
        head = json.dumps({"line": rejected.line, "problems": rejected.problems}, ensure_ascii=False)
        yield f'{head[:-1]}, "row": {rejected.row}}}\n'


@dataclass(frozen=True)
class Shown:
    line: int
    problems: dict[str, list[str]]
    beginning: str


def shown(rows: Iterable[RejectedRow]) -> list[Shown]:
    """For a page: give the rows with `beginning`, as `with_beginning` reads them."""
    return [Shown(row.line, row.problems, _readable(getattr(row, "beginning", ""))) for row in rows]


def with_beginning(run: ImportRun) -> QuerySet[RejectedRow]:
    """The rows without what may be megabytes in them."""
    return run.rejected_rows.defer("row").annotate(beginning=Left("row", 240))


def _readable(ascii_json: str) -> str:
    """JSON's escapes as the characters that they are, where a page can show them."""
    text = ESCAPED.sub(lambda found: chr(int(found[1], 16)), ascii_json)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
