"""What a month would have been: lanes, reviewers' hours, cost, errors, and each widening. Pure functions.

Every figure is what came of the month itself, with the middle 95 % of months drawn like it. In those the minutes of a
case and whether each case is wrong are drawn as well, so that the interval is one for the next month.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from apps.evaluations.metrics import Z_TWO_SIDED_95, wilson_interval
from apps.evaluations.simulation import stops
from apps.evaluations.simulation.handling import Minutes
from apps.evaluations.simulation.months import SEED, WEEK, WEEKS, Floats, Month, hour_of_week
from apps.evaluations.simulation.outcomes import Outcome, Replayed
from apps.evaluations.stop_conditions import ALPHA, title
from apps.workflows.charters import StopCondition

WIDTHS = (5, 15, 25, 50, 100)  # percent of the customers
DRAWN = 200  # months, for the intervals
WATCHED = 20  # of them, through the stop conditions

Figure = dict[str, Any]  # {"value", "low", "high"}


@dataclass(frozen=True)
class World:
    """All that a month is made of."""

    begin: datetime
    cases: Sequence[Replayed]
    month: Month | None  # as it came; None where every month is drawn
    drawn: Sequence[Month]
    minutes: Minutes
    conditions: Sequence[StopCondition]
    labelled: Sequence[Replayed]  # the holdout


@dataclass(frozen=True)
class Arms:
    """A measure per distinct case, under either release."""

    incumbent: Floats
    candidate: Floats

    def of(self, month: Month, percent: int) -> Floats:
        """Of each arrival, when the candidate has so many percent of the customers."""
        return np.where(month.inside(percent), self.candidate[month.case], self.incumbent[month.case])


def report_of(world: World) -> dict[str, Any]:
    """As JSON: figures by key and by release, the load of each hour of the week, what moves, and each widening."""
    months = [world.month] if world.month else list(world.drawn)
    sums = _Sums(world)
    return {
        "minutes": {**vars(world.minutes), "measured": world.minutes.measured},
        "arrivals": len(months[0].hours),
        "distinct": len(world.cases),
        "holdout": len(world.labelled),
        "figures": {key: sums.compared(key) for key in sums.keys},
        "load": {name: list(sums.load(percent)) for name, percent in (("incumbent", 0), ("candidate", 100))},
        "moved": _moved(world.cases, months),
        "widenings": [_widening(world, sums, percent) for percent in WIDTHS],
    }


class _Sums:
    """Adds months up. What is drawn for each month is drawn once, so that widths and arms can be compared."""

    def __init__(self, world: World) -> None:
        self.world, generator = world, np.random.default_rng(SEED)
        person = _arms(world.cases, lambda each: float(not each.automatic))
        self.person = person
        self.counted = {
            "automatic": _arms(world.cases, lambda each: float(each.automatic)),
            "queue": _arms(world.cases, lambda each: float(each.route == "queue")),
            "reserved": _arms(world.cases, lambda each: float(each.route == "reserved")),
            "cost": _arms(world.cases, lambda each: each.cost),
        }
        self.chances = {
            "wrong_alone": _arms(world.cases, lambda each: each.wrong if each.automatic else 0.0),
            "wrong_seen": _arms(world.cases, lambda each: 0.0 if each.automatic else each.wrong),
        }
        spread = (world.minutes.high - world.minutes.low) / (2 * Z_TWO_SIDED_95)
        self.minutes = np.maximum(generator.normal(world.minutes.value, spread, len(world.drawn)), 0.0)
        self.luck = [generator.random(len(month.hours)) for month in world.drawn]

    @property
    def keys(self) -> list[str]:
        return [*self.counted, "hours", *self.chances, "wrong_measured"]

    def figure(self, key: str, percent: int) -> Figure:
        if key == "wrong_measured":
            return self._measured(percent)
        drawn = self._all_drawn(key, percent)
        value = self._expected(key, self.world.month, percent) if self.world.month else float(drawn.mean())
        return _figure(value, drawn)

    def compared(self, key: str) -> dict[str, Figure]:
        """Both releases, each with all of the traffic, and the difference in the same months."""
        both = {"incumbent": self.figure(key, 0), "candidate": self.figure(key, 100)}
        if key == "wrong_measured":
            return both
        difference = both["candidate"]["value"] - both["incumbent"]["value"]
        return {**both, "difference": _figure(difference, self._all_drawn(key, 100) - self._all_drawn(key, 0))}

    def load(self, percent: int) -> Floats:
        """Hours of work that come in during each hour of the week, Monday 0 h first."""
        months = [self.world.month] if self.world.month else list(self.world.drawn)
        total = np.zeros(WEEK)
        for month in months:
            hour = (month.hours.astype(int) + hour_of_week(self.world.begin)) % WEEK
            total += np.bincount(hour, weights=self.person.of(month, percent), minlength=WEEK)
        return total * self.world.minutes.value / 60 / WEEKS / len(months)

    def _expected(self, key: str, month: Month, percent: int) -> float:
        if key == "hours":
            return float(self.person.of(month, percent).sum() * self.world.minutes.value / 60)
        return float((self.counted | self.chances)[key].of(month, percent).sum())

    def _all_drawn(self, key: str, percent: int) -> Floats:
        return np.array([self._drawn(key, place, month, percent) for place, month in enumerate(self.world.drawn)])

    def _drawn(self, key: str, place: int, month: Month, percent: int) -> float:
        if key in self.chances:
            return float((self.luck[place] < self.chances[key].of(month, percent)).sum())
        if key == "hours":
            return float(self.person.of(month, percent).sum() * self.minutes[place] / 60)
        return float(self.counted[key].of(month, percent).sum())

    def _measured(self, percent: int) -> Figure:
        """What is cleared alone, by each release, times the share of it that was wrong on the holdout."""
        month = self.world.month or self.world.drawn[0]
        inside, parts = month.inside(percent), []
        for rows, name in ((~inside, "incumbent"), (inside, "candidate")):
            cleared = float(getattr(self.counted["automatic"], name)[month.case[rows]].sum())
            seen = [outcome for each in self.world.labelled if (outcome := getattr(each, name)).automatic]
            wrong = sum(not outcome.right for outcome in seen)
            if cleared:
                share = wrong / len(seen) if seen else 0.0
                parts.append((*(cleared * part for part in (share, *wilson_interval(wrong, len(seen)))), len(seen)))
        value, low, high = (sum(part[place] for part in parts) for place in range(3))
        return {"value": value, "low": low, "high": high, "n": min((part[3] for part in parts), default=0)}


def _widening(world: World, sums: _Sums, percent: int) -> dict[str, Any]:
    month = world.month or world.drawn[0]
    load = sums.load(percent)
    return {
        "percent": percent,
        "cases": int(month.inside(percent).sum()),
        "figures": {key: sums.figure(key, percent) for key in sums.keys},
        "peak": {"hours": float(load.max()), "hour": int(load.argmax())},
        "stops": [_stop(world, month, percent, condition) for condition in world.conditions],
    }


def _stop(world: World, month: Month, percent: int, condition: StopCondition) -> dict[str, Any]:
    needed = len(world.conditions) / ALPHA
    values = stops.values_of(world.cases, condition)
    inside = values[month.case[month.inside(percent)]]
    told = inside[~np.isnan(inside)]
    drift = condition.metric == "drift"
    facts: dict[str, Any] = {"metric": condition.metric, "title": title(condition), "limit": condition.limit}
    if not drift and np.isnan(values).all():
        return {**facts, "unknown": stops.UNKNOWN.get(condition.metric, "Nothing can tell.")}
    found = [
        stops.breach_of(each, percent, world.cases, values, condition, needed)
        for each in (month, *(drawn for drawn in world.drawn[:WATCHED] if drawn is not month))
    ]
    return {
        **facts,
        "value": None if drift or not len(told) else float(told.mean()),
        "n": int(month.inside(percent).sum()) if drift else len(told),
        "breach": vars(found[0]) if found[0] else None,
        "fired": sum(each is not None for each in found[1:]),
        "of": len(found) - 1,
    }


def _moved(cases: Sequence[Replayed], months: Sequence[Month]) -> dict[str, float]:
    """Cases a month that the candidate treats otherwise."""
    kinds: dict[str, Callable[[Outcome, Outcome], bool]] = {
        "to_machine": lambda ours, theirs: ours.automatic and not theirs.automatic,
        "to_person": lambda ours, theirs: theirs.automatic and not ours.automatic,
        "other_decision": lambda ours, theirs: ours.decision != theirs.decision,
    }
    flags = {
        name: np.array([float(is_so(each.candidate, each.incumbent)) for each in cases])
        for name, is_so in kinds.items()
    }
    return {name: float(np.mean([values[month.case].sum() for month in months])) for name, values in flags.items()}


def _figure(value: float, drawn: Floats) -> Figure:
    low, high = np.quantile(drawn, [0.025, 0.975])
    return {"value": value, "low": min(float(low), value), "high": max(float(high), value)}


def _arms(cases: Sequence[Replayed], measure: Callable[[Outcome], float]) -> Arms:
    return Arms(
        np.array([measure(each.incumbent) for each in cases]), np.array([measure(each.candidate) for each in cases])
    )
