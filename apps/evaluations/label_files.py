"""Files of labelled cases: JSONL with an `expected` object a line, or CSV with a column for each answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import IO, Any

from pydantic import ValidationError

from apps.cases.rows import RowFile, Unreadable
from apps.cases.submission import Submission, problems
from apps.evaluations.labels import Expected, Labelled, read_labelled
from apps.taxonomies.content import OUT_OF_SCOPE, Taxonomy

LIMIT = 10 * 1024 * 1024  # bytes
ROWS = 5_000
ANSWERS = tuple(Expected.model_fields)
LISTS = ("passages", "must", "must_not")  # of several values in one CSV field, apart by |


@dataclass(frozen=True)
class ReadFile:
    cases: list[Labelled]
    rejected: list[tuple[int, str]] = field(default_factory=list)  # line, and what is wrong with it


def read_label_file(file: IO[bytes], name: str, taxonomy: Taxonomy) -> ReadFile:
    """All rows, good and bad. Raises Unreadable."""
    rows = RowFile(file, name)
    cases: dict[str, Labelled] = {}
    rejected: list[tuple[int, str]] = []
    try:
        for number, row in enumerate(rows.rows(), start=1):
            if number > ROWS:
                raise Unreadable(f"The file has more than {ROWS:,} rows. A labelled set holds at most a thousand.")
            said = row.problem or _take(row.values, taxonomy, cases)
            if said:
                rejected.append((row.line, said))
    finally:
        rows.detach()
    return ReadFile(list(cases.values()), rejected)


def _take(values: Mapping[str, Any], taxonomy: Taxonomy, cases: dict[str, Labelled]) -> str:
    """Put the row's case with the others, or say what is wrong with it."""
    try:
        labelled = read_labelled(values if "expected" in values else _nested(values))
    except ValidationError as error:
        return "; ".join(f"{name} {said}" for name, messages in problems(error).items() for said in messages)
    if labelled.submission.external_id in cases:
        return f"{labelled.submission.external_id} stands in the file already."
    wrong = against(taxonomy, labelled.expected)
    if not wrong:
        cases[labelled.submission.external_id] = labelled
    return wrong


def against(taxonomy: Taxonomy, expected: Expected) -> str:
    """What the taxonomy does not know of these answers, in a sentence, or ""."""
    kind = next((kind for kind in taxonomy.case_types if kind.slug == expected.case_type), None)
    if kind is None and expected.case_type != OUT_OF_SCOPE:
        return f"“{expected.case_type[:60]}” is no case type of the taxonomy."
    if expected.decision and (kind is None or kind.decision(expected.decision) is None):
        return f"“{expected.decision[:60]}” is no decision about {expected.case_type}."
    return ""


def _nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """A flat row: what is an answer goes into `expected`, empty fields are left out."""
    given = {name: value for name, value in values.items() if value not in ("", None)}
    answers = {name: given.pop(name) for name in ANSWERS if name in given}
    for name in LISTS:
        if isinstance(answers.get(name), str):
            answers[name] = [part.strip() for part in answers[name].split("|") if part.strip()]
    fields = {name: value for name, value in given.items() if name in Submission.model_fields}
    return {**fields, "expected": answers}
