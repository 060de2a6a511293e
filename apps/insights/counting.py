"""How each figure is made: which of the closed cases count, what each of them comes to, and what is made of that.

The rows behind a figure are those that count here, so there are as many of them as its n says.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import hypot
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from apps.insights.facts import APPROVED, AUTOMATIC, EDITED, REJECTED, Facts, Floats
from apps.insights.intervals import ENOUGH, NOTHING, Estimate, mean, median, share, spread, stratified

Mask = NDArray[np.bool_]
PEOPLE = (APPROVED, EDITED, REJECTED)
ENDED = (AUTOMATIC, *PEOPLE)


@dataclass(frozen=True)
class Counting:
    """`worth` gives a number for each case, counted or not: of a share, 1 for one that has the property.

    `estimate` gets all facts, the places that count, and their numbers. `rate` is USD for an hour of a person's work.
    `a_minute` is what a minute of a person comes to, by that rate; None where no minutes are in it.
    """

    counts: Callable[[Facts], Mask]
    worth: Callable[[Facts, float], NDArray[Any]]
    estimate: Callable[[Facts, Mask, NDArray[Any]], Estimate]
    a_minute: Callable[[float], float] | None = None

    def __call__(self, found: Facts, rate: float) -> Estimate:
        counted = self.counts(found)
        made = self.estimate(found, counted, self.worth(found, rate)[counted])
        return _with_looks(made, found, counted, self.a_minute(rate)) if self.a_minute else made


def _timed(found: Facts) -> Mask:
    return ~np.isnan(found.minutes)


def _among(*outcomes: int) -> Callable[[Facts], Mask]:
    return lambda found: np.isin(found.outcome, outcomes)


def _timed_among(*outcomes: int) -> Callable[[Facts], Mask]:
    return lambda found: _timed(found) & np.isin(found.outcome, outcomes)


def _all(found: Facts) -> Mask:
    return np.ones(len(found), dtype=np.bool_)


def _looked_at(found: Facts) -> Mask:
    return (found.looks > 0) & np.isin(found.outcome, ENDED)


def _compared(found: Facts) -> Mask:
    """Cases that people decided of whom there are two at least with enough of them."""
    decided = (found.reviewer != 0) & np.isin(found.outcome, PEOPLE)
    people, n = np.unique(found.reviewer[decided], return_counts=True)
    known = people[n >= ENOUGH]
    compared: Mask = decided & np.isin(found.reviewer, known if len(known) > 1 else ())
    return compared


def _outcome_is(outcome: int) -> Callable[[Facts, float], NDArray[Any]]:
    return lambda found, _: found.outcome == outcome


def _minutes(found: Facts, _: float) -> Floats:
    return found.minutes


def _usd(found: Facts, rate: float) -> Floats:
    return found.usd + found.minutes / 60 * rate


def _mean(_: Facts, __: Mask, values: Floats) -> Estimate:
    return mean(values)


def _with_looks(made: Estimate, found: Facts, counted: Mask, a_minute: float) -> Estimate:
    """The mean, no surer than the time is that blind looks were given."""
    looks = float(found.looks[counted].mean()) if made.n else 0.0
    if not looks or made.value is None or made.low is None or made.high is None:
        return made
    if found.look.low is None or found.look.high is None:
        return Estimate(made.value, made.n)
    unsure = looks * a_minute * (found.look.high - found.look.low) / 2
    low, high = hypot(made.value - made.low, unsure), hypot(made.high - made.value, unsure)
    return Estimate(made.value, made.n, max(0.0, made.value - low), made.value + high)


def _share(_: Facts, __: Mask, values: NDArray[Any]) -> Estimate:
    return share(int(values.sum()), len(values))


def _in_an_hour(found: Facts, counted: Mask, minutes: Floats) -> Estimate:
    """Cases over hours: the reciprocal of the mean of minutes, and of the ends of its interval."""
    took = _with_looks(mean(minutes), found, counted, 1.0)
    if not took.value:
        return NOTHING
    if took.low is None or took.high is None or took.low <= 0:
        return Estimate(60 / took.value, took.n)
    return Estimate(60 / took.value, took.n, 60 / took.high, 60 / took.low)


def error_strata(found: Facts) -> list[tuple[int, int, int]]:
    """What cleared by itself, and what people decided: all cases, those looked at, and the wrong ones of these."""
    looked = _looked_at(found)
    kinds = (np.isin(found.outcome, outcomes) for outcomes in ((AUTOMATIC,), PEOPLE))
    return [(int(own.sum()), int((own & looked).sum()), int(found.wrong[own & looked].sum())) for own in kinds]


def _weighed(found: Facts, _: Mask, __: NDArray[Any]) -> Estimate:
    """By all cases that cleared by themselves, and by all that people decided."""
    return stratified(error_strata(found))


def _spread(found: Facts, compared: Mask, unchanged: NDArray[Any]) -> Estimate:
    people, whose = np.unique(found.reviewer[compared], return_inverse=True)
    n = np.bincount(whose, minlength=len(people))
    had = np.bincount(whose, weights=unchanged, minlength=len(people))
    return spread([(int(count), int(of)) for count, of in zip(had, n, strict=True)])


COUNTING: Final[Mapping[str, Counting]] = {
    "throughput": Counting(_timed, _minutes, _in_an_hour),
    "cycle_time": Counting(_all, lambda found, _: found.hours, lambda _, __, hours: median(hours)),
    "handling_time": Counting(_timed, _minutes, _mean, lambda _: 1.0),
    "auto_time": Counting(_timed_among(AUTOMATIC), _minutes, _mean, lambda _: 1.0),
    "reviewed_time": Counting(_timed_among(*PEOPLE), _minutes, _mean, lambda _: 1.0),
    "error_rate": Counting(_looked_at, lambda found, _: found.wrong, _weighed),
    "rework_rate": Counting(_all, lambda found, _: found.rework, _share),
    "cost_per_case": Counting(_timed, _usd, _mean, lambda rate: rate / 60),
    "automation": Counting(_among(*ENDED), _outcome_is(AUTOMATIC), _share),
    "unchanged": Counting(_among(*PEOPLE), _outcome_is(APPROVED), _share),
    "quality_variance": Counting(_compared, _outcome_is(APPROVED), _spread),
}
