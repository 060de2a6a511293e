"""How good review is: what the random sample found, how alike people decide, and how each compares with their own past.

No person is ranked: a rate stands beside the same person's earlier one, each with n and a 95 % interval.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from statistics import median
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from apps.evaluations.agreement import WORDS, Agreement, agreement
from apps.evaluations.metrics import Z_TWO_SIDED_95, wilson_interval
from apps.reviews.blind_reading import agreed
from apps.reviews.models import BlindReview, Disposition
from apps.workflows.models import Workflow

LATELY, BEFORE = timedelta(days=28), timedelta(days=84)
FEWEST = 10  # cases with two opinions, before a word is put to their kappa
ENOUGH = 20  # decisions on either side, before a comparison says anything


@dataclass(frozen=True)
class Rate:
    """`count` of `n`, with the 95 % Wilson interval of the share."""

    count: int
    n: int

    @property
    def share(self) -> float | None:
        return self.count / self.n if self.n else None

    @property
    def low(self) -> float:
        return wilson_interval(self.count, self.n)[0]

    @property
    def high(self) -> float:
        return wilson_interval(self.count, self.n)[1]


@dataclass(frozen=True)
class Took:
    """The median of `n` times, in seconds, with a 95 % interval from their order; None where there are too few."""

    n: int
    seconds: float | None
    low: float | None = None
    high: float | None = None

    @classmethod
    def of(cls, milliseconds: Iterable[int]) -> "Took":
        times = sorted(each / 1000 for each in milliseconds)
        n = len(times)
        if not n:
            return cls(0, None)
        reach = Z_TWO_SIDED_95 * n**0.5 / 2  # in ranks: how far the median's own rank varies
        first, last = int(n / 2 - reach), int(n / 2 + reach) + 1
        if first < 1 or last > n:
            return cls(n, median(times))
        return cls(n, median(times), times[first - 1], times[last - 1])


@dataclass(frozen=True)
class Habit:
    """One person and one case type ("" for all), lately and in the twelve weeks before."""

    case_type: str
    unchanged: Rate
    unchanged_before: Rate
    took: Took
    took_before: Took

    @property
    def comparable(self) -> bool:
        return min(self.unchanged.n, self.unchanged_before.n) >= ENOUGH

    @property
    def trusts_more(self) -> bool:
        """Accepted without change more often than before, beyond what chance gives."""
        return self.comparable and self.unchanged.low > self.unchanged_before.high

    @property
    def faster(self) -> bool:
        high, low = self.took.high, self.took_before.low
        return high is not None and low is not None and high < low


@dataclass(frozen=True)
class Pair:
    """Two people, or everybody ("" and ""), on one case type or on all of them."""

    first: str
    second: str
    case_type: str
    found: Agreement

    @property
    def word(self) -> str:
        kappa = self.found.kappa
        if self.found.n < FEWEST:
            return "too few to say"
        if kappa is None:
            return "cannot be told: the answers do not vary"
        return next((word for above, word in WORDS if kappa > above), "no better than chance")


def sampled(workflow: Workflow | None = None, *, since: datetime | None = None) -> Rate:
    """Of what cleared automatically and a person looked at blind: how much they would not have sent so."""
    looked = _decided(BlindReview.Kind.SAMPLE)
    looked = looked.filter(workflow=workflow) if workflow else looked
    looked = looked.filter(decided_at__gte=since) if since else looked
    verdicts = list(looked.values_list("verdict", flat=True))
    return Rate(sum(each != BlindReview.Verdict.APPROVE for each in verdicts), len(verdicts))


def sampled_by_type() -> list[tuple[str, Rate]]:
    """By case type, the most looked at first."""
    found: dict[str, list[bool]] = defaultdict(list)
    for case_type, verdict in _decided(BlindReview.Kind.SAMPLE).values_list("case__case_type", "verdict"):
        found[case_type].append(verdict != BlindReview.Verdict.APPROVE)
    rates = [(name, Rate(sum(each), len(each))) for name, each in found.items()]
    return sorted(rates, key=lambda each: (-each[1].n, each[0]))


def overturned(n: int = 10) -> QuerySet[BlindReview]:
    """Cases that cleared and that a person would have decided otherwise, newest first."""
    otherwise = _decided(BlindReview.Kind.SAMPLE).exclude(verdict=BlindReview.Verdict.APPROVE)
    return otherwise.select_related("case").order_by("-decided_at")[:n]


def agreement_by_type() -> list[Pair]:
    """First for all types together, then for each type: everybody's first decision beside the second opinion."""
    rows = _second_opinions()
    everybody = [Pair("", "", "", _compare([(each.said, each.also) for each in rows]))] if rows else []
    types = sorted({each.case_type for each in rows})
    return everybody + [
        Pair("", "", name, _compare([(each.said, each.also) for each in rows if each.case_type == name]))
        for name in types
    ]


