"""What the return on a workflow is worked out from, beyond what its owner knows: ranges, where they are from, a ramp.

The improvements and prices are the targets and price bands of the delivery method, as ranges; nothing here was measured
on the visitor's own work, and every page that uses them says so. Whoever knows better replaces them by a baseline.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Range:
    """What nobody knows exactly: drawn from the triangle between `low` and `high` with its peak at `likely`."""

    title: str
    unit: str  # "share", "USD", "USD a month", "USD a case", "points a month"
    low: float
    likely: float
    high: float

    def scaled(self, factor: float) -> "Range":
        return Range(self.title, self.unit, self.low * factor, self.likely * factor, self.high * factor)


MONTHS: Final = 36
RATE: Final = 0.10  # a year, for the net present value
# The share of the traffic in each month: Discovery and Build, a first slice in the third, then widened on evidence.
RAMP: Final = (0.0, 0.0, 0.1, 0.25, 0.5, 0.75)  # and all of it from then on
BUILT: Final = 3  # months until Build is over and Run is paid for
LEARNS_AFTER: Final = 6  # months: the loop needs decided cases before it teaches anything
LEARNT_AT_MOST: Final = 0.10  # of the routine cases, however long it learns
OWN_HOURS_BUILDING: Final = 60.0  # a month, of the client's own people: owner, experts, operators who are shadowed
OWN_HOURS_RUNNING: Final = 12.0

AUTOMATION: Final = Range("Routine cases that clear without a person", "share", 0.50, 0.65, 0.80)
SAVED_ON_CLEARED: Final = Range("Time saved on cases that clear", "share", 0.65, 0.75, 0.85)
SAVED_ON_REVIEWED: Final = Range("Time saved on cases that a person reviews", "share", 0.30, 0.40, 0.50)
STEADIER: Final = Range("Less variance of quality", "share", 0.40, 0.50, 0.60)
OF_VARIANCE: Final = Range("Errors that come from variance between people", "share", 0.30, 0.50, 0.70)
FASTER: Final = Range("Shorter cycle time", "share", 0.50, 0.65, 0.80)
LEARNING: Final = Range("More routine cases cleared, by learning", "points a month", 0.0, 0.005, 0.010)
DISCOVERY: Final = Range("Discovery", "USD", 8_500, 10_000, 12_000)
RUN: Final = Range("Run", "USD a month", 5_000, 6_000, 8_000)


@dataclass(frozen=True)
class Complexity:
    title: str
    build: Range
    model: Range


COMPLEXITIES: Final = {
    "simple": Complexity(
        "Simple: one system, short texts",
        Range("Build", "USD", 35_000, 40_000, 50_000),
        Range("Models", "USD a case", 0.01, 0.02, 0.05),
    ),
    "typical": Complexity(
        "Typical: two or three systems, some documents",
        Range("Build", "USD", 45_000, 55_000, 65_000),
        Range("Models", "USD a case", 0.02, 0.05, 0.12),
    ),
    "complex": Complexity(
        "Complex: long documents, many rules",
        Range("Build", "USD", 55_000, 65_000, 75_000),
        Range("Models", "USD a case", 0.10, 0.25, 0.60),
    ),
}


@dataclass(frozen=True)
class Industry:
    """`envelope`: the share of what could clear by itself that rules on reserved decisions usually leave."""

    title: str
    envelope: float


INDUSTRIES: Final = {
    "retail": Industry("Retail and commerce", 1.0),
    "logistics": Industry("Logistics", 1.0),
    "software": Industry("Software and telecoms", 1.0),
    "manufacturing": Industry("Manufacturing", 0.95),
    "banking": Industry("Banking and payments", 0.80),
    "insurance": Industry("Insurance", 0.80),
    "public": Industry("Public sector", 0.70),
    "healthcare": Industry("Healthcare", 0.65),
    "legal": Industry("Legal services", 0.60),
}


@dataclass(frozen=True)
class Geography:
    """`hourly`: USD for an hour of a person with everything on top, where the visitor states no unit cost."""

    title: str
    hourly: float


GEOGRAPHIES: Final = {
    "us": Geography("United States", 42.0),
    "uk": Geography("United Kingdom", 38.0),
    "eu": Geography("European Union", 40.0),
    "uae": Geography("United Arab Emirates", 30.0),
    "apac": Geography("Australia and Singapore", 38.0),
    "india": Geography("India", 12.0),
    "philippines": Geography("Philippines", 11.0),
    "latam": Geography("Latin America", 16.0),
}
