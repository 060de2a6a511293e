"""A grounding set: texts, the sources that they should rest on, and the spans that rest on none of them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apps.evaluations.rehearsal.data_files import DataProblem, Line, read_file

TEXT_COLUMNS, SOURCES_COLUMNS, SPANS_COLUMNS = ("text",), ("sources",), ("unsupported", "unsupported_spans", "spans")

Span = tuple[int, int]  # offsets into the text, in characters; the end is not part of it


@dataclass(frozen=True)
class Judged:
    text: str
    sources: tuple[str, ...]
    unsupported: tuple[Span, ...]
    line: int


@dataclass(frozen=True)
class GroundingSet:
    texts: Sequence[Judged]
    warnings: Sequence[str]


def read_grounding_set(
    path: Path, text_field: str = "", sources_field: str = "", spans_field: str = ""
) -> GroundingSet:
    """JSONL, or the JSON of a natural language inference set over documents. Raises DataProblem."""
    if path.is_dir():
        raise DataProblem(f"{path} is a folder; a grounding set is one JSONL file.")
    if path.suffix == ".json":
        return _check(path, _hypotheses(path), 0)
    file = read_file(path)
    text = file.column(text_field, TEXT_COLUMNS, "--text-field")
    sources = file.column(sources_field, SOURCES_COLUMNS, "--sources-field")
    spans = file.column(spans_field, SPANS_COLUMNS, "--spans-field")
    read: list[Judged] = []
    for line in file.lines:
        words = _raw_text(line, text)
        found = _spans(line, spans, words)
        if found is not None:
            read.append(Judged(words, _sources(line, sources), found, line.number))
    return _check(path, read, len(file.lines) - len(read))


def _check(path: Path, texts: Sequence[Judged], without_place: int) -> GroundingSet:
    if not texts:
        raise DataProblem(f"{path} leaves no text to look at.")
    labels = {bool(judged.unsupported) for judged in texts}
    warnings = []
    if without_place:
        warnings.append(f"{without_place:,} rows are left out: a span of theirs does not stand in their text.")
    if len(labels) == 1:
        every = "has an unsupported span" if True in labels else "is supported throughout"
        warnings.append(f"Every text {every}, so the set shows one kind of mistake only.")
    again = len(texts) - len({(judged.text, judged.sources) for judged in texts})
    if again:
        warnings.append(f"{again:,} rows repeat an earlier text with the same sources.")
    return GroundingSet(texts, warnings)


def _raw_text(line: Line, field: str) -> str:
    """Untrimmed, because the offsets count from its beginning."""
    line.text(field)
    return str(line.values[field])


def _sources(line: Line, field: str) -> tuple[str, ...]:
    value = line.values.get(field)
    listed = value if isinstance(value, list) else [value]
    texts = [each.get("text") if isinstance(each, dict) else each for each in listed]
    usable = tuple(each for each in texts if isinstance(each, str) and each.strip() and "\0" not in each)
    if not usable or len(usable) < len(texts):
        raise line.problem(f"{field} is not a text or a list of texts, none of them empty or with a NUL byte.")
    return usable


def _spans(line: Line, field: str, text: str) -> tuple[Span, ...] | None:
    """None when a span is words that do not stand in the text."""
    value = line.values.get(field)
    if not isinstance(value, list):
        raise line.problem(f"{field} is not a list; an empty list says that all is supported.")
    spans = [_span(line, field, text, each) for each in value]
    return None if None in spans else tuple(sorted(span for span in spans if span))


def _span(line: Line, field: str, text: str, value: Any) -> Span | None:
    if isinstance(value, Mapping):
        value = [value["start"], value["end"]] if {"start", "end"} <= value.keys() else value.get("text")
    match value:
        case str() if value.strip():
            start = text.find(value.strip())
            return None if start < 0 else (start, start + len(value.strip()))
        case [int() as start, int() as end] if 0 <= start < end <= len(text):
            return start, end
        case _:
            shown = json.dumps(value)[:60]
            raise line.problem(f"{shown} in {field} is neither words of the text nor [start, end] within it.")


def _hypotheses(path: Path) -> list[Judged]:
    """ContractNLI's form: documents with annotations by label, labels with hypotheses. Not entailed is unsupported."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        hypotheses = {name: label["hypothesis"] for name, label in content["labels"].items()}
        return [
            Judged(hypotheses[name], (document["text"],), _whole(hypotheses[name], judged["choice"]), number)
            for number, document in enumerate(content["documents"], start=1)
            for name, judged in document["annotation_sets"][0]["annotations"].items()
        ]
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        where = f", line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise DataProblem(
            f"{path}{where}: this is not JSON in UTF-8. A set with one object a line is .jsonl."
        ) from None
    except (KeyError, TypeError, IndexError, AttributeError):
        raise DataProblem(
            f"{path}, line 1: one JSON document is expected to have `documents` and `labels`, as ContractNLI has. "
            "A set with one object a line is .jsonl."
        ) from None


def _whole(text: str, choice: str) -> tuple[Span, ...]:
    return () if choice == "Entailment" else ((0, len(text)),)
