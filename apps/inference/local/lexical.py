"""Words and word pieces of a text as hashed, weighted counts: names, codes and typos, which a sentence vector blurs.

Counts are hashed into a fixed number of slots, so that no word of a tenant's cases is kept in a trained classifier.
"""

import re
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

WORD_SLOTS, PIECE_SLOTS = 4_096, 8_192
SLOTS = WORD_SLOTS + PIECE_SLOTS
PIECE_LENGTHS = (3, 4, 5)
MAX_CHARACTERS = 4_000  # a case says what it is about before that; bounds the time for a pasted book

Row = tuple[NDArray[np.int32], NDArray[np.float32]]  # slots, ascending, and the weight in each
_WORDS = re.compile(r"\w+")


def count_slots(text: str) -> Row:
    """Dampened counts (1 + ln n) of single words, word pairs and pieces of 3-5 characters within a word's borders."""
    words = _WORDS.findall(text[:MAX_CHARACTERS].lower())
    counts = Counter(zlib.crc32(gram.encode()) % WORD_SLOTS for gram in _word_grams(words))
    counts.update(WORD_SLOTS + zlib.crc32(piece.encode()) % PIECE_SLOTS for piece in _pieces(words))
    slots = np.array(sorted(counts), np.int32)
    return slots, 1 + np.log(np.array([counts[slot] for slot in slots.tolist()], np.float32))


def rarity(rows: Sequence[Row]) -> NDArray[np.float32]:
    """Inverse document frequency per slot, smoothed as if one more text held everything."""
    holding = np.bincount(np.concatenate([slots for slots, _ in rows]) if rows else [], minlength=SLOTS)
    return np.asarray(np.log((1 + len(rows)) / (1 + holding)) + 1, np.float32)


def weigh(row: Row, idf: NDArray[np.float32]) -> Row:
    """Weighted by rarity; words and pieces are each brought to unit length, so that neither drowns the other."""
    slots, counts = row
    weights = counts * idf[slots]
    border = int(np.searchsorted(slots, WORD_SLOTS))
    for block in (weights[:border], weights[border:]):
        block /= np.linalg.norm(block) or 1.0
    return slots, weights


def _word_grams(words: list[str]) -> Iterator[str]:
    yield from words
    yield from map(" ".join, pairwise(words))


def _pieces(words: list[str]) -> Iterator[str]:
    for word in words:
        framed = f" {word} "
        for length in PIECE_LENGTHS:
            for start in range(max(1, len(framed) - length + 1)):
                yield framed[start : start + length]
