"""Every case that closed in a period, as columns of numbers: what all figures are made of.

Each column comes packed into bytes, which takes a tenth of the time that as many rows would.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from apps.cases.models import Case
from apps.cases.statements import execute
from apps.insights.intervals import Estimate, mean
from apps.reviews.dispositions import NOBODY
from apps.workflows.models import Workflow

OUTCOMES = ("", "automatic", "approved", "edited", "rejected")  # as numbers in `Facts.outcome`
AUTOMATIC, APPROVED, EDITED, REJECTED = 1, 2, 3, 4
WEEK = timedelta(days=7)

# One statement, so that it is of one moment, and one reading of the cases. `hashtext` stands for texts in a column of
# numbers; KINDS says what they were. Wrong is what the person who looked would not have sent so.
COLUMNS = """
WITH closed AS MATERIALIZED (
    SELECT id, (closed_at AT TIME ZONE 'UTC')::date - date '1970-01-01' AS day,
        hashtext(case_type || '/' || release_id || '/' || arm) AS kind,
        coalesce(array_position(%(outcomes)s::text[], outcome::text) - 1, 0) AS outcome,
        extract(epoch FROM closed_at - received_at)::float8 / 3600 AS hours, (revision > 1)::int AS again
    FROM cases_case WHERE workflow_id = %(workflow)s AND state = 'closed'
        AND closed_at >= %(begin)s AND closed_at < %(end)s AND (%(case_type)s = '' OR case_type = %(case_type)s)
        AND (%(release)s = '' OR release_id = %(release)s) AND (%(arm)s = '' OR arm = %(arm)s)),
cases AS (
    SELECT string_agg(uuid_send(id), ''::bytea) AS cases_id, string_agg(int4send(day), ''::bytea) AS cases_day,
        string_agg(int4send(kind), ''::bytea) AS cases_kind,
        string_agg(int4send(outcome), ''::bytea) AS cases_outcome,
        string_agg(float8send(hours), ''::bytea) AS cases_hours, string_agg(int4send(again), ''::bytea) AS cases_again
    FROM closed),
worked AS (
    SELECT string_agg(uuid_send(case_id), ''::bytea) AS worked_id,
        string_agg(float8send(coalesce(active_ms / 60000.0::float8, 'NaN')), ''::bytea) AS worked_minutes,
        string_agg(int4send(coalesce(undone_at > created_at + %(undo)s, false)::int), ''::bytea) AS worked_taken_back,
        string_agg(int4send(CASE WHEN undone_at IS NULL AND kind IN ('approve', 'edit', 'reject')
            THEN hashtext(reviewer_id::text) ELSE 0 END), ''::bytea) AS worked_reviewer
    FROM reviews_disposition WHERE case_id IN (SELECT id FROM closed) AND reviewer_id <> %(nobody)s),
asked AS (
    SELECT string_agg(uuid_send(case_id), ''::bytea) AS asked_id,
        string_agg(float8send(cost::float8), ''::bytea) AS asked_usd
    FROM inference_exchange WHERE case_id IN (SELECT id FROM closed) AND outcome <> 'rerun' AND cost > 0),
looked AS (
    SELECT string_agg(uuid_send(look.case_id), ''::bytea) AS looked_id, string_agg(int4send(CASE
        WHEN look.kind = 'sample' THEN (look.verdict <> 'approve')::int
        WHEN first.kind = 'edit' THEN (look.verdict = 'reject')::int
        ELSE (first.kind <> look.verdict)::int END), ''::bytea) AS looked_wrong
    FROM reviews_blindreview AS look LEFT JOIN reviews_disposition AS first ON first.id = look.first_id
    WHERE look.case_id IN (SELECT id FROM closed) AND look.kind IN ('sample', 'second') AND look.verdict <> '')
