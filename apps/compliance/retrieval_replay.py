"""The case's search once more, in the snapshot that its release pins: the same passages in the same order?"""

from dataclasses import dataclass
from itertools import zip_longest

from apps.cases.layers import context
from apps.cases.layers.types import CaseInput, ContextResult, IntakeResult, Passage, Ports, Release
from apps.compliance.differences import Difference, as_bytes, first_difference
from apps.corpora.scope import NoSnapshot
from apps.corpora.search import WrongIndex


@dataclass(frozen=True)
class Place:
    """One place of the ranking, then and now; None where one of them is shorter."""

    number: int
    then: Passage | None
    now: Passage | None

    @property
    def same(self) -> bool:
        return _identity(self.then) == _identity(self.now)


@dataclass(frozen=True)
class RetrievalReplay:
    snapshot: str
    places: tuple[Place, ...] = ()
    difference: Difference | None = None  # in anything that was stored: scores, ranks and what was withheld, too
    problem: str = ""  # why it could not be run

    @property
    def first(self) -> Place | None:
        """The first place where the passages differ."""
        return next((place for place in self.places if not place.same), None)

    @property
    def proved(self) -> bool:
        return not self.problem and self.first is None and self.difference is None


def replay_retrieval(
    case: CaseInput, release: Release, ports: Ports, intake: IntakeResult, stored: ContextResult
) -> RetrievalReplay:
    """Search and choose passages again, with the facts that were stored, for no system tells what it knew then."""
    try:
        found = context.find(case, release, ports, intake, stored.facts, stored.doubt)
    except (NoSnapshot, WrongIndex) as gone:
        return RetrievalReplay(stored.snapshot, problem=str(gone))
    pairs = zip_longest(stored.passages, found.passages)
    return RetrievalReplay(
        snapshot=stored.snapshot,
        places=tuple(Place(number, then, now) for number, (then, now) in enumerate(pairs, start=1)),
        difference=first_difference(as_bytes(stored.model_dump(mode="json")), as_bytes(found.model_dump(mode="json"))),
    )


def _identity(passage: Passage | None) -> tuple[str, int, str] | None:
    return (passage.id, passage.version, passage.sha256) if passage else None
