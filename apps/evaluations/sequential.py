"""Sequential tests that stay valid however often one looks. Pure functions of numbers, and a watch over streams.

Every measure is a number from 0 to 1 per case. Against a limit we use a test martingale, a mixture of likelihood ratios
over all rates above the limit (Robbins 1970; Howard, Ramdas, McAuliffe and Sekhon 2021): its value is the evidence
against "the rate is at most the limit", and Ville's inequality bounds the chance that it ever reaches 1/alpha by alpha.
For values between 0 and 1 the ratio is below the betting martingale of Waudby-Smith and Ramdas (2023), by convexity, so
the bound holds for shares as well as for yes and no. The same mixture over all rates gives the interval.

Whether two streams have the same mix of kinds is tested by the E-variable of Turner, Ly and Grünwald (2024) for k
samples, with probabilities learnt from earlier pairs only.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import exp, inf, isfinite, log

from scipy.special import betaincc, betaln

HALF = 0.5  # Jeffreys' prior, the mixture's weights
STEPS = 60  # halvings when a bound is sought: finer than a float can show


@dataclass(frozen=True)
class Interval:
    """A share with its confidence sequence: at no time, with probability 1 - alpha, is the true mean outside."""

    value: float
    low: float
    high: float
    n: int


def evidence_above(total: float, n: int, limit: float) -> float:
    """The test martingale against "the mean is at most `limit`": 20 means that odds of 1 in 20 were beaten.

    `total` is the sum of `n` values between 0 and 1. 1.0 when nothing was seen. Raises ValueError for a limit that is
    not between 0 and 1.
    """
    if not 0 < limit < 1:
        raise ValueError("A limit is a share between 0 and 1.")
    if n == 0:
        return 1.0
    tail = betaincc(total + HALF, n - total + HALF, limit)
    if tail <= 0:
        return 0.0
    mixture = betaln(total + HALF, n - total + HALF) + log(tail)
    prior = betaln(HALF, HALF) + log(betaincc(HALF, HALF, limit))
    return _exp(mixture - prior - total * log(limit) - (n - total) * log(1 - limit))


def interval(total: float, n: int, alpha: float) -> Interval:
    """The confidence sequence of a mean of values between 0 and 1, at level 1 - alpha."""
    if n == 0:
        return Interval(0.0, 0.0, 1.0, 0)
    value = total / n
    return Interval(value, _bound(total, n, alpha, 0.0, value), _bound(total, n, alpha, 1.0, value), n)


def evidence_of_another_mix(pairs: Iterable[tuple[str, str]]) -> float:
    """The E-process against "both streams have the same mix of kinds", over pairs of one case from each."""
    seen_a: Counter[str] = Counter()
    seen_b: Counter[str] = Counter()
    kinds: set[str] = set()
    total = 0.0
    for one, other in pairs:
        total += log(_ratio(one, seen_a, seen_b, len(kinds))) + log(_ratio(other, seen_b, seen_a, len(kinds)))
        kinds |= {one, other}
        seen_a[one] += 1
        seen_b[other] += 1
    return _exp(total)


def stability_index(one: Sequence[str], other: Sequence[str]) -> float:
    """The population stability index of two mixes, each kind counted half a case more so that none is empty."""
    if not one or not other:
        return 0.0
    a, b = Counter(one), Counter(other)
    kinds = sorted(a.keys() | b.keys())
    share_a = {kind: (a[kind] + HALF) / (len(one) + HALF * len(kinds)) for kind in kinds}
    share_b = {kind: (b[kind] + HALF) / (len(other) + HALF * len(kinds)) for kind in kinds}
    return sum((share_a[kind] - share_b[kind]) * log(share_a[kind] / share_b[kind]) for kind in kinds)


@dataclass
class Watch:
    """Watches several measures of one stream, case by case. For simulated streams; live ones are counted by SQL.

    `alpha` is the chance of one false stop in a window, shared among the measures.
    """

    limits: Mapping[str, float]
    alpha: float = 0.05
    _totals: dict[str, float] = field(default_factory=dict)
    _counts: dict[str, int] = field(default_factory=dict)

    def observe(self, values: Mapping[str, float]) -> str:
        """Take one case in. Returns the first measure that is above its limit beyond doubt, or ""."""
        breached = ""
        for measure, value in values.items():
            self._totals[measure] = self._totals.get(measure, 0.0) + value
            self._counts[measure] = self._counts.get(measure, 0) + 1
            above = evidence_above(self._totals[measure], self._counts[measure], self.limits[measure])
            if not breached and above >= len(self.limits) / self.alpha:
                breached = measure
        return breached

    def begin_window(self) -> None:
        """Forget what was seen: a regression after long quiet weeks must not hide behind them."""
        self._totals.clear()
        self._counts.clear()


def _ratio(kind: str, own: Counter[str], other: Counter[str], kinds: int) -> float:
    """How much likelier the kind is for its own stream than for the two mixed, as learnt so far.

    A kind counts half a case more than seen, and so do those never seen, taken together.
    """
    a = (own[kind] + HALF) / (own.total() + HALF * (kinds + 1))
    b = (other[kind] + HALF) / (other.total() + HALF * (kinds + 1))
    return a / ((a + b) / 2)


def _bound(total: float, n: int, alpha: float, outside: float, inside: float) -> float:
    """The mean between `outside` and `inside` at which the mixture's ratio is 1/alpha; it falls towards `inside`."""
    mixture = betaln(total + HALF, n - total + HALF) - betaln(HALF, HALF)
    if _log_ratio(total, n, outside, mixture) < -log(alpha):
        return outside
    for _ in range(STEPS):
        middle = (outside + inside) / 2
        if _log_ratio(total, n, middle, mixture) >= -log(alpha):
            outside = middle
        else:
            inside = middle
    return outside


def _log_ratio(total: float, n: int, mean: float, mixture: float) -> float:
    likelihood = (total * log(mean) if mean > 0 else _impossible(total)) + (
        (n - total) * log(1 - mean) if mean < 1 else _impossible(n - total)
    )
    return float(mixture - likelihood)


def _impossible(count: float) -> float:
    return -inf if count > 0 else 0.0


def _exp(exponent: float) -> float:
    return exp(exponent) if isfinite(exponent) and exponent < 700 else (inf if exponent > 0 else 0.0)
