"""What came in, what closed and what people decided, by day or by week of the tenant's calendar: as series.

Days are local ones. Where a day has too few cases to say anything, weeks are looked at instead.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

import numpy as np

from apps.cases.statements import execute
from apps.insights.unusual import Floats, Stream
from apps.reviews.calendars import CalendarContent
from apps.reviews.dispositions import NOBODY
from apps.workflows.models import Workflow

Grain = Literal["day", "week"]
BUSY = 20  # cases on the middle day of work, from which on days are looked at
FEWEST = 10  # cases of a unit, below which a share is not looked at
FEWEST_AMOUNTS = 6  # the same for the middle of an amount
KINDS_MOST = 12  # case types, the most frequent ones
HISTORY: Final[Mapping[Grain, int]] = {"day": 56, "week": 26}
LEAST: Final[Mapping[Grain, int]] = {"day": 28, "week": 8}

CAME = """
SELECT date_trunc(%(grain)s, received_at AT TIME ZONE %(zone)s)::date AS unit, case_type, count(*) AS n
FROM cases_case WHERE workflow_id = %(workflow)s AND received_at >= %(begin)s AND received_at < %(end)s
GROUP BY 1, 2
"""
CLOSED = """
SELECT date_trunc(%(grain)s, closed_at AT TIME ZONE %(zone)s)::date AS unit, count(*) AS n,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY took) AS middle, coalesce(stddev_samp(ln(took)), 0) AS spread
FROM (SELECT closed_at, greatest(extract(epoch FROM closed_at - received_at), 1)::float8 / 3600 AS took
    FROM cases_case WHERE workflow_id = %(workflow)s AND state = 'closed' AND outcome <> 'automatic'
        AND closed_at >= %(begin)s AND closed_at < %(end)s) AS closed
GROUP BY 1
"""
PAID = """
SELECT date_trunc(%(grain)s, closed_at AT TIME ZONE %(zone)s)::date AS unit, count(*) AS n, avg(usd) AS middle,
    coalesce(stddev_samp(ln(usd)), 0) AS spread
FROM (SELECT closed_at, sum(cost)::float8 AS usd FROM cases_case JOIN inference_exchange AS asked
        ON asked.case_id = cases_case.id AND asked.outcome <> 'rerun'
    WHERE workflow_id = %(workflow)s AND state = 'closed' AND closed_at >= %(begin)s AND closed_at < %(end)s
    GROUP BY cases_case.id HAVING sum(cost) > 0) AS paid
GROUP BY 1
"""
DECIDED = """
SELECT date_trunc(%(grain)s, decided.created_at AT TIME ZONE %(zone)s)::date AS unit, reviewer_id::text AS person,
    count(*) AS n, count(*) FILTER (WHERE kind = 'approve') AS unchanged, count(active_ms) AS timed,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY greatest(active_ms, 1000) / 60000.0)
        FILTER (WHERE active_ms IS NOT NULL) AS middle,  -- `greatest` takes nothing for the least
    coalesce(stddev_samp(ln(greatest(active_ms, 1000))) FILTER (WHERE active_ms IS NOT NULL), 0) AS spread
FROM reviews_disposition AS decided JOIN cases_case ON cases_case.id = decided.case_id
WHERE workflow_id = %(workflow)s AND decided.created_at >= %(begin)s AND decided.created_at < %(end)s
    AND undone_at IS NULL AND kind IN ('approve', 'edit', 'reject') AND reviewer_id <> %(nobody)s
