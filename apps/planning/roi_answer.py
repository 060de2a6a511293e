"""The return in figures and words: what the page shows, what the JSON says, and when the answer is no."""

from dataclasses import dataclass
from functools import cached_property
from math import inf, isfinite
from typing import Literal

import numpy as np

from apps.planning.roi import (
    CHANNELS,
    COSTS,
    ENOUGH,
    Business,
    Floats,
    Flows,
    Swing,
    drawn,
    likely,
    npv,
    payback,
    tornado,
)

Verdict = Literal["yes", "careful", "no"]
TOO_FEW, FEW = 100, 500  # cases a month
ROUTINE = 0.6
SURE = 0.8  # of the worlds pay back in time


@dataclass(frozen=True)
class Answer:
    business: Business

    @cached_property
    def flows(self) -> Flows:
        return likely(self.business)

    @cached_property
    def worlds(self) -> Flows:
        return drawn(self.business)

    @cached_property
    def swings(self) -> list[Swing]:
        return tornado(self.business)

    @cached_property
    def npv(self) -> float:
        return float(npv(self.flows.net)[0])

    @cached_property
    def npv_band(self) -> tuple[float, float]:
        """The 10th and the 90th percentile, USD."""
        low, high = np.percentile(npv(self.worlds.net), [10, 90])
        return float(low), float(high)

    @cached_property
    def payback(self) -> float:
        """Months, inf: not within 36."""
        return float(payback(self.flows.net)[0])

    @cached_property
    def chance(self) -> float:
        """The share of the worlds in which the outlay is back within 18 months."""
        return float((payback(self.worlds.net) <= ENOUGH).mean())

    @cached_property
    def first_year(self) -> float:
        """USD spent in the first twelve months."""
        return float(self.flows.cost[0, :12].sum())

    @property
    def year_one_multiple(self) -> float:
        """What the first year returns for each dollar spent in it."""
        return float(self.flows.benefit[0, :12].sum()) / self.first_year

    @property
    def npv_multiple(self) -> float:
        return self.npv / self.first_year

    @cached_property
    def cumulative(self) -> Floats:
        """USD at the end of each month."""
        return np.cumsum(self.flows.net[0])

    @cached_property
    def cumulative_band(self) -> tuple[Floats, Floats]:
        low, high = np.percentile(np.cumsum(self.worlds.net, axis=1), [10, 90], axis=0)
        return low, high

    @property
    def channels(self) -> list[tuple[str, float, float]]:
        """Title, USD over 36 months, and its share of them all."""
        total = float(self.flows.benefit.sum())
        sums = {name: float(self.flows.channels[name].sum()) for name in CHANNELS}
        return [(CHANNELS[name], each, each / total if total else 0.0) for name, each in sums.items()]

    @property
    def costs(self) -> list[tuple[str, float]]:
        return [(title, float(self.flows.costs[name].sum())) for name, title in COSTS.items()]

    @property
    def against(self) -> list[str]:
        """What speaks for no, in sentences."""
        found = []
        if self.business.volume < TOO_FEW:
            found.append(f"Below {TOO_FEW} cases a month nothing here pays back within {ENOUGH} months.")
        if not self.flows.benefit.any():
            found.append("A case costs more with a model than it saves.")
        elif not isfinite(self.payback):
            found.append("The outlay is not back within 36 months.")
        elif self.payback > ENOUGH:
            found.append(
                f"The outlay is back after {self.payback:.0f} months; beyond {ENOUGH} too much changes to count on."
            )
        return found

    @property
    def doubts(self) -> list[str]:
        """What to look at before saying yes."""
        found = []
        if TOO_FEW <= self.business.volume < FEW:
            found.append(f"Fewer than {FEW} cases a month: labels, calibration and evidence come slowly.")
        if self.business.routine < ROUTINE:
            found.append(
                f"Only {self.business.routine:.0%} of the cases are routine; 60-70 % is where this works well.".replace(
                    "%", " %", 1
                )
            )
        if not self.against and self.chance < SURE:
            found.append(
                f"Only in {100 * self.chance:.0f} of 100 drawn worlds is the outlay back within {ENOUGH} months."
            )
        if not self.business.error_rate or not self.business.error_cost:
            found.append("Errors count for nothing here: measure how many there are and what one costs.")
        return found

    @property
    def verdict(self) -> Verdict:
        if self.against:
            return "no"
        return (
            "yes"
            if self.chance >= SURE and self.business.volume >= FEW and self.business.routine >= ROUTINE
            else "careful"
        )

    def as_json(self) -> dict[str, object]:
        """For programs: USD rounded to whole dollars, months to a tenth, null where there is none."""
        low, high = self.cumulative_band
        return {
            "verdict": self.verdict,
            "against": self.against,
            "doubts": self.doubts,
            "npv_usd": round(self.npv),
            "npv_p10_usd": round(self.npv_band[0]),
            "npv_p90_usd": round(self.npv_band[1]),
            "payback_months": None if self.payback == inf else round(self.payback, 1),
            "payback_within_18_months_probability": round(self.chance, 3),
            "first_year_outlay_usd": round(self.first_year),
            "year_one_multiple": round(self.year_one_multiple, 2),
            "npv_over_first_year_outlay": round(self.npv_multiple, 2),
            "channels_usd": {name: round(float(each.sum())) for name, each in self.flows.channels.items()},
            "costs_usd": {name: round(float(each.sum())) for name, each in self.flows.costs.items()},
            "months": [
                {
                    "month": month + 1,
                    "net_usd": round(float(self.flows.net[0, month])),
                    "cumulative_usd": round(float(self.cumulative[month])),
                    "cumulative_p10_usd": round(float(low[month])),
                    "cumulative_p90_usd": round(float(high[month])),
                }
                for month in range(len(self.cumulative))
            ],
            "tornado": [
                {
                    "quantity": each.quantity.title,
                    "unit": each.quantity.unit,
                    "low": each.quantity.low,
                    "high": each.quantity.high,
                    "npv_at_low_usd": round(each.at_low),
                    "npv_at_high_usd": round(each.at_high),
                }
                for each in self.swings
            ],
        }
