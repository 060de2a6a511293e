"""Monday's audit sample: cases that cleared by themselves last week, drawn by case type and looked at blind.

From each type in proportion to its cases, so that the share found needs no weights; within a type those whose hash is
lowest, the same hash by which the daily draw goes. What was drawn then is a part of it.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from uuid import UUID

from django.db import transaction

from apps.audit.entries import record
from apps.cases.models import Case
from apps.reviews import blind
from apps.reviews.blind_models import BlindReview
from apps.tenants.actors import Actor
from apps.workflows.models import Workflow

SIZE = 24  # cases a week: an hour of somebody's time
WEEK = timedelta(days=7)
SAID = {"approve": "as it was sent", "edit": "would have changed it", "reject": "would have rejected it"}


@dataclass(frozen=True)
class Sampled:
    case: UUID
    number: str
    case_type: str
    drawn: bool
    verdict: str  # "" until somebody has looked

    @property
    def said(self) -> str:
        return SAID.get(self.verdict, "waits" if self.drawn else "not drawn yet")


@dataclass(frozen=True)
class Stratum:
    case_type: str
    cleared: int
    cases: Sequence[Sampled]

    @property
    def looked(self) -> int:
        return sum(bool(each.verdict) for each in self.cases)

    @property
    def otherwise(self) -> int:
        return sum(each.verdict not in ("", "approve") for each in self.cases)


@dataclass(frozen=True)
class Sample:
    strata: Sequence[Stratum]

    @property
    def cleared(self) -> int:
        return sum(each.cleared for each in self.strata)

    @property
    def cases(self) -> list[Sampled]:
        return [case for each in self.strata for case in each.cases]

    @property
    def to_draw(self) -> list[Sampled]:
        return [each for each in self.cases if not each.drawn]


def sample_of(workflow: Workflow, monday: date) -> Sample:
    """Of the week before `monday`, in UTC, with what has been drawn and looked at. The largest type first."""
    end = datetime.combine(monday, time(), UTC)
    cleared = Case.objects.filter(
        workflow=workflow, state=Case.State.CLOSED, outcome=Case.Outcome.AUTOMATIC,
        closed_at__gte=end - WEEK, closed_at__lt=end,
    ).exclude(text="")  # fmt: skip
    by_type: dict[str, list[tuple[UUID, str]]] = defaultdict(list)
    for pk, number, case_type in cleared.values_list("pk", "number", "case_type"):
        by_type[case_type].append((pk, number))
    places = allotted({name: len(found) for name, found in by_type.items()}, SIZE)
    chosen = {name: sorted(found, key=lambda each: _luck(each[0]))[: places[name]] for name, found in by_type.items()}
    wanted = [pk for found in chosen.values() for pk, _ in found]
    looks = BlindReview.objects.filter(kind=BlindReview.Kind.SAMPLE, case__in=wanted)
    verdicts: dict[UUID, str] = dict(looks.values_list("case_id", "verdict"))
    return Sample(
        [
            Stratum(
                name,
                len(by_type[name]),
                [Sampled(pk, number, name, pk in verdicts, verdicts.get(pk, "")) for pk, number in chosen[name]],
            )
            for name in sorted(by_type, key=lambda name: (-len(by_type[name]), name))
        ]
    )


@transaction.atomic
def draw_sample(*, actor: Actor, workflow: Workflow, monday: date) -> int:
    """Lay what is missing of the sample out for a blind look. Returns how many are new; again, it draws none."""
    sample = sample_of(workflow, monday)
    drawn = [blind.Drawn(each.case) for each in sample.to_draw]
    share = round(100 * len(sample.cases) / sample.cleared) if sample.cleared else 0
    new = blind.add(workflow=workflow, kind=BlindReview.Kind.SAMPLE, percent=share, drawn=drawn)
    if new:
        record(
            actor=actor,
            action="audit_sample.drawn",
            object=f"workflow:{workflow.slug}",
            workflow=workflow.slug,
            after={"week_before": str(monday), "cleared": sample.cleared, "sample": len(sample.cases), "new": new,
                   "strata": dict(Counter(each.case_type for each in sample.cases))},
        )  # fmt: skip
    return new


def allotted(sizes: Mapping[str, int], places: int) -> dict[str, int]:
    """`places` divided in proportion to the sizes, by largest remainders; nobody gets more than they have."""
    whole = sum(sizes.values())
    if whole <= places:
        return dict(sizes)
    exact = {name: places * size / whole for name, size in sizes.items()}
    given = {name: int(share) for name, share in exact.items()}
    rest = sorted(exact, key=lambda name: (given[name] - exact[name], name))
    for name in rest[: places - sum(given.values())]:
        given[name] += 1
    return given


def _luck(case: UUID) -> bytes:
    return sha256(f"{BlindReview.Kind.SAMPLE.value}:{case}".encode()).digest()
