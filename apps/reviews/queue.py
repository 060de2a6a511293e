"""The review queue: what waits for a person, filtered, ordered and counted. Nothing here reads all that waits."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from apps.cases.models import Case
from apps.reviews import distribution
from apps.reviews.desk import Place
from apps.reviews.models import Disposition
from apps.reviews.ordering import PRIORITY, RISK, WAITING, Narrowed, Spot, spot_of, spots
from apps.tenants.actors import Actor

PER_PAGE = 25
MOST = 1_000  # counted one by one; more is said to be more

# Why a person has it: the gate's rules, and what else brings a case here.
REASONS = {
    "low_confidence": "Intake is not sure",
    "medium_confidence": "Not sure enough to clear",
    "out_of_scope": "Out of scope",
    "doubt": "Facts are in doubt",
    "planted": "Gives orders to the machine",
    "ungrounded": "Sentence without a source",
    "nothing_to_say": "No passage answers it",
    "high_impact": "High impact",
    "amount": "Amount above the limit",
    "unsure_draft": "Drafter is not sure",
    "dissent": "Model disagrees with the table",
    "drafted_lane": "Lane asks for review",
    "reserved_lane": "Reserved to a person",
    "escalated": "Escalated",
    "machine": "The machine could not go on",
}
URGENCIES = {"high": "High", "normal": "Normal", "low": "Low"}
BANDS = {"low": "Low", "medium": "Medium", "high": "High"}
SORTS = {PRIORITY: "Priority", WAITING: "Waiting longest", RISK: "Highest risk"}

HITS = """
WITH hits AS MATERIALIZED (
    SELECT case_id FROM cases_casewords WHERE words @@ websearch_to_tsquery('simple', %(q)s)
    UNION SELECT id FROM cases_case WHERE number IN (%(q)s, upper(%(q)s)))
"""
# Each step looks up the next greater one in the index, however many cases there are of each.
PRESENT_TYPES = """
WITH RECURSIVE present AS (
    (SELECT case_type FROM reviews_place WHERE away = '' ORDER BY case_type LIMIT 1)
    UNION ALL
    SELECT (SELECT case_type FROM reviews_place WHERE away = '' AND case_type > present.case_type
            ORDER BY case_type LIMIT 1) FROM present WHERE present.case_type IS NOT NULL)
SELECT case_type FROM present WHERE case_type <> ''
"""


@dataclass(frozen=True)
class Selection:
    """What of the queue is asked for. Empty means all. Travels in the address, so that a link keeps it."""

    q: str = ""
    workflow: str = ""
    case_type: str = ""
    lane: str = ""
    band: str = ""
    urgency: str = ""
    reason: str = ""
    mine: str = ""
    held: str = ""
    away: str = ""
    sort: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Selection":
        """From an address; what it does not know, it leaves out."""
        given = {field.name: query.get(field.name, "").replace("\x00", "").strip()[:200] for field in fields(cls)}
        return cls(**given)

    @property
    def address(self) -> str:
        """The query string that gives this selection again, without the question mark."""
        return urlencode({name: value for name, value in asdict(self).items() if value})

    @property
    def narrowed(self) -> bool:
        return bool(replace(self, sort="").address)


@dataclass(frozen=True)
class Page:
    """Some waiting cases in order, and where the pages beside it begin: "" where there is none."""

    cases: list[Case]
    before: str = ""
    after: str = ""


def narrow(selection: Selection, actor: Actor) -> Narrowed:
    """Which places the selection leaves; never those of customers in whom the person has an interest."""
    narrowed = Narrowed()
    away = selection.away if selection.away in Place.Away else Place.Away.HERE
    narrowed.also(f"place.away = '{Place.Away(away).value}'")  # written out, so that the index of those here serves
    reviewer = distribution.reviewer_of(actor)
    if selection.mine:
        distribution.for_person(narrowed, actor, reviewer)
    distribution.without_conflicts(narrowed, reviewer)
    distribution.held(narrowed, selection.held, actor)
    for name in ("case_type", "lane", "band", "urgency", "reason"):
        if getattr(selection, name):
            narrowed.also(f"place.{name} = %({name})s", **{name: getattr(selection, name)})
    if selection.workflow:
        slug = "SELECT id FROM workflows_workflow WHERE slug = %(workflow)s"
        narrowed.also(f"place.workflow_id = ({slug})", workflow=selection.workflow)
    if selection.q:
        narrowed.having = HITS
        narrowed.also("place.case_id IN (SELECT case_id FROM hits)", q=selection.q)
    return narrowed


def page(selection: Selection, actor: Actor, *, after: str = "", before: str = "") -> Page:
    """A page of the queue, after or before a spot that another page named; the first one for what is no spot."""
    narrowed, beyond = narrow(selection, actor), Spot.of(before or after)
    backwards = bool(before and beyond)
    found = spots(narrowed, selection.sort, n=PER_PAGE + 1, at=timezone.now(), beyond=beyond, backwards=backwards)
    if beyond and not found:
        return page(selection, actor)
    more = len(found) > PER_PAGE
    shown = found[-PER_PAGE:] if backwards else found[:PER_PAGE]
    return Page(
        cases=cases_at(shown),
        before=shown[0].text if shown and (more if backwards else beyond is not None) else "",
        after=shown[-1].text if shown and (backwards or more) else "",
    )


def first(selection: Selection, actor: Actor, n: int) -> list[Case]:
    """The first cases of the selection."""
    return cases_at(spots(narrow(selection, actor), selection.sort, n=n, at=timezone.now()))


def chosen(selection: Selection, actor: Actor, case_ids: Sequence[UUID]) -> list[UUID]:
    """Those of the cases that are in the selection, in its order."""
    if not case_ids:
        return []
    narrowed = narrow(selection, actor)
    narrowed.also("place.case_id = ANY (%(chosen)s::uuid[])", chosen=list(case_ids))
    return [spot.case for spot in spots(narrowed, selection.sort, n=len(case_ids), at=timezone.now())]


def to_show() -> QuerySet[Case]:
    """Cases with their place, and what a page says of their release."""
    return Case.objects.select_related("release", "place").defer("release__manifest", "release__note")


def cases_at(found: Sequence[Spot]) -> list[Case]:
    """The cases in that order, each with its place, and with `rule`, the slug of the review gate's rule."""
    still = Case.objects.filter(place__isnull=False)  # what was decided since they were found is left out
    waiting = still.select_related("place", "workflow").in_bulk([spot.case for spot in found])
    cases = [waiting[spot.case] for spot in found if spot.case in waiting]
    for case in cases:
        case.rule = case.place.rule  # type: ignore[attr-defined]
    return cases


