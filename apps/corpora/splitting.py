"""Long sections in parts that the encoder reads whole: cut between blocks, else items or sentences, else words."""

import re
from collections.abc import Iterator

from apps.corpora.sections import Block

WORDS = 170  # the encoder reads 256 tokens, about 1.4 a word, heading and title included
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"”')\]]*\s+(?=[\"“'(\[]?[A-Z0-9])")
_ITEM = re.compile(r"\n(?=(?:[-*+]|\d{1,9}[.)])\s)")  # items of the outermost list begin at the margin


def split_blocks(blocks: list[Block], words: int = WORDS) -> list[str]:
    """Parts of at most `words` words, except that a table or a code block stays whole whatever its length."""
    parts: list[str] = []
    length = 0
    for separator, piece in _pieces(blocks, words):
        size = len(piece.split())
        if parts and length + size <= words:
            parts[-1] += separator + piece
            length += size
        else:
            parts.append(piece)
            length = size
    return parts


def _pieces(blocks: list[Block], words: int) -> Iterator[tuple[str, str]]:
    """Each piece with what joins it to the one before."""
    for block in blocks:
        if block.kind == "whole" or len(block.text.split()) <= words:
            yield "\n\n", block.text
            continue
        boundary, joiner = (_ITEM, "\n") if block.kind == "list" else (_SENTENCE_END, " ")
        separator = "\n\n"
        for piece in boundary.split(block.text):
            yield from ((separator if first else " ", run) for first, run in _runs(piece, words))
            separator = joiner


def _runs(piece: str, words: int) -> Iterator[tuple[bool, str]]:
    """A sentence that is itself too long is cut between words."""
    every = piece.split()
    if len(every) <= words:
        yield True, piece
        return
    for start in range(0, len(every), words):
        yield start == 0, " ".join(every[start : start + words])
