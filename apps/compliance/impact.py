"""Adverse impact over live decisions: rates by group and intersection, ratios to the highest, Fisher's exact test."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any
from uuid import UUID

from apps.cases.models import Case
from apps.compliance.attributes import attributes_of
from apps.compliance.evidence import Look
from apps.evaluations.assurance.fairness import FOUR_FIFTHS, LEVEL, Rate, fisher_p
from apps.evaluations.metrics import wilson_interval

STAGES: Mapping[str, str] = {
    "automatic": "Cleared without a person",
    "approved": "Proposal approved, as it was or edited",
}
SMALL = 0.02  # of the cases: groups below it may be left out of a bias audit, and say little


@dataclass(frozen=True)
class Compared:
    """A group beside the group with the highest rate. `ratio` and `p` are None for the highest itself."""

    rate: Rate
    ratio: float | None
    p: float | None
    level: float  # that p is held against: 5 % divided by the comparisons
    small: bool

    @property
    def below(self) -> bool:
        return self.ratio is not None and self.ratio < FOUR_FIFTHS

    @property
    def significant(self) -> bool:
        return self.p is not None and self.p < self.level


@dataclass(frozen=True)
class Breakdown:
    stage: str
    attribute: str  # "sex", or two of them
    rows: tuple[Compared, ...]  # highest rate first
    unknown: int  # decided cases without the attribute


@dataclass(frozen=True)
class Impact:
    decided: int
    known: int  # with at least one attribute
    breakdowns: tuple[Breakdown, ...]

    @property
    def unknown(self) -> int:
        return self.decided - self.known


def impact(look: Look, decision: str = "") -> Impact:
    """Over cases closed in the period. With `decision`, a further stage: whether that decision was proposed."""
    cases = list(
        Case.objects.filter(state=Case.State.CLOSED, closed_at__gte=look.begin, closed_at__lt=look.end).values(
            "pk", "outcome", "decision"
        )
    )
    attributes = attributes_of([case["pk"] for case in cases])
    names = sorted({name for each in attributes.values() for name in each})
    wholes = [(name,) for name in names] + list(combinations(names, 2))
    stages = dict(STAGES) | ({"decision": f"Decision {decision.replace('_', ' ')}"} if decision else {})
    return Impact(
        decided=len(cases),
        known=sum(bool(attributes.get(case["pk"])) for case in cases),
        breakdowns=tuple(
            _breakdown(stage, title, whole, cases, attributes, decision)
            for stage, title in stages.items()
            for whole in wholes
        ),
    )


def compared(counts: Mapping[str, tuple[int, int]]) -> tuple[Compared, ...]:
    """Group → (selected, n), compared with the group of the highest rate."""
    rates = [Rate(group, hits, n, *wilson_interval(hits, n)) for group, (hits, n) in counts.items()]
    rates.sort(key=lambda rate: (-rate.share, rate.group))
    total = sum(rate.n for rate in rates)
    level = LEVEL / max(1, len(rates) - 1)
    return tuple(_compared(rate, rates[0], level, total) for rate in rates)


def _compared(rate: Rate, highest: Rate, level: float, total: int) -> Compared:
    small = rate.n < SMALL * total
    if rate is highest:
        return Compared(rate, None, None, level, small)
    ratio = rate.share / highest.share if highest.hits else None
    return Compared(rate, ratio, fisher_p(rate.hits, rate.n, highest.hits, highest.n), level, small)


def _breakdown(
    stage: str,
    title: str,
    whole: Sequence[str],
    cases: Sequence[Mapping[str, Any]],
    attributes: Mapping[UUID, Mapping[str, str]],
    decision: str,
) -> Breakdown:
    hits: dict[str, int] = defaultdict(int)
    counts: dict[str, int] = defaultdict(int)
    for case in cases:
        known = attributes.get(case["pk"], {})
        if all(name in known for name in whole):
            group = " × ".join(known[name] for name in whole)
            counts[group] += 1
            hits[group] += _selected(stage, case, decision)
    rows = compared({group: (hits[group], n) for group, n in counts.items()})
    return Breakdown(title, " × ".join(whole), rows, len(cases) - sum(counts.values()))


def _selected(stage: str, case: Mapping[str, Any], decision: str) -> bool:
    if stage == "automatic":
        return bool(case["outcome"] == Case.Outcome.AUTOMATIC)
    if stage == "approved":
        return case["outcome"] in (Case.Outcome.AUTOMATIC, Case.Outcome.APPROVED, Case.Outcome.EDITED)
    return bool(case["decision"] == decision)
