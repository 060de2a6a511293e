"""Reading the files of a labelled set. Whatever is wrong is refused with the file and the line."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apps.cases.rows import RowFile, Unreadable


class DataProblem(ValueError):
    """The set cannot be used. The message names the file, the line and what to do."""


@dataclass(frozen=True)
class Line:
    path: Path
    number: int
    values: Mapping[str, Any]

    def problem(self, words: str) -> DataProblem:
        return DataProblem(f"{self.path}, line {self.number}: {words}")

    def text(self, field: str) -> str:
        """The field's text, trimmed. Raises DataProblem unless it is a text that is not empty and without NUL."""
        value = self.optional_text(field)
        if not value:
            raise self.problem(f"{field} is empty.")
        return value

    def optional_text(self, field: str) -> str:
        value = self.values.get(field, "")
        if value is None:
            return ""
        if not isinstance(value, str):
            raise self.problem(f"{field} is not a text but {type(value).__name__}.")
        if "\0" in value:
            raise self.problem(f"{field} holds a NUL byte, which no text has.")
        return value.strip()

    def name(self, field: str) -> str:
        """A label or an id: a text, or a whole number that stands for one."""
        value = self.values.get(field)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        return self.text(field)


@dataclass(frozen=True)
class DataFile:
    path: Path
    columns: Sequence[str]  # of a JSONL file: the names in its first hundred lines
    lines: Sequence[Line]

    def column(self, given: str, usual: Sequence[str], option: str) -> str:
        """The column that was asked for, or the first of the usual names that is there. Raises DataProblem."""
        wanted = [given] if given else usual
        for name in wanted:
            if name in self.columns:
                return name
        there = ", ".join(self.columns)
        raise DataProblem(
            f"{self.path}, line 1: there is no column {' or '.join(wanted)}. Its columns are {there}; "
            f"name one with {option}."
        )


def read_file(path: Path) -> DataFile:
    """All rows of a CSV, TSV or JSONL file. Raises DataProblem at the first one that cannot be read."""
    try:
        with path.open("rb") as file:
            rows = RowFile(file, path.name)
            lines = list(_lines(path, rows))
            rows.detach()
    except OSError as error:
        raise DataProblem(f"{path} cannot be read: {error.strerror}.") from None
    except Unreadable as error:
        raise DataProblem(f"{path}: {error}") from None
    if not lines:
        raise DataProblem(f"{path} names its columns and holds no row.")
    return DataFile(path, rows.columns, lines)


def _lines(path: Path, rows: RowFile) -> Iterator[Line]:
    for row in rows.rows():
        line = Line(path, row.line, row.values)
        if row.problem:
            raise line.problem(row.problem)
        yield line


def find_file(folder: Path, *names: str) -> Path | None:
    return next((folder / name for name in names if (folder / name).is_file()), None)


def require_file(folder: Path, *names: str) -> Path:
    found = find_file(folder, *names)
    if found is None:
        there = ", ".join(sorted(each.name for each in folder.iterdir())) or "nothing"
        raise DataProblem(f"{folder} has no {' or '.join(names)}; it has {there}.")
    return found
