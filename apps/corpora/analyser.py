"""Text to the terms that word search counts: folded, without stopwords, stemmed. Changing it changes `FINGERPRINT`."""

import re
import unicodedata
from functools import lru_cache

import snowballstemmer

FINGERPRINT = "english-snowball-1"
LONGEST_TERM = 64  # characters; longer runs are base64 and the like
_STOPWORDS = """
a an and are as at be but by for if in into is it no not of on or such that the their then there these they this to was
will with
"""
STOPWORDS = frozenset(_STOPWORDS.split())
_WORD = re.compile(r"\w\w+")
_stemmer = snowballstemmer.stemmer("english")


def terms_of(text: str) -> list[str]:
    """Every term in order, repeats included."""
    words = _WORD.findall(unicodedata.normalize("NFKC", text).lower())
    return [stem(word) for word in words if word not in STOPWORDS and len(word) <= LONGEST_TERM]


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    stemmed: str = _stemmer.stemWord(word)
    return stemmed
