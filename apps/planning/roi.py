"""What a workflow returns over 36 months: four channels, cash flow, payback, net present value, and how sure that is.

One vectorised model answers everything: the plain answer puts each quantity at its likely value, the tornado moves one
at a time to the ends of its range, and the band draws all of them at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from apps.planning import assumptions as given
from apps.planning.assumptions import MONTHS, Range

Floats = NDArray[np.float64]
CHANNELS: Final = {
    "labour": "Labour leverage",
    "quality": "Consistent quality",
    "cycle": "Shorter cycle time",
    "learning": "Learning speed",
}
COSTS: Final = {
    "discovery": "Discovery",
    "build": "Build",
    "run": "Run",
    "models": "Models",
    "people": "Your own people’s time",
}
DRAWS: Final = 4_000
ENOUGH: Final = 18  # months: what pays back later is not worth beginning


@dataclass(frozen=True)
class Business:
    """What the visitor knows about the workflow as it is. Money in USD, shares from 0 to 1."""

    volume: float  # cases a month
    minutes: float  # of a person's work, a case
    routine: float
    complexity: str = "typical"
    geography: str = "us"
    industry: str = "retail"
    unit_cost: float | None = None  # a case; None: the minutes at the geography's rate
    error_rate: float = 0.0
    error_cost: float = 0.0
    cycle_days: float = 0.0
    day_value: float = 0.0  # of a case that is done a day earlier

    @property
    def hourly(self) -> float:
        """USD, of the work on the cases as it is now."""
        if self.unit_cost is None or not self.minutes:
            return given.GEOGRAPHIES[self.geography].hourly
        return self.unit_cost * 60 / self.minutes

    @property
    def cost_of_case(self) -> float:
        return self.minutes / 60 * self.hourly if self.unit_cost is None else self.unit_cost


def ranges_of(business: Business) -> dict[str, Range]:
    """Every quantity of the model by name. What the visitor stated is taken to be known within a fifth or so."""
    complexity = given.COMPLEXITIES[business.complexity]
    envelope = given.INDUSTRIES[business.industry].envelope
    return {
        "volume": _about("Cases a month", "cases", business.volume, 0.2),
        "cost_of_case": _about("Cost of a case today", "USD a case", business.cost_of_case, 0.15),
        "routine": _about("Routine share", "share", business.routine, 0.15, most=1.0),
        "error_rate": _about("Cases with an error", "share", business.error_rate, 0.3, most=1.0),
        "error_cost": _about("Cost of an error", "USD", business.error_cost, 0.3),
        "day_value": _about("Worth of a day", "USD a case", business.cycle_days * business.day_value, 0.3),
        "automation": given.AUTOMATION.scaled(envelope),
        "saved_on_cleared": given.SAVED_ON_CLEARED,
        "saved_on_reviewed": given.SAVED_ON_REVIEWED,
        "steadier": given.STEADIER,
        "of_variance": given.OF_VARIANCE,
        "faster": given.FASTER,
        "learning": given.LEARNING.scaled(envelope),
        "discovery": given.DISCOVERY,
        "build": complexity.build,
        "run": given.RUN,
        "models": complexity.model,
        "own_hour": _about("An hour of your own people", "USD", business.hourly, 0.15),
    }


@dataclass(frozen=True)
class Flows:
    """USD by month, for each of `draws` worlds: every array has the shape (draws, 36)."""

    channels: Mapping[str, Floats]
    costs: Mapping[str, Floats]

    @property
    def benefit(self) -> Floats:
        return _sum(self.channels)

    @property
    def cost(self) -> Floats:
        return _sum(self.costs)

    @property
    def net(self) -> Floats:
        return self.benefit - self.cost


def flows(quantities: Mapping[str, Floats]) -> Flows:
    """The model. Each quantity of `ranges_of` comes as an array of the shape (draws,)."""
    q = {name: values[:, None] for name, values in quantities.items()}
    month = np.arange(MONTHS)[None, :]
    learnt = np.minimum(q["learning"] * np.maximum(month - given.LEARNS_AFTER, 0), given.LEARNT_AT_MOST)
    base = q["routine"] * q["automation"]
    cleared = q["routine"] * np.minimum(q["automation"] + learnt, 1.0)
    more_when_cleared = np.maximum(q["saved_on_cleared"] - q["saved_on_reviewed"], 0.0)
    labour = q["cost_of_case"] * (q["saved_on_reviewed"] + base * more_when_cleared)
    learning = q["cost_of_case"] * (cleared - base) * more_when_cleared
    quality = q["error_rate"] * q["error_cost"] * q["steadier"] * q["of_variance"]
    cycle = q["day_value"] * q["faster"]
    # Nobody sends a case where it costs more than it saves; then nothing flows, and the outlay is lost.
    worthwhile = labour + learning + quality + cycle > q["models"]
    cases = q["volume"] * _ramp()[None, :] * worthwhile
    building = month < given.BUILT
    return Flows(
        channels={
            "labour": cases * labour,
            "quality": cases * quality,
            "cycle": cases * cycle,
            "learning": cases * learning,
        },
        costs={
            "discovery": q["discovery"] * (month == 0),
            "build": q["build"] / given.BUILT * building,
            "run": q["run"] * ~building,
            "models": cases * q["models"],
            "people": q["own_hour"] * np.where(building, given.OWN_HOURS_BUILDING, given.OWN_HOURS_RUNNING),
        },
    )


def npv(net: Floats, rate: float = given.RATE) -> Floats:
    """Today's worth of monthly cash, shape (…, months); the first month counts in full, `rate` is effective a year."""
    return net @ (1 + rate) ** (-np.arange(net.shape[-1]) / 12)


