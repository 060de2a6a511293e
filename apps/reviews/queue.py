"""The review queue: what waits for a person, filtered, ordered and counted."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Case as Choose
from django.db.models import Count, IntegerField, Q, QuerySet, Value, When
from django.utils import timezone

from apps.cases.listing import RULE, says
from apps.cases.models import Case
from apps.reviews.models import Disposition
from apps.tenants.actors import Actor
from apps.tenants.capabilities import Capability, capabilities_of

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
SORTS = {"waiting": "Waiting longest", "urgent": "Most urgent"}

_RANK = Choose(
    When(urgency="high", then=Value(0)),
    When(urgency="low", then=Value(2)),
    default=Value(1),
    output_field=IntegerField(),
)


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


def queue(selection: Selection, actor: Actor) -> QuerySet[Case]:
    """The waiting cases in order, each with `rule`, the slug of why it is here."""
    cases: QuerySet[Case] = Case.objects.filter(state=Case.State.REVIEW).annotate(rule=RULE)
    if selection.mine:
        cases = waiting_for(actor, cases)
    same = {
        name: getattr(selection, name) for name in ("case_type", "lane", "band", "urgency") if getattr(selection, name)
    }
    if selection.workflow:
        same["workflow__slug"] = selection.workflow
    cases = cases.filter(**same).filter(_because(selection.reason), says(selection.q))
    order = ("in_review_since", "id")
    return cases.order_by(_RANK, *order) if selection.sort == "urgent" else cases.order_by(*order)


def waiting_for(actor: Actor, cases: QuerySet[Case]) -> QuerySet[Case]:
    """Those that wait for a decision which this person may take: `may_decide`, in the database's words."""
    held = capabilities_of(actor.role)
    allowed = Q(escalated_to=actor.role)
    if Capability.REVIEWS_DECIDE_RESERVED in held:
        allowed |= Q(reserved=True) | ~Q(escalated_to="")
    if Capability.REVIEWS_DECIDE in held:
        allowed |= Q(reserved=False, escalated_to="")
    return cases.filter(allowed, state=Case.State.REVIEW)


def _because(reason: str) -> Q:
    match reason:
        case "":
            return Q()
        case "escalated":
            return ~Q(escalated_to="")
        case "machine":
            return ~Q(layer=Case.Layer.REVIEW)
        case _:
            return Q(rule=reason, escalated_to="", layer=Case.Layer.REVIEW)


def reason_of(case: Case) -> str:
    """The slug of why a queued case is with a person."""
    if case.escalated_to:
        return "escalated"
    return "machine" if case.layer != Case.Layer.REVIEW else getattr(case, "rule", None) or ""


@dataclass(frozen=True)
class Counts:
    waiting: int
    mine: int
    urgent: int
    unsure: int
    oldest: timedelta | None


def counts(actor: Actor) -> Counts:
    """The whole queue in numbers, whatever is selected."""
    waiting = Case.objects.filter(state=Case.State.REVIEW)
    found: dict[str, Any] = waiting.aggregate(
        waiting=Count("id"),
        urgent=Count("id", filter=Q(urgency="high")),
        unsure=Count("id", filter=Q(band="low")),
    )
    oldest = waiting.order_by("in_review_since").values_list("in_review_since", flat=True).first()
    return Counts(mine=waiting_for(actor, waiting).count(), oldest=timezone.now() - oldest if oldest else None, **found)


def neighbours(case: Case, selection: Selection, actor: Actor) -> tuple[Case | None, Case | None, int, int]:
    """The cases before and after this one in the selected queue, its place, from 1 (0: not in it), of how many."""
    ids = list(queue(selection, actor).values_list("id", flat=True))
    place = ids.index(case.pk) if case.pk in ids else -1
    wanted = [ids[at] for at in (place - 1, place + 1) if place >= 0 and 0 <= at < len(ids)]
    found = {each.pk: each for each in Case.objects.filter(pk__in=wanted).only("id", "number")}
    before = found.get(ids[place - 1]) if place > 0 else None
    after = found.get(ids[place + 1]) if 0 <= place < len(ids) - 1 else None
    return before, after, place + 1, len(ids)


def next_to_decide(selection: Selection, actor: Actor, after: Case) -> Case | None:
    """The next case of the selection that the person may decide, later in the queue than `after`, or the first one."""
    cases = waiting_for(actor, queue(selection, actor)).exclude(pk=after.pk)
    if selection.sort != "urgent" and after.in_review_since:
        later = cases.filter(in_review_since__gte=after.in_review_since).first()
        return later or cases.first()
    return cases.first()


def still_undoable(actor: Actor) -> Disposition | None:
    """The person's last decision, while it can be taken back."""
    if actor.kind != "person":
        return None
    since = timezone.now() - timedelta(seconds=settings.UNDO_SECONDS)
    own = Disposition.objects.select_related("case").filter(reviewer_id=actor.id, undone_at=None, created_at__gt=since)
    return own.order_by("-created_at").first()


def undo_seconds(disposition: Disposition) -> int:
    """Seconds that are left to take it back."""
    over = disposition.created_at + timedelta(seconds=settings.UNDO_SECONDS)
    return max(0, int((over - timezone.now()).total_seconds()))
