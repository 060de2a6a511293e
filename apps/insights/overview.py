"""All that the page of figures says, from one reading of the facts; and the same for programs."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from io import StringIO
from typing import Any

from apps.cases.reading import case_types
from apps.insights.against import Against, Baselines, against, baselines_for
from apps.insights.baselines import all_in_force
from apps.insights.facts import Facts, facts
from apps.insights.happenings import Happening, happenings
from apps.insights.kpi_chart import Chart, draw
from apps.insights.kpis import KPIS, Figure, Kpi, Week, by_week, of
from apps.insights.models import HourRate
from apps.insights.rates import last_rate
from apps.insights.selection import Selection
from apps.workflows.models import Workflow

APART = (
    "automation",
    "unchanged",
    "throughput",
    "cycle_time",
    "reviewed_time",
    "error_rate",
    "rework_rate",
    "cost_per_case",
)
COLUMNS = ("scope", "part", "title", "figure", "unit", "value", "low", "high", "n", "baseline", "change", "verdict")


@dataclass(frozen=True)
class Part:
    """The figures of one case type, release or arm."""

    value: str
    title: str
    address: str  # of its cases; "" for those that have none of the values
    cases: int
    held: Sequence[Against]

    @property
    def shown(self) -> list[Against]:
        """What a table has room for, in its order."""
        own = {each.figure.name: each for each in self.held}
        return [own[name] for name in APART]


class Overview:
    """Of one workflow, within a selection. Each part is made when it is asked for."""

    def __init__(self, workflow: Workflow, selection: Selection) -> None:
        self.workflow, self.selection = workflow, selection
        self.begin, self.end = selection.period

    @cached_property
    def rate(self) -> HourRate | None:
        return last_rate(self.workflow)

    @cached_property
    def found(self) -> Facts:
        return facts(self.workflow, self.begin, self.end, self.selection.chosen)

    @cached_property
    def baselines(self) -> Baselines:
        return baselines_for(self.workflow, self.selection.chosen)

    @cached_property
    def held(self) -> list[Against]:
        return against(of(self.found, self._usd), self.baselines)

    @cached_property
    def weeks(self) -> list[Week]:
        return by_week(self.found, self.begin, self.end, self._usd)

    @cached_property
    def happenings(self) -> list[Happening]:
        return happenings(self.workflow, self.begin, self.end)

    @cached_property
    def charts(self) -> list[tuple[Against, Chart | None]]:
        return [(each, draw(each.figure.name, self.weeks, each, self.happenings)) for each in self.held]

    @cached_property
    def drawn(self) -> list[tuple[Against, Chart | None, list[tuple[date, Figure, str]]]]:
        """Each chart with the table behind it: Monday, figure, and the address of the cases of that week."""
        addresses = [self._address_of(week) for week in self.weeks]
        return [
            (
                held,
                chart,
                [
                    (week.begin, week.figures[held.figure.name], address)
                    for week, address in zip(self.weeks, addresses, strict=True)
                ],
            )
            for held, chart in self.charts
        ]

    def _address_of(self, week: Week) -> str:
        begin, end = max(week.begin, self.begin), min(week.begin + timedelta(days=6), self.end)
        return self.selection.within(begin=str(begin), end=str(end))

    @cached_property
    def parts(self) -> list[Part]:
        """By case type, release or arm; a case type has baselines of its own, or none."""
        by, titles = self.selection.by, self.titles
        known = all_in_force(self.workflow)
        found = []
        for name, part in self.found.by(by):
            own = (
                {each.measure: each for each in known if each.case_type == name}
                if by == "case_type"
                else self.baselines
            )
            address = self.selection.within(**{by: name}) if name else ""
            held = against(of(part, self._usd), own)
            found.append(Part(name, titles.get(name, name or "none"), address, len(part), held))
        return found

    @property
    def apart(self) -> list[Kpi]:
        return [KPIS[name] for name in APART]

    @cached_property
    def titles(self) -> dict[str, str]:
        """Of the values of the dimension that is shown."""
        return self._titles_of(self.selection.by)

    @property
    def within(self) -> str:
        """What was selected, in words: Return, Slice; "" for all cases."""
        chosen = {by: getattr(self.selection, by) for by in ("case_type", "arm", "release")}
        return ", ".join(self._titles_of(by).get(value, value) for by, value in chosen.items() if value)

    def _titles_of(self, dimension: str) -> dict[str, str]:
        if dimension == "release":
            return dict(self.workflow.releases.values_list("pk", "label"))
        if dimension == "arm":
            return {"incumbent": "Incumbent", "slice": "Slice"}
        production = self.workflow.production_id
        return case_types([production] if production else [])

    @property
    def _usd(self) -> float | None:
        return float(self.rate.usd) if self.rate else None

    def as_json(self) -> dict[str, Any]:
        return {
            "workflow": self.workflow.slug,
            "begin": str(self.begin),
            "end": str(self.end),
            "chosen": {
                "case_type": self.selection.case_type,
                "release": self.selection.release,
                "arm": self.selection.arm,
            },
            "usd_an_hour": self._usd,
            "cases": len(self.found),
            "figures": [_held(each) for each in self.held],
            "weeks": [
                {"begin": str(week.begin), "cases": week.cases, "figures": [_figure(x) for x in week.figures.values()]}
                for week in self.weeks
            ],
            "by": self.selection.by,
            "parts": [
                {
                    "value": part.value,
                    "title": part.title,
                    "cases": part.cases,
                    "figures": [_held(x) for x in part.held],
                }
                for part in self.parts
            ],
            "moves": [
                {"at": each.at.isoformat(), "move": each.title, "release": each.release, "reason": each.reason}
                for each in self.happenings
            ],
        }

    def as_csv(self) -> str:
        out = StringIO()
        rows = csv.DictWriter(out, COLUMNS, extrasaction="ignore", lineterminator="\n")
        rows.writeheader()
        rows.writerows(self._rows())
        return out.getvalue()

    def _rows(self) -> Iterator[dict[str, Any]]:
        for each in self.held:
            yield {"scope": "period", "part": f"{self.begin}/{self.end}", "title": ""} | _held(each)
        for week in self.weeks:
            for figure in week.figures.values():
                yield {"scope": "week", "part": str(week.begin), "title": ""} | _figure(figure)
        for part in self.parts:
            for each in part.held:
                yield {"scope": self.selection.by, "part": _plain(part.value), "title": _plain(part.title)} | _held(
                    each
                )


def _figure(figure: Figure) -> dict[str, Any]:
    told = {"figure": figure.name, "unit": figure.kpi.unit, "value": figure.value, "low": figure.low}
    return told | {"high": figure.high, "n": figure.n, "missing": figure.missing}


def _held(held: Against) -> dict[str, Any]:
    return _figure(held.figure) | {
        "method": held.figure.kpi.method,
        "baseline": held.baseline.value if held.baseline else None,
        "baseline_n": held.baseline.n if held.baseline else None,
        "baseline_source": held.baseline.source if held.baseline else None,
        "change": held.change,
        "change_low": held.low,
        "change_high": held.high,
        "target": held.target,
        "verdict": held.verdict,
    }


def _plain(text: str) -> str:
    """A spreadsheet takes what begins so for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
