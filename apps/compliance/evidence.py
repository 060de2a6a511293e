"""What a check looks at and what it answers. No answer is better than the records that it rests on."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Literal, TypeAlias
from uuid import UUID

from django.conf import settings
from django.db.models import Count, QuerySet
from django.urls import reverse

from apps.audit.models import Entry

Facts: TypeAlias = tuple[tuple[str, str], ...]
State = Literal["covered", "partly", "missing", "not_applicable"]
WORDS: Mapping[State, str] = {
    "covered": "Covered",
    "partly": "Partly covered",
    "missing": "Missing",
    "not_applicable": "Not applicable",
}


@dataclass(frozen=True)
class Look:
    """The period that is looked at, half open. What several checks ask of the log is read once."""

    begin: datetime
    end: datetime

    @property
    def last_day(self) -> datetime:
        return self.end - timedelta(days=1)

    @cached_property
    def actions(self) -> Mapping[str, int]:
        """How many entries of each action the log has of the period."""
        counted = self.entries().order_by().values_list("action").annotate(number=Count("id"))
        return Counter(dict(counted))

    def entries(self) -> QuerySet[Entry]:
        """By id, which begins with the time, so that the primary key finds them."""
        return Entry.objects.filter(id__gte=first_id(self.begin), id__lt=first_id(self.end))

    def count(self, *actions: str) -> int:
        """Of these actions; one that ends in a dot stands for all that begin so."""
        return sum(
            number
            for action, number in self.actions.items()
            if any(action.startswith(each) if each.endswith(".") else action == each for each in actions)
        )


@dataclass(frozen=True)
class Finding:
    """What was found. `facts` are figures with their units and n; `lacking` says what is missing, if anything is."""

    state: State
    how: str = ""
    lacking: str = ""
    facts: Facts = ()
    links: tuple[tuple[str, str], ...] = ()  # title, address

    @property
    def word(self) -> str:
        return WORDS[self.state]

    def as_json(self) -> dict[str, Any]:
        return {
            "state": self.state,
            "how": self.how,
            "missing": self.lacking,
            "facts": dict(self.facts),
            "links": [{"title": title, "address": address} for title, address in self.links],
        }


Check: TypeAlias = Callable[[Look], Finding]


def first_id(moment: datetime) -> UUID:
    """The smallest version 7 UUID of the millisecond."""
    return UUID(int=int(moment.timestamp() * 1000) << 80 | 0x7000 << 64 | 0x8 << 60)


def link(title: str, route: str) -> tuple[str, str]:
    return title, reverse(route, urlconf=settings.ROOT_URLCONF)


def counted(number: int, one: str, many: str = "") -> str:
    """“1 case”, “1,204 cases”."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
