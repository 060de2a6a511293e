"""Every case that closed in a period, as columns of numbers: what all figures are made of.

One statement packs each column into bytes, which takes a tenth of the time that as many rows would.
"""

import json
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from apps.cases.models import Case
from apps.cases.statements import execute
from apps.reviews.dispositions import NOBODY
from apps.workflows.models import Workflow

OUTCOMES = ("", "automatic", "approved", "edited", "rejected")  # as numbers in `Facts.outcome`
AUTOMATIC, APPROVED, EDITED, REJECTED = 1, 2, 3, 4
WEEK = timedelta(days=7)

# What a person would not have sent so: of a random sample of what cleared by itself, and of what others decided.
WRONG = """(look.kind = 'sample' AND look.verdict <> 'approve'
    OR look.kind = 'second' AND (first.kind = 'approve' AND look.verdict <> 'approve'
        OR first.kind = 'reject' AND look.verdict <> 'reject' OR first.kind = 'edit' AND look.verdict = 'reject'))"""
PACKED = f"""
WITH closed AS MATERIALIZED (
    SELECT id, case_type, release_id, arm, revision, closed_at - received_at AS took,
        (date_trunc('week', closed_at AT TIME ZONE 'UTC')::date - date '1970-01-01') AS week,
        array_position(%(outcomes)s::text[], outcome::text) - 1 AS outcome
    FROM cases_case WHERE workflow_id = %(workflow)s AND state = 'closed'
        AND closed_at >= %(begin)s AND closed_at < %(end)s
        AND (%(case_type)s = '' OR case_type = %(case_type)s)
        AND (%(release)s = '' OR release_id = %(release)s) AND (%(arm)s = '' OR arm = %(arm)s)),
kinds AS MATERIALIZED (
    SELECT case_type, release_id, arm, (row_number() OVER ())::int - 1 AS kind
    FROM (SELECT DISTINCT case_type, release_id, arm FROM closed) AS distinct_kinds),
worked AS (
    SELECT case_id, sum(active_ms)::float8 / 60000 AS minutes, bool_and(active_ms IS NOT NULL) AS timed,
        bool_or(undone_at > created_at + %(undo)s) AS taken_back,
        coalesce(min(reviewer_id::text)
            FILTER (WHERE undone_at IS NULL AND kind IN ('approve', 'edit', 'reject')), '') AS reviewer
    FROM reviews_disposition WHERE case_id IN (SELECT id FROM closed) AND reviewer_id <> %(nobody)s GROUP BY case_id),
asked AS (
    SELECT case_id, sum(cost)::float8 AS usd FROM inference_exchange
    WHERE case_id IN (SELECT id FROM closed) AND outcome <> 'rerun' GROUP BY case_id),
looked AS (
    SELECT look.case_id, count(*)::int AS looks, bool_or({WRONG}) AS wrong
    FROM reviews_blindreview AS look LEFT JOIN reviews_disposition AS first ON first.id = look.first_id
    WHERE look.case_id IN (SELECT id FROM closed) AND look.kind IN ('sample', 'second') AND look.verdict <> ''
    GROUP BY look.case_id)
SELECT (SELECT coalesce(jsonb_agg(jsonb_build_array(case_type, release_id, arm) ORDER BY kind), '[]')::text
        FROM kinds) AS kinds,
    string_agg(int4send(week), ''::bytea) AS week,
    string_agg(int4send(kind), ''::bytea) AS kind,
    string_agg(int4send(closed.outcome), ''::bytea) AS outcome,
    string_agg(float8send(extract(epoch FROM took)::float8 / 3600), ''::bytea) AS hours,
    string_agg(float8send(CASE WHEN timed THEN minutes WHEN timed IS NULL AND closed.outcome = 1 THEN 0
        ELSE 'NaN'::float8 END), ''::bytea) AS minutes,
    string_agg(float8send(coalesce(usd, 0)), ''::bytea) AS usd,
    string_agg(int4send((revision > 1 OR coalesce(taken_back, false))::int), ''::bytea) AS rework,
    string_agg(int4send(coalesce(looks, 0)), ''::bytea) AS looks,
    string_agg(int4send(coalesce(wrong, false)::int), ''::bytea) AS wrong,
    string_agg(int4send(CASE WHEN reviewer IS NULL OR reviewer = '' THEN 0 ELSE hashtext(reviewer) END), ''::bytea)
        AS reviewer
FROM closed JOIN kinds USING (case_type, release_id, arm)
LEFT JOIN worked ON worked.case_id = closed.id
LEFT JOIN asked ON asked.case_id = closed.id
LEFT JOIN looked ON looked.case_id = closed.id
"""  # noqa: S608 - from the text above
Ints = NDArray[np.int32]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Chosen:
    """Which of the closed cases count; "" for all. `release` is a fingerprint, `arm` incumbent or slice."""

    case_type: str = ""
    release: str = ""
    arm: str = ""


