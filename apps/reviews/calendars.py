"""The tenant's business calendar: zone, opening hours of the week, and days with hours of their own."""

import re
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

from django.db import connection, transaction
from django.utils import timezone
from pydantic import BaseModel, ConfigDict, field_validator, model_validator

from apps.audit.entries import record
from apps.reviews.terms import CalendarVersion
from apps.reviews.working_time import Hours, Minutes
from apps.tenants.actors import Actor
from apps.tenants.schemas import current_schema

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
OFFICE = "09:00-17:00"
MOST_SPECIAL = 1000
_STRETCH = re.compile(r"(\d{1,2})[:.](\d\d)\s*[-–]\s*(\d{1,2})[:.](\d\d)")


class SpecialDay(BaseModel):
    """A day with hours of its own; closed, where there are none."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    day: date
    name: str = ""
    hours: str = ""

    @field_validator("hours")
    @classmethod
    def _readable(cls, text: str) -> str:
        return written(stretches(text))


class CalendarContent(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    zone: str = "UTC"
    week: tuple[str, str, str, str, str, str, str] = (OFFICE, OFFICE, OFFICE, OFFICE, OFFICE, "", "")
    special: tuple[SpecialDay, ...] = ()

    @field_validator("zone")
    @classmethod
    def _known(cls, zone: str) -> str:
        if zone not in zones():
            raise ValueError(f"There is no time zone “{zone}”. Choose one of the list, such as Europe/Amsterdam.")
        return zone

    @field_validator("week")
    @classmethod
    def _readable(cls, week: tuple[str, ...]) -> tuple[str, ...]:
        read = []
        for name, text in zip(DAYS, week, strict=True):
            try:
                read.append(written(stretches(text)))
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from None
        if not any(read):
            raise ValueError("At least one day of the week needs opening hours: otherwise nothing is ever due.")
        return tuple(read)

    @model_validator(mode="after")
    def _once_each(self) -> "CalendarContent":
        days = [each.day for each in self.special]
        twice = sorted({day for day in days if days.count(day) > 1}) if len(set(days)) < len(days) else []
        if twice:
            raise ValueError(f"{twice[0]:%d %B %Y} is on the list twice.")
        if len(days) > MOST_SPECIAL:
            raise ValueError(f"The list has {len(days)} days; {MOST_SPECIAL} are the most. Leave out those long past.")
        return self

    def hours(self) -> Hours:
        """As arithmetic takes it."""
        special = tuple(sorted((each.day, stretches(each.hours)) for each in self.special))
        return Hours(self.zone, tuple(stretches(text) for text in self.week), special)


def stretches(text: str) -> tuple[Minutes, ...]:
    """“09:00-12:30, 13:00-17:00” as minutes after midnight; "" is closed. Raises ValueError, in words."""
    if not text.strip() or text.strip().lower() == "closed":
        return ()
    found = []
    for part in text.split(","):
        match = _STRETCH.fullmatch(part.strip())
        if match is None:
            raise ValueError(f"“{part.strip()}” is not understood. Write hours as 09:00-17:00, or leave it empty.")
        hour, minute, to_hour, to_minute = (int(number) for number in match.groups())
        start, end = hour * 60 + minute, to_hour * 60 + to_minute
        if minute > 59 or to_minute > 59 or not 0 <= start < end <= 1440:
            raise ValueError(f"“{part.strip()}” does not end after it begins, on the same day. 24:00 is its end.")
        found.append((start, end))
    if any(later[0] < earlier[1] for earlier, later in pairwise(found)):
        raise ValueError(f"“{text.strip()}”: one stretch begins before the one before it ends.")
    return tuple(found)


def written(minutes: tuple[Minutes, ...]) -> str:
    """The inverse of `stretches`, always in one form."""
    return ", ".join(f"{a // 60:02}:{a % 60:02}-{b // 60:02}:{b % 60:02}" for a, b in minutes)


@lru_cache(maxsize=1)
def zones() -> list[str]:
    """The zones that are offered, by continent and town, and UTC."""
    return ["UTC", *sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/"))]


def in_force() -> tuple[int, CalendarContent]:
    """Version and content; version 0 is what the product ships with."""
    latest = CalendarVersion.objects.first()
    return (latest.version, CalendarContent.model_validate(latest.content)) if latest else (0, CalendarContent())


def today() -> date:
    """The date that it is for the tenant."""
    return timezone.now().astimezone(ZoneInfo(in_force()[1].zone)).date()


@transaction.atomic
def change_calendar(*, actor: Actor, content: CalendarContent, note: str) -> CalendarVersion:
    """A new version, in force from now on; running clocks are reckoned again within seconds.

    Raises ValueError when nothing would change, or no note says why.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('calendar ' || %s))", [current_schema()])
    version, before = in_force()
    if content == before:
        raise ValueError("Nothing has changed, so there is no new version.")
    if not note.strip():
        raise ValueError("Say what has changed and why: it is what the audit log shows later.")
    after = content.model_dump(mode="json")
    made = CalendarVersion.objects.create(
        version=version + 1, content=after, note=note.strip()[:400], created_by=actor.id, created_name=actor.name
    )
    record(
        actor=actor,
        action="calendar.changed",
        object=f"calendar:{made.version}",
        before=before.model_dump(mode="json"),
        after=after,
        reason=made.note,
    )
    return made


