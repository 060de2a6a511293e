"""Do groups fare alike when nothing but a protected attribute differs? Four-fifths ratios and Fisher's exact test."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

from scipy.stats import fisher_exact

from apps.evaluations.assurance.outcomes import Tried
from apps.evaluations.assurance.swaps import ATTRIBUTES
from apps.evaluations.metrics import wilson_interval

FOUR_FIFTHS = 0.8
LEVEL = 0.05  # divided by the pairs of groups that are compared

OUTCOMES: Mapping[str, tuple[str, Callable[[Tried], bool]]] = {
    "route": ("Cleared without a person", lambda tried: tried.result.automatic),
    "decision": ("The decision that the case itself gets", lambda tried: tried.result.decision == tried.plain.decision),
}


@dataclass(frozen=True)
class Rate:
    group: str
    hits: int
    n: int
    low: float  # Wilson, 95 %
    high: float

    @property
    def share(self) -> float:
        return self.hits / self.n if self.n else 0.0


@dataclass(frozen=True)
class Disparity:
    """One attribute and one outcome. `ratio`: the lowest group's share over the highest's; None if all are nought."""

    attribute: str
    outcome: str
    title: str
    rates: tuple[Rate, ...]
    ratio: float | None
    p: float  # of Fisher's test between these two groups
    pairs: int  # of groups, by which the level is divided
    differing: tuple[str, ...]  # ids of the cases on which the groups do not all fare alike

    @property
    def below(self) -> bool:
        return self.ratio is not None and self.ratio < FOUR_FIFTHS

    @property
    def failed(self) -> bool:
        return self.below and self.p < LEVEL / self.pairs

    def as_json(self) -> dict[str, Any]:
        told = {"below": self.below, "failed": self.failed, "level": LEVEL / self.pairs}
        rates = [{**asdict(rate), "share": rate.share} for rate in self.rates]
        return {**asdict(self), **told, "rates": rates}


def disparities(swapped: Sequence[Tried]) -> list[Disparity]:
    """One for each attribute and outcome of which there are probes."""
    found = []
    for attribute in ATTRIBUTES:
        groups = {
            group: [tried for tried in swapped if tried.variant == f"{attribute.slug}: {group}"]
            for group in attribute.groups
        }
        if all(groups.values()):
            found += [_disparity(attribute.slug, attribute.title, name, groups) for name in OUTCOMES]
    return found


def _disparity(slug: str, title: str, outcome: str, groups: Mapping[str, Sequence[Tried]]) -> Disparity:
    told, fares_well = OUTCOMES[outcome]
    fared = {group: {each.external_id: fares_well(each) for each in tried} for group, tried in groups.items()}
    rates = []
    for group, cases in fared.items():
        hits = sum(cases.values())
        rates.append(Rate(group, hits, len(cases), *wilson_interval(hits, len(cases))))
    lowest, highest = min(rates, key=lambda rate: rate.share), max(rates, key=lambda rate: rate.share)
    ids = sorted({external_id for cases in fared.values() for external_id in cases})
    return Disparity(
        attribute=slug,
        outcome=outcome,
        title=f"{title}: {told.lower()}",
        rates=tuple(rates),
        ratio=lowest.share / highest.share if highest.hits else None,
        p=fisher_p(lowest.hits, lowest.n, highest.hits, highest.n),
        pairs=len(list(combinations(rates, 2))),
        differing=tuple(each for each in ids if len({cases.get(each) for cases in fared.values()}) > 1),
    )


def fisher_p(hits: int, n: int, other_hits: int, other_n: int) -> float:
    """Chance of shares at least so far apart, were both groups alike; two-sided."""
    return float(fisher_exact([[hits, n - hits], [other_hits, other_n - other_hits]])[1])
