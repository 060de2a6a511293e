"""What a workflow is measured by: before it begins, as a baseline, and ever after against it."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Measure:
    """One measure. `low` and `high` are the change against the baseline that 90 days should bring, as shares.

    A throughput of three to five times the baseline is a change of 2.0 to 4.0; -0.5 is half of it gone.
    """

    name: str
    title: str
    unit: str
    better: int  # 1 where more is better, -1 where less is
    low: float  # the least change worth having
    high: float  # the most that is to be expected
    middle: str = ""  # what of many cases is measured: the figure held against it is that, too

    @property
    def share(self) -> bool:
        return self.unit == "share"

    @property
    def asked(self) -> str:
        """As a form asks for it: Cycle time, hours a case, the median."""
        return ", ".join(filter(None, (self.title, "%" if self.share else self.unit, self.middle)))


MEASURES: Final = {
    each.name: each
    for each in (
        Measure("throughput", "Cases an operator finishes", "cases an hour", 1, 2.0, 4.0),
        Measure("cycle_time", "Cycle time", "hours a case", -1, -0.5, -0.8, "the median"),
        Measure("handling_time", "Handling time", "minutes a case", -1, -0.3, -0.85, "the mean"),
        Measure("error_rate", "Cases with an error", "share", -1, -0.4, -0.6),
        Measure("rework_rate", "Cases done again", "share", -1, -0.4, -0.6),
        Measure("cost_per_case", "Cost of a case", "USD a case", -1, -0.3, -0.5, "the mean"),
    )
}
