"""Build, buy, or a blend: eight factors, each from 1 to 5, weighed in the open, and what would turn the answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Answer = Literal["build", "buy", "blend"]
LEVELS: Final = (1, 2, 3, 4, 5)
BUY_BELOW, BUILD_ABOVE = 0.42, 0.58  # of the index: between them neither side has it
HEAVIEST: Final = 10


@dataclass(frozen=True)
class Factor:
    """`builds`: whether a high level speaks for building. `ends` say what levels 1 and 5 mean."""

    title: str
    ends: tuple[str, str]
    builds: bool
    weight: int
    why: str


FACTORS: Final = {
    "sensitivity": Factor(
        "Data sensitivity", ("public", "health, legal or state secrets"), True, 6,
        "Data that may not leave needs a place and keys of your own.",
    ),
    "integration": Factor(
        "Depth of integration", ("one export a day", "writes into several core systems"), True, 5,
        "Deep links into systems of record are your own work, whoever sells the rest.",
    ),
    "time": Factor(
        "Time pressure", ("a year is fine", "this quarter"), False, 5,
        "What exists already runs sooner.",
    ),
    "capacity": Factor(
        "Own engineering capacity", ("nobody", "a team with time for years"), True, 6,
        "What is built must be kept alive, by people who are there.",
    ),
    "differentiation": Factor(
        "Differentiation", ("everybody does it alike", "it is why customers come"), True, 7,
        "What sets you apart should be yours; the rest need not be.",
    ),
    "volume": Factor(
        "Volume", ("hundreds a month", "hundreds of thousands"), True, 3,
        "A price for each case adds up; a platform of your own is paid for once.",
    ),
    "scrutiny": Factor(
        "Compliance scrutiny", ("none", "examiners ask for every decision"), False, 5,
        "Proof of every decision is years of work that a platform brings along.",
    ),
    "budget": Factor(
        "Budget", ("small, and monthly", "large, and up front"), True, 3,
        "Building costs before it returns.",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Flip:
    """The least change of one factor that turns the answer."""

    factor: Factor
    to: int
    answer: Answer


@dataclass(frozen=True)
class Weighed:
    """`levels` and `weights` by factor; a weight of 0 leaves a factor out."""

    levels: Mapping[str, int]
    weights: Mapping[str, int]

    def __post_init__(self) -> None:
        """Raises ValueError for a level or weight out of its range, or where every weight is 0."""
        if any(self.levels[name] not in LEVELS for name in FACTORS):
            raise ValueError("A level is a whole number from 1 to 5.")
        if any(not 0 <= self.weights[name] <= HEAVIEST for name in FACTORS) or not any(self.weights.values()):
            raise ValueError(f"A weight is a whole number from 0 to {HEAVIEST}, and one at least is above 0.")

    @property
    def index(self) -> float:
        """From 0, everything speaks for buying, to 1, everything speaks for building."""
        return sum(self.weights[name] * pull(name, self.levels[name]) for name in FACTORS) / sum(self.weights.values())

    @property
    def answer(self) -> Answer:
        if self.index < BUY_BELOW:
            return "buy"
        return "build" if self.index > BUILD_ABOVE else "blend"

    @property
    def shares(self) -> list[tuple[Factor, int, int, float]]:
        """Factor, level, weight, and how far it moves the index from the middle: below 0 towards buying."""
        total = sum(self.weights.values())
        moved = {name: self.weights[name] * (pull(name, self.levels[name]) - 0.5) / total for name in FACTORS}
        rows = [(FACTORS[name], self.levels[name], self.weights[name], move) for name, move in moved.items()]
        return sorted(rows, key=lambda row: -abs(row[3]))

    @property
    def flips(self) -> list[Flip]:
        """For each factor that can turn the answer alone, its nearest level that does; the smallest change first."""
        found = []
        for name, factor in FACTORS.items():
            for level in sorted(LEVELS, key=lambda level: abs(level - self.levels[name])):
                other = Weighed({**self.levels, name: level}, self.weights)
                if other.answer != self.answer:
                    found.append((abs(level - self.levels[name]), Flip(factor, level, other.answer)))
                    break
        return [flip for _, flip in sorted(found, key=lambda pair: pair[0])]

    def as_json(self) -> dict[str, object]:
        return {
            "answer": self.answer,
            "index": round(self.index, 3),
            "build_above": BUILD_ABOVE,
            "buy_below": BUY_BELOW,
            "factors": [
                {"factor": factor.title, "level": level, "weight": weight, "moves_index_by": round(move, 3)}
                for factor, level, weight, move in self.shares
            ],
            "flips": [{"factor": each.factor.title, "to": each.to, "answer": each.answer} for each in self.flips],
        }


def pull(name: str, level: int) -> float:
    """How far a level speaks for building: 0 not at all, 1 all the way."""
    share = (level - LEVELS[0]) / (LEVELS[-1] - LEVELS[0])
    return share if FACTORS[name].builds else 1 - share
