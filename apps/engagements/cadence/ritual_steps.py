"""What a ritual is made of: steps with their figures in words, as they are shown, signed, kept and printed."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Any

from django.utils import timezone

from apps.evaluations.coverage import taxonomy_for
from apps.workflows.models import TrafficPlan, Workflow


@dataclass(frozen=True)
class Table:
    """`rows` have a cell for each of `columns`. `note` says what it counts or, without rows, why there are none."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""


@dataclass(frozen=True)
class Link:
    title: str
    address: str


@dataclass(frozen=True)
class Step:
    """`asks` is what whoever holds the ritual writes a note about. All figures carry their unit and n in the text."""

    slug: str
    title: str
    asks: str
    tables: Sequence[Table]
    links: Sequence[Link] = ()

    def as_json(self) -> dict[str, Any]:
        """Lists and texts alone, so that it is signed as it is kept."""
        return asdict(self) | {
            "tables": [
                {**asdict(each), "columns": list(each.columns), "rows": [list(row) for row in each.rows]}
                for each in self.tables
            ],
            "links": [asdict(each) for each in self.links],
        }


@dataclass(frozen=True)
class Occasion:
    """For which workflow and day a ritual's figures are taken. What counts ends with the moment that `timezone` says.

    `past` says that the moment is told of: then what only holds of the present is left out.
    """

    workflow: Workflow
    day: date
    past: bool = False

    @property
    def monday(self) -> date:
        return self.day - timedelta(days=self.day.weekday())

    @property
    def now(self) -> datetime:
        return timezone.now()

    @property
    def week_before(self) -> tuple[datetime, datetime]:
        """The seven days up to the ritual's own, and no longer than until now; half open, UTC."""
        end = min(datetime.combine(self.day, time(), UTC), self.now)
        return end - timedelta(days=7), end

    @cached_property
    def _titles(self) -> Mapping[str, str]:
        taxonomy = taxonomy_for(self.workflow)
        return {kind.slug: kind.title for kind in taxonomy.case_types} if taxonomy else {}

    def title(self, case_type: str) -> str:
        """How people call a case type; one that the taxonomy does not have stands for itself."""
        return self._titles.get(case_type) or case_type.replace("_", " ") or "not classified"

    @property
    def plan(self) -> TrafficPlan | None:
        """The traffic plan that stands at this moment."""
        return self.workflow.plans.select_related("incumbent").filter(created_at__lte=self.now).first()


def shown(figures: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Steps as they are kept, with each cell beside the name of its column."""
    return [
        {
            **step,
            "tables": [
                {**table, "rows": [list(zip(table["columns"], row, strict=True)) for row in table["rows"]]}
                for table in step["tables"]
            ],
        }
        for step in figures
    ]


def percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def within(share: float, low: float, high: float, n: int) -> str:
    """3.1 % (1.2-6.4, n = 160)"""
    return f"{percent(share)} ({100 * low:.1f}-{100 * high:.1f}, n = {n:,})"


def told(facts: Mapping[str, int]) -> str:
    """“3 drawn, 2 looked at”; "none" where all are nought."""
    return ", ".join(f"{number:,} {name}" for name, number in facts.items() if number) or "none"
