"""A workflow discovered from an event log: who follows whom, how often, after how long (a directly-follows graph).

W. van der Aalst, Process Mining (2016), section 2.2 and 14.2: the basis of every discovery that is read by people.
Why no library: docs/adr/0027-process-mining.md.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from statistics import median
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from apps.cases.rows import Row
from apps.engagements.workflow_map.map_content import LONGEST, Flow, MapContent, Step, in_words

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "case": ("case", "case id", "case_id", "caseid", "case:concept:name", "ticket", "ticket id", "id"),
    "activity": ("activity", "event", "step", "task", "concept:name", "action", "status"),
    "time": ("timestamp", "time", "time:timestamp", "date", "when", "at", "start", "complete timestamp"),
    "role": ("role", "org:role", "group", "org:group", "team", "department"),
}
NUMBERED: Final = re.compile(r"(\d{1,2})([./])(\d{1,2})\2(\d{4})(.*)")  # 14.03.2026 09:00, 3/14/2026 9:00 AM
CLOCKS: Final = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d %I:%M:%S %p", "%Y-%m-%d %I:%M %p")
PROBLEMS, VARIANTS, ROWS = 20, 10, 500_000
MONTH: Final = 365.25 / 12  # days


class LogRefused(ValueError):
    """The event log cannot be read. The message says why, and what to do."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Activity(_Part):
    name: str
    events: int
    role: str = ""  # who does it most often


class Follows(_Part):
    begin: str
    end: str
    times: int
    hours: float  # median, from one event to the next


class Variant(_Part):
    path: tuple[str, ...]
    cases: int


class Mined(_Part):
    """`days` from the first event to the last. Problems are rows that were left out, the first of them in words."""

    cases: int
    events: int
    days: float
    activities: tuple[Activity, ...]
    follows: tuple[Follows, ...]
    variants: tuple[Variant, ...]
    kinds: int  # of variants there are
    left_out: int
    problems: tuple[str, ...]


@dataclass(frozen=True)
class Event:
    case: str
    activity: str
    at: datetime
    role: str


@dataclass(frozen=True)
class Written:
    """An event as its row has it: `when` is not read yet."""

    line: int
    case: str
    activity: str
    when: str
    role: str


def guess_columns(names: Sequence[str]) -> dict[str, str]:
    """Which column holds what, by its name; "" where none does."""
    by_name = {name.strip().lower(): name for name in names}
    return {what: next((by_name[each] for each in usual if each in by_name), "") for what, usual in COLUMNS.items()}


def mine(rows: Iterable[Row], columns: Mapping[str, str]) -> Mined:
    """Raises LogRefused when nothing can be read, and what reading the rows raises."""
    read = list[Written | str]()
    for number, row in enumerate(rows, start=1):
        if number > ROWS:
            raise LogRefused(f"The log has more than {ROWS:,} rows. Take a few weeks of it.")
        read.append(_written(row, columns))
    month_first = _month_first(each.when for each in read if isinstance(each, Written))
    events, problems, left_out = list[Event](), list[str](), 0
    for each in read:
        found = each if isinstance(each, str) else _event(each, month_first)
        if isinstance(found, Event):
            events.append(found)
        else:
            left_out += 1
            problems += [found] if len(problems) < PROBLEMS else []
    if not events:
        raise LogRefused("No row could be read. " + " ".join(problems[:3]))
    return _added_up(events, left_out, problems)


def as_map(mined: Mined, least: float) -> MapContent:
    """The graph as a map. Ways that fewer than `least` percent of a step's cases take are left out.

    Of each step the way most often taken stays, so that nothing falls apart. Raises ValueError, in words.
    """
    months = max(mined.days, 1.0) / MONTH
    leaving = Counter[str]()
    for each in mined.follows:
        leaving[each.begin] += each.times
    usual = {each.begin: each for each in sorted(mined.follows, key=lambda each: each.times)}
    arriving = {each.end: each for each in sorted(mined.follows, key=lambda each: each.times)}
    kept = [
        each
        for each in mined.follows
        if 100 * each.times / leaving[each.begin] >= least
        or usual[each.begin] == each
        or (arriving[each.end] == each and each.begin != each.end)
    ]
    waits = {end: _weighted([each for each in kept if each.end == end]) for end in {each.end for each in kept}}
    late = next((name for name, hours in waits.items() if hours > LONGEST), None)
    if late is not None:
        raise ValueError(
            f"Cases wait {waits[late]:,.0f} hours for “{late}”, more than a map holds. Look at the times in the file: "
            "is a year mistyped?"
        )
    steps = [
        Step(
            title=each.name,
            actor=each.role or "Not known",
            volume=round(each.events / months) or 1,  # a rare step is not one of which nothing is known
            wait=round(waits.get(each.name, 0.0), 1),
        )
        for each in mined.activities
    ]
    flows = [
        Flow(begin=each.begin, end=each.end, share=round(100 * each.times / leaving[each.begin], 1)) for each in kept
    ]
    try:
        return MapContent(steps=tuple(steps), flows=tuple(flows))
    except ValidationError as error:
        raise ValueError(in_words(error)) from error