ALL = Chosen()


@dataclass(frozen=True)
class Kind:
    case_type: str
    release: str
    arm: str


@dataclass(frozen=True)
class Facts:
    """Columns of one length, a place for each case.

    `minutes` is what people worked on it, blind looks included; NaN where nobody measured it.
    """

    kinds: tuple[Kind, ...]
    week: Ints  # days from 1970-01-01 to the Monday of the week in which it closed, UTC
    kind: Ints  # place in `kinds`
    outcome: Ints  # place in OUTCOMES
    hours: Floats  # from being received to being closed
    minutes: Floats
    usd: Floats  # paid for models
    rework: Ints  # 1 where it was drafted anew, or a decision was taken back after the time to undo
    looks: Ints  # blind ones, of the random sample and for a second opinion
    wrong: Ints  # 1 where one of them would not have sent it so
    reviewer: Ints  # who decided, as a number that stands for nobody outside; 0 for none

    def __len__(self) -> int:
        return len(self.week)

    def where(self, chosen: NDArray[np.bool_]) -> "Facts":
        columns = {each.name: getattr(self, each.name)[chosen] for each in fields(self)[1:]}
        return Facts(self.kinds, **columns)

    def weeks(self, begin: date, end: date) -> list[tuple[date, "Facts"]]:
        """By week, from the one with the first day to the one with the last, empty ones too."""
        monday, found = monday_of(begin), list[tuple[date, Facts]]()
        while monday <= end:
            found.append((monday, self.where(self.week == (monday - date(1970, 1, 1)).days)))
            monday += WEEK
        return found

    def by(self, dimension: str) -> list[tuple[str, "Facts"]]:
        """By case type, release or arm: the most cases first."""
        names = [getattr(kind, dimension) for kind in self.kinds]
        numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
        codes = np.array([numbers[name] for name in names], dtype=np.int32)[self.kind] if len(self) else self.kind
        parts = [(name, self.where(codes == number)) for name, number in numbers.items()]
        return sorted(((name, part) for name, part in parts if len(part)), key=lambda each: (-len(each[1]), each[0]))


def facts(workflow: Workflow, begin: date, end: date, chosen: Chosen = ALL) -> Facts:
    """Of the cases that closed from the first to the last day, both included, in UTC."""
    (row,) = execute(PACKED, parameters(workflow, begin, end, chosen))
    kinds = tuple(Kind(*each) for each in json.loads(row["kinds"]))
    ints = {
        name: _column(row[name], ">i4", np.int32)
        for name in ("week", "kind", "outcome", "rework", "looks", "wrong", "reviewer")
    }
    floats = {name: _column(row[name], ">f8", np.float64) for name in ("hours", "minutes", "usd")}
    floats["minutes"] = _with_looks(floats["minutes"], ints["looks"], ints["outcome"])
    return Facts(kinds, **ints, **floats)


def parameters(workflow: Workflow, begin: date, end: date, chosen: Chosen) -> dict[str, Any]:
    return {
        "workflow": workflow.pk,
        "begin": start_of(begin),
        "end": start_of(end + timedelta(days=1)),
        "outcomes": list(OUTCOMES),
        "undo": timedelta(seconds=settings.UNDO_SECONDS),
        "nobody": NOBODY,
        "case_type": chosen.case_type,
        "release": chosen.release,
        "arm": chosen.arm if chosen.arm in Case.Arm else "",
    }


def start_of(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _column(packed: bytes | None, kind: str, wanted: Any) -> Any:
    return np.frombuffer(packed or b"", dtype=kind).astype(wanted)


def _with_looks(minutes: Floats, looks: Ints, outcome: Ints) -> Floats:
    """A blind look is not timed: it counts as long as a decision takes on average, so that it is not had for free."""
    decided = minutes[(outcome > AUTOMATIC) & ~np.isnan(minutes)]
    look = float(decided.mean()) if len(decided) else float("nan")
    added: Floats = np.where(looks > 0, minutes + looks * look, minutes)
    return added
