"""What is asked for on the pages of figures: a period and which cases. Travels in the address."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from urllib.parse import urlencode

from django.utils import timezone

from apps.insights.facts import Chosen

WEEKS = {"4": "4 weeks", "13": "13 weeks", "26": "26 weeks", "52": "52 weeks"}
USUAL = "13"
LONGEST = timedelta(days=3 * 366)
DIMENSIONS = {"case_type": "Case type", "release": "Release", "arm": "Arm"}


@dataclass(frozen=True)
class Selection:
    """As it was typed. `weeks` counts back from today, unless `begin` and `end` say another period."""

    workflow: str = ""  # its slug; "" for the first
    weeks: str = USUAL
    begin: str = ""
    end: str = ""
    case_type: str = ""
    release: str = ""
    arm: str = ""
    by: str = "case_type"

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Selection":
        given = {name: query.get(name, "").replace("\x00", "").strip()[:200] for name in asdict(cls())}
        given["weeks"] = given["weeks"] if given["weeks"] in WEEKS else USUAL
        given["by"] = given["by"] if given["by"] in DIMENSIONS else "case_type"
        return cls(**given)

    @property
    def chosen(self) -> Chosen:
        return Chosen(self.case_type, self.release, self.arm)

    @property
    def period(self) -> tuple[date, date]:
        """First and last day. Where they are no period, the one that `weeks` says: see `problem`."""
        return self._typed() or self._usual()

    @property
    def problem(self) -> str:
        """Why the dates are not used; "" where they are, or where there are none."""
        if not (self.begin or self.end) or self._typed():
            return ""
        rule = "A period has two days, the first before the last, and at most three years apart."
        return f"{rule} Shown are the last {WEEKS[self.weeks]} instead."

    @property
    def address(self) -> str:
        return urlencode({name: value for name, value in asdict(self).items() if value})

    def within(self, **changes: str) -> str:
        """The address of a part of it."""
        return replace(self, **changes).address

    def _typed(self) -> tuple[date, date] | None:
        try:
            begin, end = date.fromisoformat(self.begin), date.fromisoformat(self.end)
        except ValueError:
            return None
        sensible = begin <= end and end - begin <= LONGEST and begin.year > 1970
        return (begin, min(end, max(timezone.now().date(), begin))) if sensible else None

    def _usual(self) -> tuple[date, date]:
        """From a Monday on, so that no week but the present one is cut short."""
        today = timezone.now().date()
        return today - timedelta(days=today.weekday(), weeks=int(self.weeks) - 1), today