SELECT * FROM cases, worked, asked, looked"""
KINDS = """SELECT case_type, release_id AS release, arm FROM cases_case
WHERE id = ANY (%(ids)s) ORDER BY array_position(%(ids)s, id)"""
Ints = NDArray[np.int32]
Floats = NDArray[np.float64]
Ids = NDArray[np.bytes_]
INT, FLOAT, ID = (">i4", np.int32), (">f8", np.float64), ("V16", "V16")
TYPES: Mapping[str, tuple[str, Any]] = {
    "id": ID, "day": INT, "kind": INT, "outcome": INT, "hours": FLOAT, "again": INT, "minutes": FLOAT,
    "taken_back": INT, "reviewer": INT, "usd": FLOAT, "wrong": INT,
}  # fmt: skip
EPOCH_WEEKDAY = 3  # 1970-01-01 was a Thursday


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

    `minutes` is what people worked on it, blind looks included; NaN where nobody measured it. `look` is how many of
    them each look counts for, and how sure that is.
    """

    kinds: tuple[Kind, ...]
    look: Estimate
    id: Ids
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
        columns = {each.name: getattr(self, each.name)[chosen] for each in fields(self)[2:]}
        return Facts(self.kinds, self.look, **columns)

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
    (row,) = execute(COLUMNS, parameters(workflow, begin, end, chosen))
    cases, worked, asked, looked = (_columns(row, name) for name in ("cases", "worked", "asked", "looked"))
    _, first, kind = np.unique(cases["kind"], return_index=True, return_inverse=True)
    kinds = execute(KINDS, {"ids": [UUID(bytes=bytes(each)) for each in cases["id"][first]]})
    place, n = Places(cases["id"]), len(cases["day"])
    mondays = cases["day"] - (cases["day"] + EPOCH_WEEKDAY) % 7
    looks, wrong = place.count(looked["id"], n), place.sum(looked["id"], looked["wrong"], n)
    own = place.count(worked["id"], n)
    minutes = place.sum(worked["id"], worked["minutes"], n)
    minutes[(own == 0) & (cases["outcome"] != AUTOMATIC)] = np.nan
    reviewer = np.zeros(n, dtype=np.int32)
    final = worked["reviewer"] != 0
    look = mean(minutes[(cases["outcome"] > AUTOMATIC) & ~np.isnan(minutes)])
    reviewer[place(worked["id"][final])] = worked["reviewer"][final]
    return Facts(
        kinds=tuple(Kind(row["case_type"], row["release"], row["arm"]) for row in kinds),
        look=look,
        id=cases["id"],
        week=mondays,
        kind=kind.astype(np.int32),
        outcome=cases["outcome"],
        hours=cases["hours"],
        minutes=_with_looks(minutes, looks, look),
        usd=place.sum(asked["id"], asked["usd"], n),
        rework=((cases["again"] + place.sum(worked["id"], worked["taken_back"], n)) > 0).astype(np.int32),
        looks=looks,
        wrong=(wrong > 0).astype(np.int32),
        reviewer=reviewer,
    )


class Places:
    """Where a case stands in the columns, by its id. It is one of them: everything is of one moment."""

    def __init__(self, ids: Ids) -> None:
        self._order = np.argsort(ids)
        self._sorted = ids[self._order]

    def __call__(self, ids: Ids) -> NDArray[np.intp]:
        return self._order[np.searchsorted(self._sorted, ids)]

    def sum(self, ids: Ids, values: NDArray[Any], n: int) -> Floats:
        total: Floats = np.bincount(self(ids), weights=values, minlength=n).astype(np.float64)
        return total

    def count(self, ids: Ids, n: int) -> Ints:
        total: Ints = np.bincount(self(ids), minlength=n).astype(np.int32)
        return total


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


def _columns(row: Mapping[str, bytes | None], table: str) -> dict[str, Any]:
    """The columns of one of the statement's tables, by their names."""
    found = {}
    for name, packed in row.items():
        if name.startswith(f"{table}_"):
            column = name.removeprefix(f"{table}_")
            packed_as, wanted = TYPES[column]
            found[column] = np.frombuffer(packed or b"", dtype=packed_as).astype(wanted)
    return found


def _with_looks(minutes: Floats, looks: Ints, look: Estimate) -> Floats:
    """A blind look is not timed: it counts as long as a decision takes on average, so that it is not had for free."""
    each = float("nan") if look.value is None else look.value
    added: Floats = np.where(looks > 0, minutes + looks * each, minutes)
    return added
