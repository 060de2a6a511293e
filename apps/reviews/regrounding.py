"""A sentence that a person reworded, checked against what was found for the case: its own source, or a better one.

The same verifier as for a machine's draft. Nothing is searched anew: what was not retrieved cannot become a source.
"""

from collections.abc import Iterable, Iterator

from apps.cases.extractive import sentences
from apps.cases.layers.grounding import content_words, verify
from apps.cases.layers.types import Citation, Claim, ContextResult, Passage

NEAR = 8  # sentences that are tried


def reground(claim: Claim, text: str, context: ContextResult | None) -> Claim:
    """The claim with the new text and the verdict on it. A source that covers the text replaces one that does not."""
    passages, facts = (context.passages, context.facts) if context else ((), ())
    reworded = claim.model_copy(update={"text": text})
    (checked,) = verify([reworded], passages, facts)
    if checked.grounded or claim.kind == "courtesy":
        return checked
    others = verify(
        (reworded.model_copy(update={"citations": (each,)}) for each in _near(text, passages)), passages, facts
    )
    return next((other for other in others if other.grounded), checked)


def _near(text: str, passages: Iterable[Passage]) -> Iterator[Citation]:
    """The sentences that share most words with the text, as citations, nearest first."""
    words = content_words(text)
    offered = [(passage.id, sentence) for passage in passages for sentence in sentences(passage.text)]
    offered.sort(key=lambda each: -len(words & content_words(each[1])))
    return (Citation(passage=passage, quote=sentence) for passage, sentence in offered[:NEAR])
