"""What somebody looks for in the log, as the address has it, and as the log can be asked for it."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode
from uuid import UUID

from django.utils import timezone

from apps.audit.search import Asked
from apps.cases.models import Case
from apps.workflows.models import Release


@dataclass(frozen=True)
class LogSelection:
    """Empty means any. Travels in the address."""

    person: str = ""  # a user's id
    case: str = ""  # a number
    action: str = ""  # “case.closed”; “case.” for all about cases
    release: str = ""  # a fingerprint, or a label
    source: str = ""  # a document's slug; “returns@7” for one version
    model: str = ""  # a route
    since: str = ""  # ISO dates, both included
    until: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "LogSelection":
        return cls(**{each.name: query.get(each.name, "").replace("\x00", "").strip()[:200] for each in fields(cls)})

    @property
    def address(self) -> str:
        return urlencode({name: value for name, value in asdict(self).items() if value})


class NothingSuch(ValueError):
    """What was asked for cannot be in the log. The message says why."""


def asked(selection: LogSelection) -> Asked:
    """Raises NothingSuch."""
    since, until = _day(selection.since, "From"), _day(selection.until, "To")
    return Asked(sorted(_terms(selection)), since, until + timedelta(days=1) if until else None)


def _terms(selection: LogSelection) -> Iterator[str]:
    if selection.person:
        yield f"by:person:{selection.person}"
    if selection.case:
        yield f"case:{_case(selection.case)}"
    if selection.action:
        yield f"did:{selection.action}"
    if selection.release:
        yield f"release:{_release(selection.release)}"
    if selection.source:
        yield f"source:{selection.source}"
    if selection.model:
        yield f"model:{selection.model}"


def _case(number: str) -> UUID:
    case = Case.objects.filter(number__iexact=number).only("id").first()
    if case is None:
        raise NothingSuch(f"There is no case {number}. Write its number as its page has it.")
    return case.pk


def _release(name: str) -> str:
    release = (
        Release.objects.filter(pk=name).only("pk").first() or Release.objects.filter(label=name).only("pk").first()
    )
    if release is None:
        raise NothingSuch(f"There is no release {name}. Write its label, or its whole fingerprint.")
    return release.pk


def _day(text: str, where: str) -> datetime | None:
    if not text:
        return None
    try:
        return timezone.make_aware(datetime.combine(date.fromisoformat(text), time.min))
    except (ValueError, OverflowError):
        raise NothingSuch(f"“{where}” is no date: write it as 2026-11-22.") from None