def payback(net: Floats) -> Floats:
    """Months until the cash spent is back for good, counted within a month by its share; inf where it never is."""
    total = np.cumsum(net, axis=-1)
    short = total < 0
    last = np.where(short.any(axis=-1), net.shape[-1] - 1 - np.argmax(short[..., ::-1], axis=-1), -1)
    following = np.minimum(last + 1, net.shape[-1] - 1)
    owed = -np.take_along_axis(total, np.maximum(last, 0)[..., None], axis=-1)[..., 0]
    gained = np.take_along_axis(net, following[..., None], axis=-1)[..., 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        months = last + 1 + owed / gained
    return np.where(last < 0, 0.0, np.where(last == net.shape[-1] - 1, np.inf, months))


def likely(business: Business) -> Flows:
    return flows({name: np.array([each.likely]) for name, each in ranges_of(business).items()})


def drawn(business: Business, draws: int = DRAWS) -> Flows:
    """So many worlds, each quantity drawn by itself. A business always gets the same ones: a link shows one page."""
    source = np.random.default_rng(36)
    quantities = {}
    for name, each in ranges_of(business).items():
        if each.low < each.high:
            quantities[name] = source.triangular(each.low, each.likely, each.high, draws)
        else:
            quantities[name] = np.full(draws, each.likely)
    return flows(quantities)


@dataclass(frozen=True)
class Swing:
    """What one quantity does to the net present value when it alone moves to the ends of its range."""

    quantity: Range
    at_low: float  # USD
    at_high: float

    @property
    def width(self) -> float:
        return abs(self.at_high - self.at_low)


def tornado(business: Business) -> list[Swing]:
    """The widest first; quantities that change nothing are left out."""
    ranges = ranges_of(business)
    names = list(ranges)
    rows = {name: np.full(2 * len(names), each.likely) for name, each in ranges.items()}
    for at, name in enumerate(names):
        rows[name][2 * at : 2 * at + 2] = ranges[name].low, ranges[name].high
    worth = npv(flows(rows).net)
    swings = [Swing(ranges[name], float(worth[2 * at]), float(worth[2 * at + 1])) for at, name in enumerate(names)]
    return sorted((each for each in swings if each.width >= 1), key=lambda each: -each.width)


def _about(title: str, unit: str, value: float, within: float, most: float = np.inf) -> Range:
    return Range(title, unit, value * (1 - within), value, min(value * (1 + within), max(most, value)))


def _ramp() -> Floats:
    return np.array([*given.RAMP, *[1.0] * (MONTHS - len(given.RAMP))])


def _sum(parts: Mapping[str, Floats]) -> Floats:
    return np.sum(list(parts.values()), axis=0)  # type: ignore[no-any-return]
