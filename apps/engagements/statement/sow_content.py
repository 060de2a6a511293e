"""What a statement of work says, and as what clauses it is read: one source for the page, the PDF and the DOCX."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from apps.audit.canonical import canonical

Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=600)]
USD = Annotated[int, Field(ge=0, le=10_000_000)]
LAST_WEEK: Final = 10
# What such work costs, USD: a price outside of its band is possible, and said to be outside.
BANDS: Final = {
    "discovery": (8_500, 12_000),
    "build": (35_000, 75_000),
    "pilot": (25_000, None),
    "run": (5_000, None),
}


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Party(_Part):
    name: Words = ""
    address: Words = ""
    signatory: Words = ""  # name and function


class Milestone(_Part):
    begin: int = Field(ge=1, le=LAST_WEEK)  # week of Build
    end: int = Field(ge=1, le=LAST_WEEK)
    title: Line
    exit: Line  # what must be true at its end

    @model_validator(mode="after")
    def _in_order(self) -> "Milestone":
        if self.begin > self.end:
            raise ValueError(f"“{self.title}” ends before it begins.")
        return self


class Criterion(_Part):
    """One measure on the holdout of the labelled set that the client has signed."""

    measure: Line
    least: Words  # "at least 95 %", as both sides read it
    cases: int = Field(ge=1, le=100_000)


class Prices(_Part):
    """USD, without tax. 0 where it is not part of the offer."""

    discovery: USD = 10_000
    build: USD = 55_000
    pilot: USD = 0
    run: USD = 6_000  # a month
    terms: Words = ""


class SowContent(_Part):
    client: Party = Party()
    provider: Party = Party()
    background: Words = ""
    goal: Words = ""
    included: tuple[Line, ...] = ()
    excluded: tuple[Line, ...] = ()
    volume: int = Field(0, ge=0, le=10_000_000)  # cases a month
    milestones: tuple[Milestone, ...] = ()
    acceptance: tuple[Criterion, ...] = ()
    acceptance_rule: Words = ""
    prices: Prices = Prices()
    assumptions: tuple[Line, ...] = ()
    data_terms: tuple[Line, ...] = ()
    change_control: Words = ""
    leaving: Words = ""  # what the client takes along when it ends
    law: Words = ""

    @property
    def sha256(self) -> str:
        return hashlib.sha256(canonical(self.model_dump(mode="json"))).hexdigest()


@dataclass(frozen=True)
class Table:
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def labelled(self) -> list[list[tuple[str, str]]]:
        """Each row's cells with the heads of their columns, for a narrow screen."""
        return [list(zip(self.head, row, strict=True)) for row in self.rows]


@dataclass(frozen=True)
class Clause:
    key: str
    number: int
    title: str
    paragraphs: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()


SECTIONS: Final = {
    "parties": "Parties",
    "background": "Background and goal",
    "scope": "Scope",
    "milestones": "Milestones",
    "acceptance": "Acceptance",
    "prices": "Prices and payment",
    "assumptions": "Assumptions",
    "data": "Data protection",
    "change": "Change control",
    "leaving": "Hand-over and leaving",
    "law": "Law and order of precedence",
}


def clauses(content: SowContent) -> list[Clause]:
    """In the order in which they are read, numbered from 1."""
    parts = {
        "parties": _parties(content),
        "background": (_paragraphs(content.background, content.goal), (), ()),
        "scope": _scope(content),
        "milestones": ((), (), (_milestones(content),)),
        "acceptance": (_paragraphs(content.acceptance_rule), (), (_acceptance(content),)),
        "prices": (_paragraphs(content.prices.terms), (), (_prices(content.prices),)),
        "assumptions": ((), content.assumptions, ()),
        "data": ((), content.data_terms, ()),
        "change": (_paragraphs(content.change_control), (), ()),
        "leaving": (_paragraphs(content.leaving), (), ()),
        "law": (_paragraphs(content.law), (), ()),
    }
    return [Clause(key, number, SECTIONS[key], *parts[key]) for number, key in enumerate(SECTIONS, start=1)]


def as_text(content: SowContent) -> str:
    """Line by line, for comparing versions."""
    return "\n".join(line for clause in clauses(content) for line in _lines(clause))


def gaps(content: SowContent) -> list[str]:
    """What keeps it from being offered."""
    wanting = {
        "Name both parties and who signs for each.": all(
            (content.client.name, content.client.signatory, content.provider.name, content.provider.signatory)
        ),
        "Say what the goal is.": content.goal,
        "Say which cases are in scope.": content.included,
        "Say what is excluded.": content.excluded,
        "Give at least one milestone.": content.milestones,
        "Acceptance needs a measure on the labelled set.": content.acceptance,
        "State the price of Build.": content.prices.build,
        "State the data terms.": content.data_terms,
    }
    return [said for said, there in wanting.items() if not there]


def outside(prices: Prices) -> list[str]:
    """Prices outside of their bands, in words."""
    found = []
    for name, (low, high) in BANDS.items():
        price = getattr(prices, name)
        if price and (price < low or (high is not None and price > high)):
            band = f"{low:,} to {high:,}" if high else f"from {low:,}"
            found.append(f"{name.capitalize()} at USD {price:,} is outside of its band, {band}: say why in the terms.")
    return found


def _lines(clause: Clause) -> Iterator[str]:
    yield f"{clause.number}. {clause.title}"
    yield from clause.paragraphs
    for table in clause.tables:
        yield from (" · ".join(row) for row in table.rows)
    yield from (f"- {item}" for item in clause.items)


def _paragraphs(*texts: str) -> tuple[str, ...]:
    return tuple(line.strip() for text in texts for line in text.splitlines() if line.strip())


def _parties(content: SowContent) -> tuple[tuple[str, ...], tuple[str, ...], tuple[Table, ...]]:
    rows = tuple(
        (role, party.name, party.address, party.signatory)
        for role, party in (("Client", content.client), ("Provider", content.provider))
    )
    said = (
        "This statement of work is made between the Client and the Provider named here, under their master agreement."
    )
    return (said,), (), (Table(("", "Name", "Address", "Signs"), rows),)


def _scope(content: SowContent) -> tuple[tuple[str, ...], tuple[str, ...], tuple[Table, ...]]:
    rows = (*(("In scope", each) for each in content.included), *(("Excluded", each) for each in content.excluded))
    said = (f"Volume: {content.volume:,} cases a month.",) if content.volume else ()
    return said, (), (Table(("", "What"), rows),)


def _milestones(content: SowContent) -> Table:
    def weeks(each: Milestone) -> str:
        return f"{each.begin}" if each.begin == each.end else f"{each.begin}–{each.end}"

    rows = tuple((weeks(each), each.title, each.exit) for each in content.milestones)
    return Table(("Weeks", "Milestone", "Exit criterion"), rows)


def _acceptance(content: SowContent) -> Table:
    rows = tuple((each.measure, each.least, f"{each.cases:,}") for each in content.acceptance)
    return Table(("Measure on the holdout", "Accepted at", "Cases"), rows)


def _prices(prices: Prices) -> Table:
    rows: Sequence[tuple[str, int, str]] = (
        ("Discovery, fixed", prices.discovery, ""),
        ("Build, fixed", prices.build, ""),
        ("Pilot, fixed", prices.pilot, ""),
        ("Run", prices.run, " a month"),
    )
    return Table(("", "USD, without tax"), tuple((what, f"{sum_:,}{each}") for what, sum_, each in rows if sum_))
