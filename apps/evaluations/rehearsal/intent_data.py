"""A labelled set of intents: a folder with train.csv, test.csv and perhaps oos.csv, or one file that is split here."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from apps.evaluations.rehearsal.data_files import DataProblem, find_file, read_file, require_file
from apps.taxonomies.content import OUT_OF_SCOPE

TEXT_COLUMNS = ("text",)
LABEL_COLUMNS = ("category", "label", "intent", "case_type")
OUTSIDE = {OUT_OF_SCOPE, "oos"}  # labels that mean: of no type at all
TEST_PERCENT = 20


@dataclass(frozen=True)
class Example:
    text: str
    label: str  # as the set writes it, or OUT_OF_SCOPE
    line: int


@dataclass(frozen=True)
class IntentSet:
    train: Sequence[Example]
    test: Sequence[Example]  # in scope
    outside: Sequence[Example]  # out of scope, never trained on
    warnings: Sequence[str]

    @property
    def labels(self) -> list[str]:
        """In scope, of train: the case types."""
        return sorted({example.label for example in self.train} - {OUT_OF_SCOPE})


def read_intent_set(path: Path, text_field: str = "", label_field: str = "") -> IntentSet:
    """Raises DataProblem."""
    if path.is_dir():
        train_file, test_file = (require_file(path, f"{part}.csv", f"{part}.jsonl") for part in ("train", "test"))
        train = _examples(train_file, text_field, label_field)
        test = _examples(test_file, text_field, label_field)
        oos_file = find_file(path, "oos.csv", "oos.jsonl")
        outside = _outside(oos_file, text_field) if oos_file else []
        warnings = []
    else:
        train_file = test_file = path
        train, test = _split(_examples(path, text_field, label_field))
        outside = []
        parts = f"{len(train):,} rows were trained on and {len(test):,} tested, told apart by a hash of their text"
        warnings = [f"{path.name} is one file: {parts}."]
    inside = [example for example in test if example.label != OUT_OF_SCOPE]
    outside += [example for example in test if example.label == OUT_OF_SCOPE]
    _check(train_file, train, test_file, inside)
    return IntentSet(train, inside, outside, [*warnings, *_oddities(train, inside)])


def _examples(path: Path, text_field: str, label_field: str) -> list[Example]:
    file = read_file(path)
    text = file.column(text_field, TEXT_COLUMNS, "--text-field")
    label = file.column(label_field, LABEL_COLUMNS, "--label-field")
    return [Example(line.text(text), _label(line.name(label)), line.number) for line in file.lines]


def _outside(path: Path, text_field: str) -> list[Example]:
    file = read_file(path)
    text = file.column(text_field, TEXT_COLUMNS, "--text-field")
    return [Example(line.text(text), OUT_OF_SCOPE, line.number) for line in file.lines]


def _label(name: str) -> str:
    return OUT_OF_SCOPE if name.lower() in OUTSIDE else name


def _split(examples: Iterable[Example]) -> tuple[list[Example], list[Example]]:
    """By text, so that a text that comes twice never stands on both sides."""
    train: list[Example] = []
    test: list[Example] = []
    for example in examples:
        place = int.from_bytes(hashlib.sha256(example.text.encode()).digest()[:4]) % 100
        (test if place < TEST_PERCENT else train).append(example)
    return train, test


def _check(train_file: Path, train: Sequence[Example], test_file: Path, test: Sequence[Example]) -> None:
    labels = sorted({example.label for example in train} - {OUT_OF_SCOPE})
    if len(labels) < 2:
        only = f"the only label is {labels[0]}" if labels else "no row has a label in scope"
        raise DataProblem(f"{train_file}, line {train[0].line if train else 1}: {only}; at least two are needed.")
    if not test:
        raise DataProblem(f"{test_file} leaves no row in scope to test on.")


def _oddities(train: Sequence[Example], test: Sequence[Example]) -> list[str]:
    labels_of: dict[str, set[str]] = {}
    for example in train:
        labels_of.setdefault(_folded(example.text), set()).add(example.label)
    leaked = [example for example in test if _folded(example.text) in labels_of]
    known = {example.label for example in train}
    unknown = [example for example in test if example.label not in known]
    torn = [text for text, labels in labels_of.items() if len(labels) > 1]
    first_leaked = leaked[0].line if leaked else 0
    first_unknown = unknown[0].label if unknown else ""
    memory = f"rows of test stand in train too, the first in line {first_leaked}: what they measure is memory."
    hopeless = f"rows of test have a label that train never shows, such as {first_unknown}: they cannot be right."
    found = (
        (len(train) - len(labels_of), "rows of train repeat an earlier text."),
        (len(torn), "texts of train stand under two labels."),
        (len(leaked), memory),
        (len(unknown), hopeless),
    )
    return [f"{count:,} {words}" for count, words in found if count]


def _folded(text: str) -> str:
    return " ".join(text.lower().split())