def agreement_by_pair() -> list[Pair]:
    """Each two people, in the order of their names, whoever was first."""
    found: dict[tuple[str, str, str, str], list[tuple[str, str]]] = defaultdict(list)
    for each in _second_opinions():
        one, two = sorted([(each.first, str(each.first_id), each.said), (each.second, str(each.second_id), each.also)])
        found[(one[0], one[1], two[0], two[1])].append((one[2], two[2]))
    return [Pair(key[0], key[2], "", _compare(answers)) for key, answers in sorted(found.items())]


def known_answers(person: UUID | None = None) -> tuple[Rate, Rate]:
    """Of the known cases: wrong drafts that were stopped, and right drafts that were let through."""
    looked = _decided(BlindReview.Kind.KNOWN)
    reviews = list(looked.filter(reviewer_id=person) if person else looked)
    right, wrong = ([each for each in reviews if each.expected.get("sound") is it] for it in (True, False))
    return Rate(sum(map(agreed, wrong)), len(wrong)), Rate(sum(map(agreed, right)), len(right))


def differing_from(person: UUID, n: int = 10) -> list[BlindReview]:
    """Where the person and somebody else, who did not know of it, decided differently: whoever was first."""
    seconds = _decided(BlindReview.Kind.SECOND).filter(Q(first__reviewer_id=person) | Q(reviewer_id=person))
    rows = seconds.select_related("case", "first").order_by("-decided_at")
    return [each for each in rows[: n * 20] if not agreed(each)][:n]


def habits(person: UUID) -> list[Habit]:
    """The person's decisions of four weeks beside those of the twelve before: over all types, then for each."""
    now = timezone.now()
    final = Disposition.objects.filter(kind__in=Disposition.FINAL, undone_at=None, created_at__gt=now - LATELY - BEFORE)
    own = list(final.filter(reviewer_id=person).values_list("case__case_type", "kind", "active_ms", "created_at"))
    lately: list[_Row] = [(kind, how, ms) for kind, how, ms, at in own if at > now - LATELY]
    before: list[_Row] = [(kind, how, ms) for kind, how, ms, at in own if at <= now - LATELY]
    names = sorted({kind for kind, _, _ in lately}) if lately else []
    return [_habit(name, lately, before) for name in (["", *names] if own else [])]


_Row = tuple[str, str, int | None]


@dataclass(frozen=True)
class _Opinions:
    first_id: UUID
    first: str
    said: str
    second_id: UUID
    second: str
    also: str
    case_type: str


def _habit(name: str, lately: Sequence[_Row], before: Sequence[_Row]) -> Habit:
    ours, theirs = ([each for each in rows if name in ("", each[0])] for rows in (lately, before))
    return Habit(name, _unchanged(ours), _unchanged(theirs), _took(ours), _took(theirs))


def _unchanged(rows: Sequence[_Row]) -> Rate:
    return Rate(sum(how == Disposition.Kind.APPROVE for _, how, _ in rows), len(rows))


def _took(rows: Sequence[_Row]) -> Took:
    return Took.of(ms for _, _, ms in rows if ms is not None)


def _decided(kind: BlindReview.Kind) -> QuerySet[BlindReview]:
    return BlindReview.objects.filter(kind=kind, decided_at__isnull=False)


def _second_opinions() -> list[_Opinions]:
    rows = _decided(BlindReview.Kind.SECOND).filter(first__isnull=False).order_by("decided_at", "id")
    fields = ("first__reviewer_id", "first__reviewer_name", "first__kind", "reviewer_id", "reviewer_name", "verdict")
    return [_Opinions(*row) for row in rows.values_list(*fields, "case__case_type")]


def _compare(answers: Sequence[tuple[str, str]]) -> Agreement:
    return _kappa(tuple(answers))


@lru_cache(maxsize=512)  # resampling takes some milliseconds, and the same answers give the same interval
def _kappa(answers: tuple[tuple[str, str], ...]) -> Agreement:
    return agreement("decision", [one for one, _ in answers], [two for _, two in answers])
