"""The ten days of Discovery for one idea: what is done each day, by whom, what comes out, what can go wrong."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Final

import yaml
from pydantic import BaseModel, ConfigDict, Field

from apps.planning.assumptions import INDUSTRIES

FEW, TOO_FEW, LABELS = 500, 100, 200
MANY_SYSTEMS: Final = 4
INTEGRATION_DAY, LABELLING_DAY = 6, 5


class Piece(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DayText(Piece):
    title: str
    work: tuple[str, ...]
    output: str
    roles: tuple[str, ...]


class UseCase(Piece):
    title: str
    shadow: tuple[str, ...]
    risk: str


class Kpi(Piece):
    title: str
    measure: str


class Regulation(Piece):
    title: str
    day: int = Field(ge=1, le=10)
    work: str
    who: str


class Content(Piece):
    days: tuple[DayText, ...] = Field(min_length=10, max_length=10)
    use_cases: dict[str, UseCase]
    kpis: dict[str, Kpi]
    regulations: dict[str, Regulation]


@cache
def content() -> Content:
    """Raises pydantic.ValidationError when the file is not what this module expects."""
    return Content.model_validate(yaml.safe_load(Path(__file__).with_name("sprint.yaml").read_text()))


@dataclass(frozen=True)
class Idea:
    """Keys of `content()`, and what the visitor wrote."""

    industry: str
    use_case: str
    kpi: str
    volume: int  # cases a month
    systems: tuple[str, ...] = ()
    regulations: tuple[str, ...] = ()


@dataclass(frozen=True)
class Day:
    number: int
    title: str
    work: Sequence[str]
    output: str
    roles: Sequence[str]


@dataclass(frozen=True)
class Plan:
    idea: Idea
    days: Sequence[Day]
    shadow: Sequence[str]
    risks: Sequence[str]
    refusal: str  # why there should be no sprint at all, "" when there should be one

    @property
    def title(self) -> str:
        return f"{content().use_cases[self.idea.use_case].title} in {INDUSTRIES[self.idea.industry].title.lower()}"

    def as_json(self) -> dict[str, object]:
        return {"title": self.title, **asdict(self)}


def plan(idea: Idea) -> Plan:
    """The ten days for this idea. Raises KeyError for a choice that does not exist."""
    texts = content()
    use_case, kpi = texts.use_cases[idea.use_case], texts.kpis[idea.kpi]
    INDUSTRIES[idea.industry]
    added = _added(idea, kpi, [texts.regulations[name] for name in idea.regulations])
    days = []
    for number, text in enumerate(texts.days, start=1):
        work, roles = added.get(number, ((), ()))
        days.append(
            Day(number, text.title, (*text.work, *work), text.output, tuple(dict.fromkeys((*text.roles, *roles))))
        )
    refusal = ""
    if idea.volume < TOO_FEW:
        refusal = f"With {idea.volume:,} cases a month this does not pay back within 18 months: do not begin."
    return Plan(idea, days, use_case.shadow, _risks(idea, use_case), refusal)


def _added(
    idea: Idea, kpi: Kpi, regulations: Sequence[Regulation]
) -> dict[int, tuple[tuple[str, ...], tuple[str, ...]]]:
    """By day: more work, and who is needed for it."""
    added: dict[int, tuple[tuple[str, ...], tuple[str, ...]]] = {
        4: ((f"KPI “{kpi.title.lower()}”: {kpi.measure}",), ()),
        INTEGRATION_DAY: (
            tuple(f"{system}: what is read, what is written, who grants access" for system in idea.systems),
            (),
        ),
    }
    if idea.volume < FEW:
        added[LABELLING_DAY] = ((f"With {idea.volume:,} cases a month, go back several months to reach {LABELS}",), ())
    for regulation in regulations:
        work, roles = added.get(regulation.day, ((), ()))
        added[regulation.day] = ((*work, f"{regulation.title}: {regulation.work}"), (*roles, regulation.who))
    return added


def _risks(idea: Idea, use_case: UseCase) -> list[str]:
    risks = [
        use_case.risk,
        "Too much in scope: one workflow, its most frequent types first.",
        f"No labelled set by day 8: without {LABELS} labelled cases nothing can be promised, and day 10 is a no.",
    ]
    if idea.volume < FEW:
        risks.append(f"{idea.volume:,} cases a month bring evidence slowly; widening will take months.")
    if len(idea.systems) >= MANY_SYSTEMS:
        risks.append(f"{len(idea.systems)} systems: begin with reading from one and writing to none.")
    if not idea.systems:
        risks.append("No system is named: find out on the first day where the cases live.")
    if not idea.regulations:
        risks.append("No regulation is named: let somebody say so who would have to answer for it.")
    return risks
