"""All cases, filtered and searched: the list that people look things up in."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from django.contrib.postgres.search import SearchQuery
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.fields.json import KT
from django.utils import timezone

from apps.cases.models import Case, Step
from apps.cases.reading import case_types, headline
from apps.cases.strip import Cell, small_strip

LANES = {"automatic": "Automatic", "drafted": "Drafted with review", "reserved": "Reserved to a person"}

# The slug of the review gate's rule, as `case.rule`: the small strip is coloured by it.
RULE = Subquery(
    Step.objects.filter(case=OuterRef("pk"), layer="review", revision=OuterRef("revision")).values(
        word=KT("result__rule")
    )[:1]
)


@dataclass(frozen=True)
class CaseSelection:
    """Which cases are asked for. Empty means all. Travels in the address."""

    q: str = ""
    state: str = ""
    outcome: str = ""
    case_type: str = ""
    lane: str = ""
    since: str = ""  # ISO dates, both included; what is no date is left out
    until: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "CaseSelection":
        return cls(**{each.name: query.get(each.name, "").replace("\x00", "").strip()[:200] for each in fields(cls)})

    @property
    def address(self) -> str:
        return urlencode({name: value for name, value in asdict(self).items() if value})


def find_cases(selection: CaseSelection) -> QuerySet[Case]:
    """Newest first."""
    same = {name: value for name, value in asdict(selection).items() if value and name in SAME}
    cases = Case.objects.filter(says(selection.q), **same).annotate(rule=RULE)
    since, until = _day(selection.since), _day(selection.until)
    if since:
        cases = cases.filter(received_at__gte=since)
    if until:
        cases = cases.filter(received_at__lt=until + timedelta(days=1))
    return cases.order_by("-received_at", "-id")


SAME = frozenset({"state", "outcome", "case_type", "lane"})


def says(words: str) -> Q:
    """Cases whose number, reference, title or text has these words; quotes and minus as in a search engine."""
    if not words:
        return Q()
    return Q(words__words=SearchQuery(words, config="simple", search_type="websearch")) | Q(number__iexact=words)


def _day(text: str) -> datetime | None:
    try:
        return timezone.make_aware(datetime.combine(date.fromisoformat(text), time.min))
    except (ValueError, OverflowError):
        return None


def present_types(cases: QuerySet[Case]) -> list[str]:
    """The case types among the cases, for a filter."""
    return list(cases.exclude(case_type="").order_by("case_type").values_list("case_type", flat=True).distinct())


@dataclass(frozen=True)
class CaseRow:
    case: Case
    headline: str
    case_type: str
    strip: list[Cell]


def case_rows(cases: Sequence[Case]) -> list[CaseRow]:
    """The cases of one page. Give them with `rule`."""
    titles = case_types(sorted({case.release_id for case in cases}))
    return [
        CaseRow(
            case=case,
            headline=headline(case),
            case_type=titles.get(case.case_type, case.case_type.replace("_", " ")),
            strip=small_strip(case, getattr(case, "rule", None) or ""),
        )
        for case in cases
    ]
