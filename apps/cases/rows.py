"""Reads the rows of a CSV or JSONL file one by one, in bounded memory. What cannot be read is named by its line."""

import codecs
import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import TextIOWrapper
from itertools import islice
from pathlib import PurePath
from typing import IO, Any

from apps.cases.strict_json import NotAnObject, load_object

LONGEST = 16 * 1024 * 1024  # characters in a line or a field: beyond that something else is wrong with the file
LOOKED_AT = 100  # rows of a JSONL file that tell its columns
DELIMITERS = ",;\t|"
MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
NO_TEXT = {
    b"PK\x03\x04": "an Excel workbook or a ZIP archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"%PDF": "a PDF",
    b"\x1f\x8b": "a compressed file",
}


class Unreadable(ValueError):
    """The file as a whole cannot be read, or not from some line on. The message says why, in words for its sender."""


@dataclass(frozen=True)
class Row:
    line: int  # where it begins, from 1
    values: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""  # why it could not be read; then `values` holds the raw text


class RowFile:
    """A file of rows, opened anew for each use: `columns`, then `rows()` once.

    Raises Unreadable, when it is opened and while rows are read. Bytes that are not of the encoding spoil their own row
    only. `encoding` is needed for what is neither UTF-8 nor marked as UTF-16.
    """

    def __init__(self, file: IO[bytes], name: str, encoding: str = "") -> None:
        self._file = file
        file.seek(0)
        self.encoding = encoding or _detect(file)
        try:
            wide = codecs.lookup(self.encoding).name.startswith(("utf-16", "utf-32"))
            self._text = TextIOWrapper(
                file, self.encoding, errors="surrogatepass" if wide else "surrogateescape", newline=""
            )
        except LookupError:
            raise Unreadable(f"There is no encoding called “{self.encoding}”. Try cp1252 or latin-1.") from None
        self._line = 0
        self._kept: list[str] = []
        first = self._first_line()
        self.jsonl = PurePath(name).suffix.lower() in {".jsonl", ".ndjson", ".json"} or first.lstrip().startswith("{")
        if self.jsonl:
            self._restart()
            self.columns = self._names_in_use()
            self._restart()
        else:
            self._delimiter = max(DELIMITERS, key=first.count)
            self.columns = self._header(first)

    def detach(self) -> None:
        """Leave the file open for its owner."""
        self._text.detach()

    @property
    def position(self) -> int:
        """Bytes read so far, give or take a buffer."""
        return self._file.tell()

    def rows(self) -> Iterator[Row]:
        return self._objects() if self.jsonl else self._records()

    def _lines(self) -> Iterator[str]:
        while True:
            try:
                line = self._text.readline(LONGEST)
            except UnicodeDecodeError as error:
                raise Unreadable(f"After line {self._line} the file is not {self.encoding}: {error.reason}.") from None
            if not line:
                return
            self._line += 1
            if len(line) == LONGEST and not line.endswith(("\n", "\r")):
                raise Unreadable(
                    f"Line {self._line} has more than {LONGEST:,} characters, so nothing after it is read."
                )
            self._kept.append(line)
            yield line

    def _first_line(self) -> str:
        for line in self._lines():
            if line.strip():
                return line
        raise Unreadable("The file is empty.")

    def _restart(self) -> None:
        self._text.seek(0)
        self._line = 0

    def _names_in_use(self) -> Sequence[str]:
        names: dict[str, None] = {}
        for row in islice((row for row in self._objects() if not row.problem), LOOKED_AT):
            names |= dict.fromkeys(row.values)
        if not names:
            raise Unreadable("No line of the file is a JSON object. One object a line is expected (JSONL), or CSV.")
        return list(names)

    def _objects(self) -> Iterator[Row]:
        for line in self._lines():
            self._kept.clear()
            if not line.strip():
                continue
            problem = _foreign_byte(line, self.encoding)
            try:
                yield Row(self._line, {"raw": line}, problem) if problem else Row(self._line, load_object(line))
            except NotAnObject as error:
                yield Row(self._line, {"raw": line}, str(error))

    def _header(self, first: str) -> Sequence[str]:
        try:
            names = [name.strip() for name in next(csv.reader([first], delimiter=self._delimiter, strict=True))]
        except csv.Error as error:
            raise Unreadable(f"The first line, which should name the columns, cannot be read: {error}.") from None
        if _foreign_byte(first, self.encoding) or not all(name.isprintable() for name in names):
            raise Unreadable(
                f"Line {self._line} names the columns and is not {self.encoding}. "
                "If the file is in another encoding, name it (--encoding cp1252)."
            )
        if "" in names:
            raise Unreadable("A column has no name in the first line.")
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise Unreadable(f"Two columns have the same name: {', '.join(twice)}.")
        return names

    def _records(self) -> Iterator[Row]:
        csv.field_size_limit(LONGEST)
        reader = csv.reader(self._lines(), delimiter=self._delimiter, strict=True)
        while True:
            self._kept.clear()
            begins = self._line + 1
            try:
                values = next(reader, None)
            except csv.Error as error:
                if "field larger" in str(error):
                    raise Unreadable(
                        f"The field that begins in line {begins} has more than {LONGEST:,} characters; is a quotation "
                        "mark never closed? Nothing after it is read."
                    ) from None
                yield Row(begins, {"raw": "".join(self._kept)}, self._explained(str(error), begins))
                continue
            if values is None:
                return
            if values:
                yield self._record(begins, values)

    def _record(self, line: int, values: list[str]) -> Row:
        problem = _foreign_byte("".join(values), self.encoding)
        if not problem and len(values) != len(self.columns):
            problem = f"The row has {len(values)} values, and the first line names {len(self.columns)} columns."
        if problem:
            return Row(line, {"raw": "".join(self._kept)}, problem)
        return Row(line, dict(zip(self.columns, values, strict=True)))

    def _explained(self, error: str, begins: int) -> str:
        if "unexpected end of data" in error:
            return (
                f"A quotation mark that opens in line {begins} or after it is never closed, "
                f"so lines {begins} to {self._line} were read as one row."
            )
        return f"This is not CSV: {error}."


def _detect(file: IO[bytes]) -> str:
    start = file.read(4096)
    file.seek(0)
    for mark, encoding in MARKS:
        if start.startswith(mark):
            return encoding
    for magic, kind in NO_TEXT.items():
        if start.startswith(magic):
            raise Unreadable(f"This is {kind}. Save it as CSV in UTF-8.")
    if start.count(0) > len(start) // 4:
        raise Unreadable(
            "The file looks like UTF-16 without a byte order mark, or is no text at all. "
            "If it is UTF-16, name the encoding (--encoding utf-16-le)."
        )
    return "utf-8"


def _foreign_byte(text: str, encoding: str) -> str:
    """Which byte was not of the encoding; `surrogateescape` has put it into half a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        byte = ord(text[error.start]) - 0xDC00
        what = f"Byte 0x{byte:02X}" if 0x80 <= byte <= 0xFF else "A character"
        return f"{what} is not {encoding}. If the whole file is in another encoding, name it (--encoding cp1252)."
    return ""
