"""What changed between two texts, line by line and within a line word by word, for people to read."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

WORD = re.compile(r"\s+|\w+|[^\w\s]")
CONTEXT = 3  # unchanged lines around a change; what is further away is left out
LIKE = 0.4  # how much two lines must share to be one changed line, not one removed and one added


@dataclass(frozen=True)
class Piece:
    text: str
    changed: bool


@dataclass(frozen=True)
class Row:
    """A line on both sides. `gap` stands for `left_out` unchanged lines."""

    kind: Literal["same", "changed", "removed", "added", "gap"]
    before: tuple[Piece, ...] = ()
    after: tuple[Piece, ...] = ()
    before_line: int = 0  # from 1; 0 where the line is not on this side
    after_line: int = 0
    left_out: int = 0


def compare_texts(before: str, after: str) -> list[Row]:
    """The rows of both texts side by side. Empty when nothing changed."""
    if before == after:
        return []
    old, new = before.splitlines(), after.splitlines()
    rows: list[Row] = []
    for tag, i, i_end, j, j_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            rows += [_same(old[i + n], i + n + 1, j + n + 1) for n in range(i_end - i)]
        else:
            rows += _replaced(old[i:i_end], new[j:j_end], i + 1, j + 1)
    return list(_near_changes(rows))


def _same(line: str, before_line: int, after_line: int) -> Row:
    pieces = (Piece(line, changed=False),)
    return Row("same", pieces, pieces, before_line, after_line)


def _replaced(old: Sequence[str], new: Sequence[str], i: int, j: int) -> Iterator[Row]:
    """Lines in the same place are paired while they are alike; the rest went or came."""
    paired = 0
    for left, right in zip(old, new, strict=False):
        before, after = WORD.findall(left), WORD.findall(right)
        words = SequenceMatcher(None, before, after, autojunk=False)
        if words.ratio() < LIKE:
            break
        yield Row("changed", *_pieces(words, before, after), i + paired, j + paired)
        paired += 1
    for number, line in enumerate(old[paired:], start=i + paired):
        yield Row("removed", before=(Piece(line, changed=True),), before_line=number)
    for number, line in enumerate(new[paired:], start=j + paired):
        yield Row("added", after=(Piece(line, changed=True),), after_line=number)


def _pieces(
    words: SequenceMatcher[str], before: Sequence[str], after: Sequence[str]
) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    old, new = [], []
    for tag, i, i_end, j, j_end in words.get_opcodes():
        old.append(Piece("".join(before[i:i_end]), changed=tag != "equal"))
        new.append(Piece("".join(after[j:j_end]), changed=tag != "equal"))
    return tuple(piece for piece in old if piece.text), tuple(piece for piece in new if piece.text)


def _near_changes(rows: list[Row]) -> Iterator[Row]:
    changed = [place for place, row in enumerate(rows) if row.kind != "same"]
    near = {place + by for place in changed for by in range(-CONTEXT, CONTEXT + 1)}
    left_out = 0
    for place, row in enumerate(rows):
        if place not in near:
            left_out += 1
            continue
        if left_out:
            yield Row("gap", left_out=left_out)
            left_out = 0
        yield row
    if left_out:
        yield Row("gap", left_out=left_out)
