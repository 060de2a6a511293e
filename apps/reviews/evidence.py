"""The passages beside a draft, with the words marked that its sentences quote."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import NamedTuple

from apps.cases.layers.types import Claim, ContextResult, Passage
from apps.corpora.models import Document

SEARCHES = ("words", "meaning", "rerank")  # in the order in which they happen


class Piece(NamedTuple):
    """Some words of a passage, and the positions of the sentences that quote them."""

    text: str
    claims: tuple[int, ...] = ()


@dataclass(frozen=True)
class Evidence:
    number: int
    passage: Passage
    pieces: list[Piece]
    cited: bool
    since: date | None  # when the document took effect; None where the corpus no longer says

    @property
    def why(self) -> str:
        """“words 3rd, meaning 1st, rerank 1st”"""
        ranks = self.passage.ranks
        order = sorted(ranks, key=lambda name: SEARCHES.index(name) if name in SEARCHES else len(SEARCHES))
        return ", ".join(f"{name} {ordinal(ranks[name])}" for name in order)


def evidence_of(context: ContextResult | None, claims: Sequence[Claim]) -> list[Evidence]:
    """The passages, those that the draft cites first and in the order in which it cites them."""
    if context is None:
        return []
    quotes: dict[str, list[tuple[int, str]]] = {}
    for position, claim in enumerate(claims):
        for citation in claim.citations:
            quotes.setdefault(citation.passage, []).append((position, citation.quote))
    known = {passage.id: passage for passage in context.passages}
    order = [known[name] for name in quotes if name in known]
    order += [passage for passage in context.passages if passage.id not in quotes]
    since = _in_force_since({passage.source for passage in order})
    return [
        Evidence(
            number=number,
            passage=passage,
            pieces=quoted(readable(passage.text), quotes.get(passage.id, ())),
            cited=passage.id in quotes,
            since=since.get((passage.source, passage.version)),
        )
        for number, passage in enumerate(order, start=1)
    ]


def _in_force_since(sources: set[str]) -> dict[tuple[str, int], date]:
    """(document, version) → the first day on which it applies."""
    rows = Document.objects.filter(slug__in=sources).values_list("slug", "version", "effective")
    return {(slug, version): span.lower for slug, version, span in rows if span and span.lower}


def readable(text: str) -> str:
    """A passage without the bars of its tables: “Step · Who · Within”."""
    lines = [line for line in text.splitlines() if not _RULER.fullmatch(line.strip())]
    return "\n".join(
        " · ".join(cell.strip() for cell in line.strip().strip("|").split("|")) if line.startswith("|") else line
        for line in lines
    )


_RULER = re.compile(r"\|[\s|:-]+\|")


def quoted(text: str, quotes: Iterable[tuple[int, str]]) -> list[Piece]:
    """The text in pieces, each with the sentences that quote it. White space and typographic variants may differ."""
    spans = [
        (found.start(), found.end(), position)
        for position, quote in quotes
        if (found := re.search(_tolerant(quote), text))
    ]
    cuts = sorted({0, len(text), *(start for start, _, _ in spans), *(end for _, end, _ in spans)})
    return [
        Piece(text[start:end], tuple(sorted({position for first, last, position in spans if first <= start < last})))
        for start, end in pairwise(cuts)
    ]


def _tolerant(quote: str) -> str:
    """A pattern for the quote that overlooks what verification overlooks."""
    same = {"'": "['’‘]", "’": "['’‘]", '"': '["“”]', "“": '["“”]', "”": '["“”]', "-": "[-–—]", "–": "[-–—]"}
    words = quote.replace("*", "").replace("`", "").split()
    return r"[\s*`]+".join("[*`]*".join(same.get(letter, re.escape(letter)) for letter in word) for word in words)


def ordinal(number: int) -> str:
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
