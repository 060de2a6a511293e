"""The queue's order, by key: any number of waiting cases, and a page of them costs the same.

Priority is weight x time waited, and so it changes while one looks. But all cases of one weight keep their order among
themselves, by time, and there are few weights: each gives its first ones from an index, and these are merged by what
they are worth at one moment. That moment travels with the page, so that the next page goes on where this one ended.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from apps.reviews.desk import Place

WEIGHTS = sorted(
    {urgency * impact * pressure for urgency in (1, 2, 3) for impact in (1, 2) for pressure in Place.Pressure.values}
)
PRIORITY, WAITING, RISK = "", "waiting", "urgent"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
FIRST, LAST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)

# {…} is filled from the fixed texts below and those of `Narrowed`, never from data.
ORDERED = """
{having}
SELECT place.case_id, place.weight, place.since
FROM unnest(%(weights)s::int[], %(bounds)s::timestamptz[], %(awaits)s::text[]) AS class (weight, bound, awaits)
CROSS JOIN LATERAL (
    SELECT place.case_id, place.weight, place.since FROM reviews_place AS place
    WHERE place.weight = class.weight AND place.since {beyond} class.bound AND {where}
    ORDER BY place.since {way}, place.case_id {way} LIMIT %(n)s
) AS place
ORDER BY {order} LIMIT %(n)s
"""
WORTH = "place.weight * (extract(epoch FROM %(at)s::timestamptz - place.since) * 1000000)::bigint"
# What an order compares, smallest first.
KEYS = {PRIORITY: f"-({WORTH})", WAITING: "place.since", RISK: "-place.weight, place.since"}


@dataclass(frozen=True)
class Spot:
    """Where a case is in the order as it was at one moment. Travels in the address."""

    at: datetime
    weight: int
    since: datetime
    case: UUID

    @property
    def text(self) -> str:
        return f"{_microseconds(self.at)}.{self.weight}.{_microseconds(self.since)}.{self.case.hex}"

    @classmethod
    def of(cls, text: str) -> "Spot | None":
        """None for what is no spot."""
        parts = text.split(".")
        try:
            at, weight, since = (int(part) for part in parts[:3])
            spot = cls(EPOCH + at * MICROSECOND, weight, EPOCH + since * MICROSECOND, UUID(parts[3]))
            return spot if weight in WEIGHTS else None
        except (ValueError, IndexError, OverflowError):
            return None

    @property
    def worth(self) -> int:
        return self.weight * ((self.at - self.since) // MICROSECOND)


@dataclass
class Narrowed:
    """Which places are asked for: conditions of SQL, with their values."""

    where: list[str] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    having: str = ""  # a WITH clause that the conditions use
    awaits: Sequence[str] | None = None  # those who decide; None for all

    def also(self, condition: str, **values: Any) -> None:
        self.where.append(condition)
        self.values |= values


def spots(
    narrowed: Narrowed, sort: str, *, n: int, at: datetime, beyond: Spot | None = None, backwards: bool = False
) -> list[Spot]:
    """The first `n` places in the order, or those right after `beyond`, or before it; always in the order's direction.

    `at` is the moment whose priorities count; with `beyond` it is that one's.
    """
    sort = sort if sort in KEYS else PRIORITY
    at = beyond.at if beyond else at
    pairs = _classes(narrowed, sort, beyond, backwards)
    where = [*narrowed.where, *(["place.awaits = class.awaits"] if narrowed.awaits is not None else [])]
    values: dict[str, Any] = {**narrowed.values, "n": n, "at": at}
    if beyond:
        key = {PRIORITY: "-%(key)s::bigint", WAITING: "%(since)s", RISK: "-%(weight)s::int, %(since)s"}[sort]
        where.append(f"({KEYS[sort]}, place.case_id) {'<' if backwards else '>'} ({key}, %(case)s::uuid)")
        values |= {"key": beyond.worth, "since": beyond.since, "weight": beyond.weight, "case": beyond.case}
    way = "DESC" if backwards else "ASC"
    statement = ORDERED.format(
        having=narrowed.having,
        beyond="<=" if backwards else ">=",
        where=" AND ".join(where) or "true",
        way=way,
        order=", ".join(f"{key} {way}" for key in (*KEYS[sort].split(", "), "place.case_id")),
    )
    values |= dict(zip(("weights", "bounds", "awaits"), map(list, zip(*pairs, strict=True)), strict=True))
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        found = [Spot(at, weight, since, case) for case, weight, since in cursor.fetchall()]
    return found[::-1] if backwards else found


def _classes(
    narrowed: Narrowed, sort: str, beyond: Spot | None, backwards: bool
) -> list[tuple[int, datetime, str | None]]:
    """Weight, the time at which to begin in it, and for whom."""
    bounds = {weight: _bound(weight, sort, beyond, backwards) for weight in WEIGHTS}
    return [(weight, bound, awaits) for weight, bound in bounds.items() for awaits in narrowed.awaits or (None,)]


def _bound(weight: int, sort: str, beyond: Spot | None, backwards: bool) -> datetime:
    """No case of the weight on the other side of it comes into question. It may be too wide, never too narrow."""
    nothing, everything = (FIRST, LAST) if backwards else (LAST, FIRST)
    if beyond is None:
        return everything
    if sort == WAITING or (sort == RISK and weight == beyond.weight):
        return beyond.since
    if sort == RISK:
        return everything if (weight > beyond.weight) == backwards else nothing
    slack = -MICROSECOND if not backwards else MICROSECOND
    try:
        return beyond.at - timedelta(microseconds=beyond.worth // weight) + slack
    except OverflowError:
        return everything


def _microseconds(moment: datetime) -> int:
    return (moment - EPOCH) // MICROSECOND


def spot_of(place: Place, at: datetime) -> Spot:
    return Spot(at, place.weight, place.since, place.case_id)