def reason_of(case: Case) -> str:
    """The slug of why a queued case is with a person."""
    if case.escalated_to:
        return "escalated"
    return "machine" if case.layer != Case.Layer.REVIEW else getattr(case, "rule", None) or ""


def neighbours(place: Place, selection: Selection, actor: Actor) -> tuple[str, str]:
    """The numbers of the cases before and after this one in the selected queue, far into it or not; "" for none."""
    spot, narrowed = spot_of(place, timezone.now()), narrow(selection, actor)
    before = spots(narrowed, selection.sort, n=1, at=spot.at, beyond=spot, backwards=True)
    after = spots(narrowed, selection.sort, n=1, at=spot.at, beyond=spot)
    found = Place.objects.filter(pk__in=[each.case for each in (*before, *after)])
    numbers = dict(found.values_list("pk", "case__number"))
    return _number(numbers, before), _number(numbers, after)


def _number(numbers: Mapping[UUID, str], found: Sequence[Spot]) -> str:
    """ "" as well for a case that was decided since it was found."""
    return numbers.get(found[0].case, "") if found else ""


def upcoming(selection: Selection, actor: Actor, *, after: Spot | None, n: int) -> list[Spot]:
    """The next cases that the person may decide and nobody holds: those after `after`, then from the front again."""
    narrowed = narrow(replace(selection, mine="1", held=distribution.Whose.FREE), actor)
    now = timezone.now()
    found = spots(narrowed, selection.sort, n=n, at=now, beyond=after) if after else []
    if len(found) < n:
        seen = {spot.case for spot in found}
        front = spots(narrowed, selection.sort, n=n, at=now)
        found += [spot for spot in front if spot.case not in seen and (after is None or spot.case != after.case)]
    return found[:n]


class Tally(int):
    """How many there are, counted up to a number that it says."""

    most: int

    def __new__(cls, number: int, most: int | None = None) -> "Tally":
        made = super().__new__(cls, number)
        made.most = most or MOST
        return made

    def __str__(self) -> str:
        return f"{self.most:,}+" if self > self.most else f"{int(self):,}"


@dataclass(frozen=True)
class Counts:
    waiting: Tally
    mine: Tally
    urgent: Tally
    unsure: Tally
    oldest: timedelta | None


def counts(actor: Actor) -> Counts:
    """The whole queue in numbers, whatever is selected."""
    here = Place.objects.filter(away=Place.Away.HERE)
    oldest: datetime | None = here.order_by("since").values_list("since", flat=True).first()
    return Counts(
        waiting=tally(here),
        mine=mine_to_decide(actor),
        urgent=tally(here.filter(urgency="high")),
        unsure=tally(here.filter(band="low")),
        oldest=timezone.now() - oldest if oldest else None,
    )


def mine_to_decide(actor: Actor, most: int | None = None) -> Tally:
    return tally(Place.objects.filter(away=Place.Away.HERE, awaits__in=distribution.awaits_of(actor.role)), most)


def waiting_for(actor: Actor) -> Tally:
    """`mine_to_decide` for the navigation: every page counts it, so it does not count far."""
    return mine_to_decide(actor, 99)


def tally(places: QuerySet[Place], most: int | None = None) -> Tally:
    return Tally(places.order_by()[: (most or MOST) + 1].count(), most)


def present_types() -> list[str]:
    """The case types of what waits, for a filter."""
    with connection.cursor() as cursor:
        cursor.execute(PRESENT_TYPES)
        return [slug for (slug,) in cursor.fetchall()]


def still_undoable(actor: Actor) -> Disposition | None:
    """The person's last decision, while it can be taken back."""
    if actor.kind != "person":
        return None
    since = timezone.now() - timedelta(seconds=settings.UNDO_SECONDS)
    own = Disposition.objects.select_related("case").filter(reviewer_id=actor.id, undone_at=None, created_at__gt=since)
    return own.only("kind", "escalated_to", "created_at", "case__number").order_by("-created_at").first()


def undo_seconds(disposition: Disposition) -> int:
    """Seconds that are left to take it back."""
    over = disposition.created_at + timedelta(seconds=settings.UNDO_SECONDS)
    return max(0, int((over - timezone.now()).total_seconds()))
