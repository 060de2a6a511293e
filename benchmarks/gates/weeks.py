"""Simulated weeks of a slice under the charter's stop conditions: does a regression stop it, and nothing else?

Cases are drawn at random at stated rates; the watch, its limits and the chance of error shared among its conditions are
the product's own, and the limits are those of the demo's retailer.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binom

from apps.evaluations.metrics import mean_interval
from apps.evaluations.sequential import Watch, evidence_of_another_mix, stability_index
from apps.evaluations.signals import share_limit
from apps.evaluations.stop_conditions import ALPHA
from apps.workflows.charters import CharterContent
from benchmarks.figures import Row

WEEK = 300  # cases of the slice
WEEKS = 20
RUNS = 100
LOOK = 25  # cases between two looks at the mix of case types
HEALTHY = 0.5  # of every limit
STATED = 400  # cases within which a planted regression is rolled back, 95 times in 100
LONGEST = 5 * WEEK
MOVED = 0.5  # of all cases, that a slice takes for the most frequent type when its mix is planted
PLANTED = (
    ("rejection", 3.0),
    ("rejection", 5.0),
    ("ungrounded", 3.0),
    ("error", 5.0),
    ("latency", 3.0),
    ("drift", 0.0),
)

Draw = np.random.Generator


@dataclass(frozen=True)
class Stream:
    """`limits` of the measures that are means, as shares; `index` of the mix of case types, of the shares `kinds`."""

    limits: Mapping[str, float]
    index: float
    kinds: Mapping[str, float]

    @property
    def needed(self) -> float:
        return (len(self.limits) + 1) / ALPHA

    def watch(self) -> Watch:
        """One among as many conditions as the charter has: the mix of case types is watched beside it."""
        return Watch(self.limits, alpha=len(self.limits) / self.needed)

    def mix(self, draw: Draw, count: int, moved: float = 0.0) -> list[str]:
        """Case types; the share `moved` of the cases is taken for the most frequent one, whatever they are."""
        names = list(self.kinds)
        drawn = np.where(
            draw.random(count) < moved,
            max(names, key=lambda kind: self.kinds[kind]),
            draw.choice(names, count, p=list(self.kinds.values())),
        )
        return [str(kind) for kind in drawn]


def stream_of(charter: CharterContent, kinds: Mapping[str, float]) -> Stream:
    means: dict[str, float] = {
        each.metric: share_limit(each) for each in charter.stop_conditions if each.metric != "drift"
    }
    index = next(float(each.limit) for each in charter.stop_conditions if each.metric == "drift")
    return Stream(means, index, kinds)


def rows(stream: Stream, runs: int = RUNS) -> Iterator[Row]:
    told = f"{WEEK} cases a week in the slice, {len(stream.limits) + 1} conditions, looked at after each case."
    for share, where, bar in ((1.0, "exactly at its limit", "<= 1"), (HEALTHY, "at half its limit", "<= 1")):
        stops = [false_stops(stream, share, seed) for seed in range(runs)]
        low, high = mean_interval(stops)
        yield Row(
            f"False stops in {WEEKS} weeks without a regression, every measure {where}", float(np.mean(stops)), "",
            runs, bar=bar, note=f"Simulated: mean over {runs} seeds, at most {max(stops)}. {told}", low=low, high=high,
        )  # fmt: skip
    peer = [naive_stops(stream, seed) for seed in range(runs)]
    low, high = mean_interval(peer)
    figure = "The same exactly at the limits, by an exact binomial test at the same level, looked at after each case"
    yield Row(figure, float(np.mean(peer)), "", runs, low=low, high=high)
    for measure, times in PLANTED:
        yield _planted(stream, measure, times, runs)


def _planted(stream: Stream, measure: str, times: float, runs: int) -> Row:
    took = [cases_until_stop(stream, measure, times, seed) for seed in range(runs)]
    how = f"{100 * MOVED:.0f} % of the cases are taken for one type"
    if measure in stream.limits:
        limit = 100 * stream.limits[measure]
        how = f"{measure} at {times * limit:.0f} %, where {limit:.0f} % is allowed"
    return Row(
        f"Cases until a slice is rolled back, 95 times in 100: {how}", float(np.quantile(took, 0.95)), "cases", runs,
        bar=f"<= {STATED}",
        note=f"Simulated. Median {np.median(took):.0f}, at most {max(took)}. "
        "It begins at a random moment of a healthy week.",
    )  # fmt: skip


def false_stops(stream: Stream, share: float, seed: int, weeks: int = WEEKS) -> int:
    """In how many of the weeks a slice is stopped whose measures are all at this share of their limits."""
    draw, watch = np.random.default_rng([seed, 1]), stream.watch()
    rates = {measure: share * limit for measure, limit in stream.limits.items()}
    stops = 0
    for _ in range(weeks):
        watch.begin_window()
        stops += first_stop(stream, watch, _cases(draw, rates, WEEK), _pairs(stream, draw, WEEK)) is not None
    return stops


def cases_until_stop(stream: Stream, measure: str, times: float, seed: int) -> int:
    """With one measure at so many times its limit, or another mix of case types where `measure` is none of the means.

    Counted from the first case of the regression, which begins at a random place in a healthy week."""
    draw, watch = np.random.default_rng([seed, 2]), stream.watch()
    healthy = {name: HEALTHY * limit for name, limit in stream.limits.items()}
    worse = healthy | {name: times * limit for name, limit in stream.limits.items() if name == measure}
    moved = 0.0 if measure in stream.limits else MOVED
    before = int(draw.integers(0, WEEK))
    rest = WEEK - before
    cases = np.concatenate([_cases(draw, healthy, before), _cases(draw, worse, rest)])
    pairs = [*_pairs(stream, draw, before), *_pairs(stream, draw, rest, moved)]
    seen = 0
    while seen < LONGEST:
        watch.begin_window()
        stop = first_stop(stream, watch, cases, pairs, after=before)
        if stop is not None:
            return seen + stop - before
        seen, before = seen + len(pairs) - before, 0
        cases, pairs = _cases(draw, worse, WEEK), _pairs(stream, draw, WEEK, moved)
    return LONGEST


def first_stop(
    stream: Stream, watch: Watch, cases: np.ndarray, pairs: Sequence[tuple[str, str]], after: int = 0
) -> int | None:
    """How many cases of one window are seen when it stops; stops among the first `after` are left aside."""
    for count, values in enumerate(cases, start=1):
        breached = watch.observe(dict(zip(stream.limits, values.tolist(), strict=True)))
        if not breached and (count % LOOK == 0 or count == len(cases)):
            breached = _another_mix(stream, pairs[:count])
        if breached and count > after:
            return count
    return None


def naive_stops(stream: Stream, seed: int, weeks: int = WEEKS) -> int:
    """As `false_stops` at the limits, by a test that is right for one look and taken after each case."""
    draw = np.random.default_rng([seed, 1])
    counts = np.arange(1, WEEK + 1)[:, np.newaxis]
    limits = np.array(list(stream.limits.values()))
    level = ALPHA / (len(limits) + 1)
    sums = (draw.random((weeks, WEEK, len(limits))) < limits).cumsum(axis=1)
    return int((binom.sf(sums - 1, counts, limits) <= level).any(axis=(1, 2)).sum())


def _cases(draw: Draw, rates: Mapping[str, float], count: int) -> np.ndarray:
    """(count, measures): 1 where a case has what the measure counts. Of all values with this mean, the most uneven."""
    return (draw.random((count, len(rates))) < np.array(list(rates.values()))).astype(float)


def _pairs(stream: Stream, draw: Draw, count: int, moved: float = 0.0) -> list[tuple[str, str]]:
    return list(zip(stream.mix(draw, count, moved), stream.mix(draw, count), strict=True))


def _another_mix(stream: Stream, pairs: Sequence[tuple[str, str]]) -> str:
    one, other = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    above = stability_index(one, other) > stream.index
    return "drift" if above and evidence_of_another_mix(pairs) >= stream.needed else ""
