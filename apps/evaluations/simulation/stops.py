"""Would a stop condition have fired in a month, at some width of the slice? By the tests that watch real slices.

Pure functions. A condition is looked at after each case, drift once a day.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from apps.evaluations.sequential import evidence_above, evidence_of_another_mix, stability_index
from apps.evaluations.signals import paired, share_limit
from apps.evaluations.simulation.months import HOURS, Floats, Month
from apps.evaluations.simulation.outcomes import Replayed, edited, rejected
from apps.workflows.charters import StopCondition

DAY = 24
UNKNOWN = {
    "complaint": "A complaint follows from what was sent, and nothing was.",
    "edit": "No person worked on these proposals.",
    "overturned": "No person looked at these proposals blind.",
    "rejection": "No person worked on these proposals.",
}
START = datetime(2000, 1, 3)  # noqa: DTZ001 - any Monday: only the distances count


@dataclass(frozen=True)
class Breach:
    day: int  # of the slice, from 1
    cases: int  # of the slice, that had the measure by then in the window


def values_of(cases: Sequence[Replayed], condition: StopCondition) -> Floats:
    """The measure of each distinct case under the candidate; NaN where nothing can tell."""
    return np.array([np.nan if (value := _value(each, condition)) is None else value for each in cases], float)


def breach_of(
    month: Month, percent: int, cases: Sequence[Replayed], values: Floats, condition: StopCondition, needed: float
) -> Breach | None:
    """The first breach. `values` are those of `values_of`; `needed` is the evidence that a breach takes."""
    inside = month.inside(percent)
    if condition.metric == "drift":
        return _drift(month, inside, cases, condition, needed)
    taken = values[month.case[inside]]
    told = ~np.isnan(taken)
    hours, limit = month.hours[inside][told], share_limit(condition)
    total, n, window = 0.0, 0, -1
    for hour, value in zip(hours, taken[told], strict=True):
        if (now := int(hour // (condition.window * DAY))) != window:
            total, n, window = 0.0, 0, now
        total, n = total + value, n + 1
        if value > limit and evidence_above(total, n, limit) >= needed:  # only such a case adds to the evidence
            return Breach(int(hour // DAY) + 1, n)
    return None


def _drift(
    month: Month, inside: np.ndarray, cases: Sequence[Replayed], condition: StopCondition, needed: float
) -> Breach | None:
    ours = _kinds(month, inside, [each.candidate.case_type for each in cases])
    theirs = _kinds(month, ~inside, [each.incumbent.case_type for each in cases])
    for day in range(1, HOURS // DAY + 1):
        since, until = _at((day - 1) // condition.window * condition.window * DAY), _at(day * DAY)
        pairs = paired(*([each for each in kinds if since <= each[0] < until] for kinds in (ours, theirs)))
        if not pairs or evidence_of_another_mix(pairs) < needed:
            continue
        if stability_index([one for one, _ in pairs], [other for _, other in pairs]) > float(condition.limit):
            return Breach(day, len(pairs))
    return None


def _kinds(month: Month, rows: np.ndarray, types: Sequence[str]) -> list[tuple[datetime, str]]:
    arrivals = zip(month.hours[rows], month.case[rows], strict=True)
    return [(_at(float(hour)), types[case]) for hour, case in arrivals]


def _at(hour: float) -> datetime:
    return START + timedelta(hours=hour)


def _value(replayed: Replayed, condition: StopCondition) -> float | None:
    ours = replayed.candidate
    match condition.metric:
        case "rejection":
            return rejected(replayed)
        case "edit":
            return edited(replayed)
        case "ungrounded":
            return ours.ungrounded or 0.0
        case "error":
            return float(ours.gave_up)
        case "latency":
            return float(ours.seconds > float(condition.limit))
        case "cost":
            return float(ours.cost > float(condition.limit))
        case _:
            return None