# --- lists of days ---------------------------------------------------------------------------------------------------


def read_days(text: str, *, year: int) -> tuple[SpecialDay, ...]:
    """Days from a calendar file (.ics), or from lines “2026-12-24, 09:00-12:00, Christmas Eve”, also of a CSV.

    A yearly event counts for `year` and the two years after it. Raises ValueError with the line that is not understood.
    """
    if "BEGIN:VCALENDAR" in text:
        return tuple(sorted(_from_ics(text, year), key=lambda each: each.day))
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    return tuple(_from_line(number, line) for number, line in lines if not _is_heading(number, line))


def as_lines(days: tuple[SpecialDay, ...]) -> str:
    """The inverse of `read_days`, one line each."""
    return "\n".join(", ".join(part for part in (f"{each.day}", each.hours, each.name) if part) for each in days)


def _is_heading(number: int, line: str) -> bool:
    return number == 1 and line.lower().startswith(("date", "day", '"date', '"day'))


def _from_line(number: int, line: str) -> SpecialDay:
    first, *rest = (part.strip().strip('"') for part in re.split(r"[,;\t]", line))
    at = _date(first)
    if at is None:
        raise ValueError(f"Line {number}: “{first}” is not a date. Begin the line as in 2026-12-25, Christmas Day.")
    hours = [part for part in rest if _STRETCH.fullmatch(part)]
    name = " ".join(part for part in rest if part and part not in hours and part.lower() != "closed")
    try:
        return SpecialDay(day=at, hours=", ".join(hours), name=name[:120])
    except ValueError as error:
        raise ValueError(f"Line {number}: {_said(error)}") from None


def _from_ics(text: str, year: int) -> list[SpecialDay]:
    """The events of a calendar file that last whole days."""
    days: dict[date, SpecialDay] = {}
    unfolded = re.sub(r"\r?\n[ \t]", "", text)
    for event in re.findall(r"BEGIN:VEVENT(.*?)END:VEVENT", unfolded, re.DOTALL):
        fields = dict(re.findall(r"^(DTSTART|DTEND|SUMMARY|RRULE)[^:\r\n]*:([^\r\n]*)", event, re.MULTILINE))
        name = re.sub(r"\\(.)", r"\1", fields.get("SUMMARY", "")).strip()[:120]
        start = _date(fields.get("DTSTART", "")[:8])
        if start is None:
            raise ValueError(f"The event “{name}” has no date that is understood.")
        end = _date(fields.get("DTEND", "")[:8]) or start + timedelta(days=1)
        rule = fields.get("RRULE", "")
        if rule and ("FREQ=YEARLY" not in rule or "BYDAY" in rule):
            raise ValueError(f"“{name}” repeats by a rule that is not understood ({rule}). Write its days out.")
        long = max((end - start).days, 1)
        begins = [start] if not rule else [_in_year(start, each) for each in (year, year + 1, year + 2)]
        for begin in begins:
            for offset in range(min(long, 366)):
                day = begin + timedelta(days=offset)
                days.setdefault(day, SpecialDay(day=day, name=name))
    return list(days.values())


def _in_year(day: date, year: int) -> date:
    leap = day.month == 2 and day.day == 29
    return date(year, 2, 28) if leap and year % 4 else day.replace(year=year)


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _said(error: ValueError) -> str:
    """What a validator said, without pydantic's frame around it."""
    return str(error).partition("Value error, ")[2].partition(" [type=")[0] or str(error)