def _written(row: Row, columns: Mapping[str, str]) -> Written | str:
    if row.problem:
        return f"Line {row.line}: {row.problem}"
    case, activity, when, role = (str(row.values.get(columns[what]) or "").strip() for what in COLUMNS)
    if not case or not activity:
        return f"Line {row.line}: no {'case' if not case else 'activity'}."
    return Written(row.line, case[:200], activity[:80].strip(), when, role[:80].strip())


def _event(written: Written, month_first: bool) -> Event | str:
    at = _moment(written.when, month_first)
    if at is None:
        return f"Line {written.line}: “{written.when[:40]}” is no time that is understood."
    return Event(written.case, written.activity, at, written.role)


def _month_first(times: Iterable[str]) -> bool:
    """Whether 03/04/2026 is the fourth of March: where some day of the log stands second, and none stands first.

    A log whose days are all below 13 does not tell; then the day is read first.
    """
    first = second = False
    for found in filter(None, map(NUMBERED.fullmatch, times)):
        if found[2] == "/":
            first, second = first or int(found[1]) > 12, second or int(found[3]) > 12
    return second and not first


def _moment(text: str, month_first: bool) -> datetime | None:
    found = NUMBERED.fullmatch(text)
    if found:
        one, mark, two, year, rest = found.groups()
        month, day = (one, two) if mark == "/" and month_first else (two, one)
        text = f"{year}-{month:0>2}-{day:0>2}{rest}"
    elif text[4:5] == "/":  # 2026/03/14 09:00
        text = text.replace("/", "-", 2)
    try:
        return _aware(datetime.fromisoformat(text))
    except ValueError:
        pass
    for pattern in CLOCKS:
        try:
            return datetime.strptime(text, pattern).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


def _aware(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _added_up(events: Sequence[Event], left_out: int, problems: Sequence[str]) -> Mined:
    paths = defaultdict[str, list[Event]](list)
    for event in sorted(events, key=lambda each: each.at):
        paths[event.case].append(event)
    hours = defaultdict[tuple[str, str], list[float]](list)
    seen, roles = Counter[str](), defaultdict[str, Counter[str]](Counter)
    for path in paths.values():
        for earlier, later in pairwise(path):
            hours[earlier.activity, later.activity].append((later.at - earlier.at).total_seconds() / 3600)
    for event in events:
        seen[event.activity] += 1
        roles[event.activity][event.role] += 1
    variants = Counter(tuple(event.activity for event in path) for path in paths.values())
    times = [event.at for event in events]
    order = _order(paths.values())
    return Mined(
        cases=len(paths),
        events=len(events),
        days=(max(times) - min(times)).total_seconds() / 86_400,
        activities=tuple(
            Activity(name=name, events=seen[name], role=roles[name].most_common(1)[0][0]) for name in order
        ),
        follows=tuple(
            Follows(begin=begin, end=end, times=len(taken), hours=median(taken))
            for (begin, end), taken in hours.items()
        ),
        variants=tuple(Variant(path=path, cases=number) for path, number in variants.most_common(VARIANTS)),
        kinds=len(variants),
        left_out=left_out,
        problems=tuple(problems),
    )


def _order(paths: Iterable[Sequence[Event]]) -> list[str]:
    """Activities by how far into their cases they come."""
    places = defaultdict[str, list[float]](list)
    for path in paths:
        for at, event in enumerate(path):
            places[event.activity].append(at / max(len(path) - 1, 1))
    return sorted(places, key=lambda name: (sum(places[name]) / len(places[name]), name))


def _weighted(ways: Sequence[Follows]) -> float:
    return sum(each.hours * each.times for each in ways) / sum(each.times for each in ways)
