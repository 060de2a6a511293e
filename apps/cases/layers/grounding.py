"""Grounded or flagged: is every statement covered by words that stand, verbatim, in a passage it cites?

Code, not a model: the same check runs on the local drafter's claims, on a hosted model's and on a person's edits.
"""

import re
from collections.abc import Iterable, Mapping

from apps.cases.layers.types import Claim, Fact, Passage
from apps.corpora.analyser import terms_of

# Share of a claim's content words that its quotes and facts must contain. Numbers must all be there.
COVERED = 0.7
_NUMBER = re.compile(r"\d[\d.,:/-]*\d|\d")
_VARIANTS: dict[str, str | int | None] = {
    "\u2019": "'", "\u2018": "'", "\u201c": '"', "\u201d": '"', "\u2013": "-", "\u2014": "-", "*": "", "`": "",
}  # fmt: skip
_PLAIN = str.maketrans(_VARIANTS)


def verify(claims: Iterable[Claim], passages: Iterable[Passage], facts: Iterable[Fact]) -> tuple[Claim, ...]:
    """The claims with `grounded` and `problem` set by checking, whatever they said before."""
    by_id = {passage.id: passage for passage in passages}
    known = " ".join(fact.value for fact in facts)
    return tuple(_verified(claim, by_id, known) for claim in claims)


def _verified(claim: Claim, passages: Mapping[str, Passage], known: str) -> Claim:
    problem = "" if claim.kind == "courtesy" else _problem(claim, passages, known)
    if claim.kind == "courtesy" and _numbers(claim.text):
        problem = "A courtesy sentence must not state numbers."
    return claim.model_copy(update={"grounded": not problem, "problem": problem})


def _problem(claim: Claim, passages: Mapping[str, Passage], known: str) -> str:
    for citation in claim.citations:
        passage = passages.get(citation.passage)
        if passage is None:
            return "It cites a passage that was not retrieved for this case."
        if not citation.quote.strip() or squeeze(citation.quote) not in squeeze(passage.text):
            return f"The quotation does not stand in “{passage.title}”."
    if claim.kind == "statement" and not claim.citations:
        return "It has no source."
    quotes = " ".join(citation.quote for citation in claim.citations)
    missing = _numbers(claim.text) - _numbers(f"{quotes} {known}")
    if missing:
        return f"{', '.join(sorted(missing))} is in no source."
    words = content_words(claim.text)
    covered = words & content_words(f"{quotes} {known}")
    if words and claim.kind == "statement" and len(covered) < COVERED * len(words):
        return f"Its sources do not say: {', '.join(sorted(words - covered)[:5])}."
    return ""


def squeeze(text: str) -> str:
    """White space and typographic variants do not make a quotation wrong; every other character does."""
    plain = text.translate(_PLAIN)
    return " ".join(plain.split())


def content_words(text: str) -> set[str]:
    """The stems of the words that carry meaning: enough to see what a source lacks."""
    return {term for term in terms_of(text) if not term[0].isdigit()}


def _numbers(text: str) -> set[str]:
    return set(_NUMBER.findall(text))
