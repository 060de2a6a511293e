"""What a workflow has returned month by month, in four channels against its baseline. Pure arithmetic, in USD.

A channel without a baseline, or without a price that somebody stated, claims nothing. What is uncertain is drawn: the
baseline once for all months, each month's figure by itself, but for the errors, which are of all looks so far.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from apps.evaluations.metrics import Z_TWO_SIDED_95
from apps.insights.intervals import Estimate
from apps.planning.assumptions import MONTHS
from apps.planning.roi import CHANNELS, npv, payback

Floats = NDArray[np.float64]
DRAWS: Final = 2_000
RECENT: Final = 3  # whole months whose middle goes on in the projection
BAND: Final = (10, 90)


@dataclass(frozen=True)
class Premises:
    """What a case took before, and what a unit of it is worth; None where nobody measured it, or said so."""

    hour: float | None  # USD
    minutes: Estimate | None = None  # a case
    errors: Estimate | None = None  # share
    error_cost: float | None = None
    hours: Estimate | None = None  # cycle time
    day_value: float | None = None
    cleared: float | None = None  # share that cleared by itself when Run began: what is above it was learnt


@dataclass(frozen=True)
class Month:
    """What a month's records say. `scale`: cases of the month for each that is recorded, 1 where all are."""

    cases: int  # recorded ones that closed
    scale: float
    minutes: Estimate
    errors: Estimate
    hours: Estimate
    cleared: float
    saved_when_cleared: float  # minutes that a case takes less when it clears by itself
    cost: float  # USD, all kinds together
    judged: float = 1.0  # share of the cases of whose kind, cleared or decided, somebody has looked at some


def missing(premises: Premises) -> Mapping[str, str]:
    """Why a channel claims nothing, by its name."""
    found = {}
    if premises.minutes is None or premises.hour is None:
        why = "No baseline of the handling time." if premises.minutes is None else "No price of an hour is set."
        found["labour"] = found["learning"] = why
    elif premises.cleared is None:
        found["learning"] = "Run has no month with enough cases yet, from which on learning counts."
    if premises.errors is None or premises.error_cost is None:
        found["quality"] = (
            "No baseline of the errors." if premises.errors is None else "Nobody has said what an error costs."
        )
    if premises.hours is None or premises.day_value is None:
        found["cycle"] = (
            "No baseline of the cycle time." if premises.hours is None else "Nobody has said what a day is worth."
        )
    return found


@dataclass(frozen=True)
class Returned:
    """`channels` by name, each of the shape (worlds, months); world 0 is as measured, the others are drawn."""

    channels: Mapping[str, Floats]
    costs: Floats  # (months,)

    @property
    def benefit(self) -> Floats:
        total = np.zeros((1, len(self.costs)))
        for flow in self.channels.values():
            total = total + flow
        return total

    @property
    def net(self) -> Floats:
        net: Floats = self.benefit - self.costs
        return net

    def measured(self, channel: str) -> Floats:
        flow: Floats = self.channels[channel][0]
        return flow

    @property
    def cumulative(self) -> tuple[Floats, Floats, Floats]:
        """At the end of each month: as measured, and the 10th and 90th percentile of the drawn worlds."""
        total = np.cumsum(self.net, axis=1)
        low, high = np.percentile(total, BAND, axis=0)
        return total[0], low, high


def reckon(premises: Premises, months: Sequence[Month], draws: int = DRAWS) -> Returned:
    """The return of each month. A channel that claims nothing is not among the channels."""
    source, lacking = np.random.default_rng(36), missing(premises)
    cases = np.array([each.cases * each.scale for each in months])
    flows: dict[str, Floats] = {}

    def less(before: Estimate | None, now: Sequence[Estimate], *, alike: bool = False) -> Floats:
        chances = source.standard_normal((2 if alike else 1 + len(now), draws))
        of_months = [chances[1]] * len(now) if alike else list(chances[1:])
        drawn = np.array([_drawn(each, chance) for each, chance in zip(now, of_months, strict=True)])
        gained: Floats = np.nan_to_num(_drawn(before, chances[0])[:, None] - drawn.reshape(len(now), 1 + draws).T)
        return gained

    if "labour" not in lacking:
        labour = cases * less(premises.minutes, [each.minutes for each in months]) / 60 * (premises.hour or 0.0)
        learnt = np.zeros_like(labour)
        if "learning" not in lacking:
            more = np.array([each.cleared - (premises.cleared or 0.0) for each in months])
            apart = np.array([each.saved_when_cleared for each in months])
            learnt = learnt + cases * np.nan_to_num(more * apart) / 60 * (premises.hour or 0.0)
            flows["learning"] = learnt
        flows["labour"] = labour - learnt
    if "quality" not in lacking:  # the looks of a month are among those of the next: they are off together
        fewer = less(premises.errors, [each.errors for each in months], alike=True)
        judged = np.array([each.judged for each in months])
        flows["quality"] = cases * judged * fewer * (premises.error_cost or 0.0)
    if "cycle" not in lacking:
        earlier = less(premises.hours, [each.hours for each in months])
        flows["cycle"] = cases * earlier / 24 * (premises.day_value or 0.0)
    return Returned({name: flows[name] for name in CHANNELS if name in flows}, np.array([each.cost for each in months]))


def projected(returned: Returned, whole: int) -> Floats:
    """Net cash over 36 months, (worlds, 36): what was measured in the first `whole` months, then as the last of them.

    A month that is not over is left out. Nothing goes on from fewer than one whole month: then it ends there.
    """
    net = returned.net[:, :whole][:, :MONTHS]
    rest = MONTHS - net.shape[1]
    if not net.shape[1] or not rest:
        return net if net.shape[1] else np.zeros((net.shape[0], MONTHS))
    ahead = net[:, -RECENT:].mean(axis=1, keepdims=True)
    return np.concatenate([net, np.repeat(ahead, rest, axis=1)], axis=1)


@dataclass(frozen=True)
class Outcome:
    """Months are counted from the first; `inf`: not within 36. Each with the 10th and 90th percentile."""

    payback: float
    payback_band: tuple[float, float]
    npv: float
    npv_band: tuple[float, float]
    npv_so_far: float
    year_one: float | None  # returned in the first year for each dollar spent in it; None while nothing is spent
    year_one_is_over: bool


def outcome(returned: Returned, whole: int) -> Outcome:
    cash = projected(returned, whole)
    back, worth = payback(cash), npv(cash)
    year = min(12, whole)
    spent = float(returned.costs[:year].sum())
    return Outcome(
        payback=float(back[0]),
        payback_band=_band(back),
        npv=float(worth[0]),
        npv_band=_band(worth),
        npv_so_far=float(npv(returned.net[0, :whole])),
        year_one=float(returned.benefit[0, :year].sum()) / spent if spent else None,
        year_one_is_over=whole >= 12,
    )


def _band(values: Floats) -> tuple[float, float]:
    low, high = np.percentile(values, BAND, method="nearest")
    return float(low), float(high)


def _drawn(known: Estimate | None, chance: Floats) -> Floats:
    """(1 + draws,): the value itself first. Where nobody knows how far it is off, it is taken as it is."""
    if known is None or known.value is None:
        return np.full(1 + len(chance), np.nan)
    low, high = (known.value if end is None else end for end in (known.low, known.high))
    reach = np.where(chance > 0, high - known.value, known.value - low) / Z_TWO_SIDED_95
    return np.concatenate([[known.value], np.maximum(known.value + reach * chance, 0.0)])
