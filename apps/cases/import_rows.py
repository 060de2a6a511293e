"""From a row of a file to a case that may be admitted, or to the reasons why not."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pydantic import ValidationError

from apps.cases.columns import LABEL, Columns, submission_values
from apps.cases.rows import Row, RowFile
from apps.cases.submission import Submission, problems

Labels = Callable[[Submission, str], str]  # takes note of a row's label; gives what is wrong with it, or ""


@dataclass(frozen=True)
class Refused:
    row: Row
    problems: dict[str, list[str]]  # by the column's name in the file


@dataclass(frozen=True)
class Readable:
    row: Row
    submission: Submission
    first_line: int | None  # where the same file had this id before


def read_rows(file: RowFile, columns: Columns, labels: Labels | None = None) -> Iterator[Readable | Refused]:
    """Raises Unreadable where nothing more can be read."""
    names = {field: name for name, field in columns.items() if field}
    seen: dict[str, int] = {}  # id → line
    for row in file.rows():
        if row.problem:
            yield Refused(row, {"row": [row.problem]})
            continue
        try:
            submission = Submission.model_validate(submission_values(columns, row.values))
        except ValidationError as error:
            yield Refused(row, {names.get(field, field): said for field, said in problems(error).items()})
            continue
        wrong = labels(submission, str(row.values.get(names[LABEL]) or "")) if labels else ""
        if wrong:
            yield Refused(row, {names[LABEL]: [wrong]})
            continue
        yield Readable(row, submission, seen.get(submission.external_id))
        seen.setdefault(submission.external_id, row.line)


def as_text(row: Row) -> str:
    """All that the row held, as JSON in ASCII: what it holds may not be text that a database takes."""
    return json.dumps(dict(row.values))
