"""What a person's corrections led to: labels that were taken from them, and what changed in the workflow meanwhile.

Only records that exist are told. What came of a correction by name (its label, its labelled set) stands apart from what
changed beside it (thresholds, passages), of which nobody can say that it was because of one person.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Sum

from apps.corpora.models import Corpus, Document
from apps.evaluations.models import LabelledCase, LabelledSet, LabelProposal
from apps.reviews.models import Disposition
from apps.reviews.reasons import CODES
from apps.workflows.history import predecessor, standings
from apps.workflows.models import Release, Workflow
from apps.workflows.releases import manifest_of

LATEST = 20
OVERALL = "overall"


@dataclass(frozen=True)
class Moved:
    """A threshold of a release that differs from what was in production when the release was made."""

    release: Release
    what: str  # "overall", or the case type
    before: Decimal  # probability
    after: Decimal
    standing: str  # where the release stands in the traffic, in words; "" where it never had any

    @property
    def decides(self) -> bool:
        """Whether cases are, or were, decided by it."""
        return bool(self.standing) and not self.standing.startswith("shadow")


@dataclass(frozen=True)
class Added:
    """A document that came, or was renewed, with its passages."""

    document: Document
    passages: int
    renewed: bool


@dataclass(frozen=True)
class Loop:
    decided: int
    edited: int
    rejected: int
    reasons: list[tuple[str, int]]  # most frequent first
    accepted: list[LabelProposal]  # newest first, the latest of them
    accepted_in_all: int
    declined_in_all: int
    sets: list[tuple[LabelledSet, int]]  # that hold labels from the person's decisions, and how many
    moved: list[Moved]
    added: list[Added]
    passages: int  # in all documents added

    @property
    def in_force(self) -> int:
        """Thresholds moved that cases are decided by."""
        return sum(each.decides for each in self.moved)

    @property
    def corrections(self) -> int:
        return self.edited + self.rejected


def of_person(person: UUID, since: datetime) -> Loop:
    own = Disposition.objects.filter(
        reviewer_id=person, created_at__gte=since, undone_at=None, kind__in=Disposition.FINAL
    )
    made = Counter(own.values_list("kind", flat=True))
    reasons = Counter(own.exclude(reason_code="").values_list("reason_code", flat=True))
    proposals = LabelProposal.objects.filter(disposition__reviewer_id=person, decided_at__gte=since)
    accepted = proposals.filter(accepted=True).select_related("disposition__case", "labelled_set")
    added, passages = _added(since)
    return Loop(
        decided=sum(made.values()),
        edited=made[Disposition.Kind.EDIT],
        rejected=made[Disposition.Kind.REJECT],
        reasons=[(CODES.get(code, code), n) for code, n in reasons.most_common()],
        accepted=list(accepted.order_by("-decided_at")[:LATEST]),
        accepted_in_all=accepted.count(),
        declined_in_all=proposals.filter(accepted=False).count(),
        sets=_sets(person, since),
        moved=_moved(since),
        added=added,
        passages=passages,
    )


def _sets(person: UUID, since: datetime) -> list[tuple[LabelledSet, int]]:
    """Frozen in the period, with cases that came from the person's decisions."""
    own = Disposition.objects.filter(reviewer_id=person, undone_at=None).values("case")
    frozen = LabelledSet.objects.filter(frozen_at__gte=since).order_by("-frozen_at")
    cases = LabelledCase.objects.filter(source=LabelledCase.Source.DISPOSITION, case__in=own, labelled_set__in=frozen)
    counts = Counter(cases.values_list("labelled_set", flat=True))
    return [(each, counts[each.pk]) for each in frozen if counts[each.pk]]


def _moved(since: datetime) -> list[Moved]:
    """Of releases made in the period, newest first."""
    found: list[Moved] = []
    for workflow in Workflow.objects.all():
        stands = standings(workflow)
        for release in workflow.releases.filter(created_at__gte=since):
            before, standing = predecessor(release), stands.get(release.pk)
            if before:
                found += _differences(before, release, standing.words if standing else "")
    return sorted(found, key=lambda each: each.release.created_at, reverse=True)[:LATEST]


def _differences(before: Release, after: Release, standing: str) -> list[Moved]:
    earlier, later = _thresholds(before), _thresholds(after)
    names = sorted({*earlier, *later}, key=lambda name: (name != OVERALL, name))
    both = [(name, earlier.get(name, earlier[OVERALL]), later.get(name, later[OVERALL])) for name in names]
    return [Moved(after, name, Decimal(old), Decimal(new), standing) for name, old, new in both if old != new]


def _thresholds(release: Release) -> Mapping[str, str]:
    """From which probability on intake decides alone: overall, and by case type where it has its own."""
    intake = manifest_of(release).intake
    return {OVERALL: intake.high, **{name: each.high for name, each in intake.per_type.items()}}


def _added(since: datetime) -> tuple[list[Added], int]:
    """Documents of the real corpora that came in the period, newest first, and the passages of all of them."""
    documents = Document.objects.filter(corpus__in=Corpus.objects.filter(scratch=False), created_at__gte=since)
    total = documents.aggregate(passages=Sum("passage_count"))["passages"] or 0
    latest = documents.defer("text").order_by("-created_at", "title")[:LATEST]
    return [Added(each, each.passage_count, each.version > 1) for each in latest], total
