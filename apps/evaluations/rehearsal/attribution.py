"""Finds for each sentence of a text the words of its sources that would bear it out, as a drafter cites them."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from apps.cases.layers.grounding import content_words
from apps.cases.layers.types import Citation, Claim, Passage

QUOTES = 2  # that one sentence may rest on
_END = re.compile(r"(?<=[.!?])[\"”)]*\s+|\n+")
_NUMBER = re.compile(r"\d[\d.,:/-]*\d|\d")

Span = tuple[int, int]


def sentence_spans(text: str) -> list[Span]:
    """Where the sentences and lines of a text stand; those without a letter or a digit are left out."""
    borders = [0, *(found.end() for found in _END.finditer(text)), len(text)]
    spans = [_trimmed(text, start, end) for start, end in pairwise(borders)]
    return [(start, end) for start, end in spans if any(letter.isalnum() for letter in text[start:end])]


def claims_of(text: str, passages: Sequence[Passage]) -> tuple[Claim, ...]:
    """A claim for each sentence, in order, with the quotations that cover it best, however little that is."""
    return tuple(
        Claim(text=text[start:end], kind="statement", citations=tuple(_best(text[start:end], passages)))
        for start, end in sentence_spans(text)
    )


def _best(sentence: str, passages: Sequence[Passage]) -> Iterator[Citation]:
    wanted = _marks(sentence)
    offered = [(passage.id, quote, marks) for passage in passages for quote, marks in _quotes(passage.text)]
    for _ in range(QUOTES):
        if not offered or not wanted:
            return
        passage, quote, marks = max(offered, key=lambda offer: len(offer[2] & wanted))
        if not marks & wanted:
            return
        yield Citation(passage=passage, quote=quote)
        wanted = wanted - marks


@lru_cache(maxsize=256)
def _quotes(text: str) -> list[tuple[str, frozenset[str]]]:
    return [(text[start:end], _marks(text[start:end])) for start, end in sentence_spans(text)]


def _marks(text: str) -> frozenset[str]:
    """What a source has to share with a sentence: its content words and its numbers."""
    return frozenset(content_words(text)) | frozenset(_NUMBER.findall(text))


def _trimmed(text: str, start: int, end: int) -> Span:
    held = text[start:end]
    return start + len(held) - len(held.lstrip()), start + len(held.rstrip())
