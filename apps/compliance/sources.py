"""The passages that a case was answered from, word for word as they stood in the pinned version."""

import hashlib
from dataclasses import dataclass

from apps.cases.layers.types import ActionResult, Passage
from apps.cases.reading import Layers
from apps.compliance.dossier import Dossier
from apps.compliance.dossier_parts import PinnedDocument
from apps.reviews.evidence import Piece, quoted, readable


@dataclass(frozen=True)
class SourceThen:
    number: int
    passage: Passage
    pieces: list[Piece]  # its text, with the words marked that the draft quotes
    cited: bool
    named: (
        bool | None
    )  # whether the context layer's entry names this passage with this hash; None without such an entry
    exact: bool  # the text hashes to what it is said to hash to
    document: PinnedDocument | None  # as the release's snapshot holds it; None where that is no longer kept


def sources_then(dossier: Dossier, layers: Layers) -> list[SourceThen]:
    """Those that the draft cites first, in the order of the search otherwise. No query."""
    if layers.context is None:
        return []
    quotes = _quotes(layers.action)
    told = _told(dossier)
    documents = {(each.slug, each.version): each for each in dossier.found.documents}
    ordered = sorted(layers.context.passages, key=lambda passage: passage.id not in quotes)
    return [
        SourceThen(
            number=number,
            passage=passage,
            pieces=quoted(readable(passage.text), quotes.get(passage.id, ())),
            cited=passage.id in quotes,
            named=(passage.id, passage.version, passage.sha256) in told if told else None,
            exact=hashlib.sha256(passage.text.encode()).hexdigest() == passage.sha256,
            document=documents.get((passage.source, passage.version)),
        )
        for number, passage in enumerate(ordered, start=1)
    ]


def _quotes(action: ActionResult | None) -> dict[str, list[tuple[int, str]]]:
    quotes: dict[str, list[tuple[int, str]]] = {}
    for position, claim in enumerate(action.claims if action else ()):
        for citation in claim.citations:
            quotes.setdefault(citation.passage, []).append((position, citation.quote))
    return quotes


def _told(dossier: Dossier) -> set[tuple[str, int, str]]:
    """Passage, version and hash, as the entries name them."""
    named = [each for entry in dossier.entries for each in entry.facts.get("sources") or ()]
    return {(each["id"], each["version"], each["sha256"]) for each in named if isinstance(each, dict)}