GROUP BY 1, 2
"""


@dataclass(frozen=True)
class Units:
    """Series over units in a row, the last one whole. `season` is the weekday, 0 for weeks."""

    grain: Grain
    begins: tuple[date, ...]
    season: Any
    streams: tuple[Stream, ...]

    def end(self, at: int) -> date:
        """The last day of the unit."""
        return self.begins[at] + timedelta(days=6 if self.grain == "week" else 0)

    @property
    def history(self) -> int:
        return HISTORY[self.grain]

    @property
    def least(self) -> int:
        return LEAST[self.grain]


def grain_of(workflow: Workflow, calendar: CalendarContent, last: date) -> Grain:
    """By how many cases the middle day of work had in the eight weeks up to `last`."""
    found = execute(CAME, _asked(workflow, calendar, "day", last - timedelta(days=55), last))
    cases: dict[date, int] = defaultdict(int)
    for row in found:
        cases[row["unit"]] += row["n"]
    days = [last - timedelta(days=back) for back in range(56)]
    working = [cases[day] for day in days if calendar.week[day.weekday()]]
    return "day" if np.median(working) >= BUSY else "week"


def units(workflow: Workflow, calendar: CalendarContent, grain: Grain, first: date, last: date) -> Units:
    """Every whole unit from the one with `first`, or the first case after it, to the last that ends by `last`.

    A closed day of the calendar that is not closed every week is no unit like its weekday: it says nothing.
    """
    asked = _asked(workflow, calendar, grain, first, last)
    came = execute(CAME, asked)
    begins = _begins(grain, min((row["unit"] for row in came), default=last), last)
    place = {begin: at for at, begin in enumerate(begins)}
    total = np.zeros(len(begins))
    kinds: dict[str, Floats] = defaultdict(lambda: np.zeros(len(begins)))
    for row in came:
        if row["unit"] in place:
            total[place[row["unit"]]] += row["n"]
            if row["case_type"]:
                kinds[row["case_type"]][place[row["unit"]]] += row["n"]
    if grain == "day":
        closed = [place[each.day] for each in calendar.special if each.day in place and not each.hours]
        total[closed] = np.nan
    streams = [
        Stream("volume", "", "count", total, np.nan_to_num(total)),
        _amounts("latency", execute(CLOSED, asked), place),
        _amounts("cost", execute(PAID, asked), place),
        *_mix(kinds, np.nan_to_num(total)),
        *_people(execute(DECIDED, asked), place),
    ]
    season = np.array([begin.weekday() for begin in begins], dtype=np.int64)
    shown = tuple(each for each in streams if np.isfinite(each.value).any())
    return Units(grain, tuple(begins), season, shown)


def _mix(kinds: Mapping[str, Floats], total: Floats) -> Iterable[Stream]:
    frequent = sorted(kinds, key=lambda kind: (-kinds[kind].sum(), kind))[:KINDS_MOST]
    for kind in frequent:
        share = np.where(total >= FEWEST, kinds[kind] / np.maximum(total, 1), np.nan)
        yield Stream("mix", kind, "share", share, total)


def _people(rows: Sequence[Mapping[str, Any]], place: Mapping[date, int]) -> Iterable[Stream]:
    own: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        own[row["person"]].append(row)
    for person, mine in sorted(own.items()):
        n, share = np.zeros(len(place)), np.full(len(place), np.nan)
        for row in mine:
            if row["unit"] in place and row["n"] >= FEWEST:
                n[place[row["unit"]]] = row["n"]
                share[place[row["unit"]]] = row["unchanged"] / row["n"]
        yield Stream("unchanged", person, "share", share, n)
        yield _amounts("pace", [{**row, "n": row["timed"]} for row in mine], place, person)


def _amounts(kind: str, rows: Sequence[Mapping[str, Any]], place: Mapping[date, int], subject: str = "") -> Stream:
    """How far cases differ within a unit is taken from all of them: one with few cases says little about it."""
    value, n = np.full(len(place), np.nan), np.zeros(len(place))
    known = [row for row in rows if row["unit"] in place and row["n"] >= FEWEST_AMOUNTS]
    for row in known:
        value[place[row["unit"]]], n[place[row["unit"]]] = row["middle"], row["n"]
    spread = float(np.median([row["spread"] for row in known])) if known else 0.0
    return Stream(kind, subject, "amount", value, n, np.full(len(place), spread))


def _begins(grain: Grain, first: date, last: date) -> list[date]:
    step = timedelta(days=7 if grain == "week" else 1)
    begin = first - timedelta(days=first.weekday()) if grain == "week" else first
    found = []
    while begin + step - timedelta(days=1) <= last:
        found.append(begin)
        begin += step
    return found[1:] if grain == "week" else found  # the first week may be cut short


def _asked(workflow: Workflow, calendar: CalendarContent, grain: Grain, first: date, last: date) -> dict[str, Any]:
    zone = ZoneInfo(calendar.zone)
    return {
        "workflow": workflow.pk,
        "grain": grain,
        "zone": calendar.zone,
        "nobody": NOBODY,
        "begin": datetime.combine(first, time(), zone),
        "end": datetime.combine(last + timedelta(days=1), time(), zone),
    }
