"""What the pages show of runs and verdicts: figures with their intervals as pictures, and the cases that flipped."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apps.evaluations.case_result import CaseResult
from apps.evaluations.judgement import chance, told
from apps.evaluations.models import LabelledCase
from apps.evaluations.report import ORDER
from apps.evaluations.run_models import EvaluationRun, GateVerdict
from apps.evaluations.runs import results_of

LAYERS = {
    "intake": "Intake",
    "context": "Context",
    "action": "Action",
    "review": "Review and the whole",
    "all": "Effort",
}
LEFT, WIDTH = 4, 232  # of the drawing, in its own units


@dataclass(frozen=True)
class Mark:
    """A figure as it is drawn and told. Positions are in the drawing's units."""

    value: str
    interval: str
    n: int
    x: float
    low: float
    high: float

    @property
    def width(self) -> float:
        return max(1.0, self.high - self.low)


@dataclass(frozen=True)
class Row:
    key: str
    title: str
    marks: tuple[Mark | None, ...]  # the candidate's first, where two are compared
    line: Mapping[str, Any] | None  # of the verdict: its role, difference, margin, and whether it held


@dataclass(frozen=True)
class Flip:
    case: LabelledCase | None
    external_id: str
    kind: str  # better, worse
    candidate: CaseResult
    incumbent: CaseResult


def sections(*runs: EvaluationRun, verdict: GateVerdict | None = None) -> list[tuple[str, list[Row]]]:
    """The figures by layer. With two runs each row has two marks on one scale."""
    figures = [run.report.get("figures", {}) for run in runs]
    lines = {line["key"]: _told(line) for line in verdict.report["lines"]} if verdict else {}
    found: dict[str, list[Row]] = {}
    for key in (key for key in ORDER if key in figures[0]):
        first = figures[0][key]
        same = [each.get(key) for each in figures]
        row = Row(key, first["title"], tuple(_mark(each, _scale(same)) for each in same), lines.get(key))
        found.setdefault(first["layer"], []).append(row)
    return [(title, found[layer]) for layer, title in LAYERS.items() if layer in found]


def flips_of(verdict: GateVerdict) -> list[Flip]:
    """The cases on which the two differ, those that got worse first."""
    if verdict.incumbent_run is None:
        return []
    ours, theirs = (
        {each.external_id: each for each in results_of(run)} for run in (verdict.candidate_run, verdict.incumbent_run)
    )
    ids = [each["case"] for each in verdict.report["flipped"]]
    cases = {case.external_id: case for case in verdict.labelled_set.cases.filter(external_id__in=ids)}
    flips = [
        Flip(cases.get(each["case"]), each["case"], each["kind"], ours[each["case"]], theirs[each["case"]])
        for each in verdict.report["flipped"]
    ]
    return sorted(flips, key=lambda flip: (flip.kind != "worse", flip.external_id))


def wrong_cases(run: EvaluationRun) -> list[CaseResult]:
    return [each for each in results_of(run) if not each.right]


def other_lines(verdict: GateVerdict, shown: list[tuple[str, list[Row]]]) -> list[Mapping[str, Any]]:
    """Lines of the verdict that are no figure of a run, such as what is wrong of all cases."""
    keys = {row.key for _, rows in shown for row in rows}
    return [_told(line) for line in verdict.report["lines"] if line["key"] not in keys]


def bins_of(run: EvaluationRun) -> list[dict[str, Any]]:
    """The reliability bins with where to draw them: stated against observed, both 0 to 100."""
    return [
        {
            **each,
            "x": 100 * each["stated"],
            "left": 100 * each["stated"] - 1,
            "y": 100 - 100 * each["right"],
            "top": 100 - 100 * each["interval"][1],
            "height": 100 * (each["interval"][1] - each["interval"][0]),
        }
        for each in run.report["reliability"]["bins"]
    ]


def _told(line: Mapping[str, Any]) -> dict[str, Any]:
    unit = line["unit"]
    bounds = (f"{_sign(end)}{told(abs(end), unit, points=True)}" for end in (line["low"], line["high"]))
    return {
        **line,
        "told": f"{_sign(line['difference'])}{told(abs(line['difference']), unit, points=True)}",
        "between": " to ".join(bounds),
        "allowed": told(line["margin"], unit, points=True),
        "candidate_told": told(line["candidate"], unit),
        "incumbent_told": told(line["incumbent"], unit),
        "chance": "" if line["p"] is None else chance(line["p"]),
    }


def _sign(value: float) -> str:
    return "±" if abs(value) < 5e-5 else "+" if value > 0 else "−"


def _scale(figures: list[Mapping[str, Any] | None]) -> float:
    """The value at the right edge: 1 for shares, else the greatest bound that is drawn."""
    there = [each for each in figures if each and each["value"] is not None]
    if not there or there[0]["unit"] == "share":
        return 1.0
    return float(max(*(each["high"] for each in there), 1e-9))


def _mark(figure: Mapping[str, Any] | None, scale: float) -> Mark | None:
    if figure is None or figure["value"] is None:
        return None
    value, low, high = (LEFT + WIDTH * figure[name] / scale for name in ("value", "low", "high"))
    ends = f"{told(figure['low'], figure['unit'])} to {told(figure['high'], figure['unit'])}"
    return Mark(
        told(figure["value"], figure["unit"]), ends, figure["n"], round(value, 1), round(low, 1), round(high, 1)
    )
