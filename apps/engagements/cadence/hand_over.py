"""Can the client take over? Each item from live records, or from a statement that a named person has signed."""

from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from apps.audit.canonical import Json
from apps.audit.entries import record
from apps.compliance.signatures import Signable, identify, write_signature
from apps.engagements.cadence.hand_over_items import ITEMS, Finding, Item, address_of
from apps.engagements.cadence_models import HandOverStatement
from apps.engagements.engagement_models import Engagement
from apps.engagements.engagements import EngagementRefused, begin_phase
from apps.reviews import calendars
from apps.tenants.actors import Actor

MEANING = "I state this about the hand-over from what I have done or seen."
HOLDS_FOR = timedelta(days=365)  # a statement; then it is asked for again
LONGEST = 4_000


class StatementRefused(ValueError):
    """It cannot be stated so. The message says why."""


@dataclass(frozen=True)
class Answered:
    item: Item
    finding: Finding
    statement: HandOverStatement | None = None

    @property
    def good(self) -> bool:
        return self.finding.state == "good"

    @property
    def address(self) -> str:
        return address_of(self.item)


@dataclass(frozen=True)
class HandOver:
    answers: list[Answered]

    @property
    def missing(self) -> list[Answered]:
        return [each for each in self.answers if not each.good]

    @property
    def ready(self) -> bool:
        return not self.missing

    @property
    def sentence(self) -> str:
        if self.ready:
            return "The client can take over."
        return f"{len(self.missing)} of {len(self.answers)} are missing before the client can take over."


def hand_over(engagement: Engagement) -> HandOver:
    """As of now: nothing of it is ticked by hand."""
    last: dict[str, HandOverStatement] = {}
    for each in HandOverStatement.objects.filter(engagement=engagement).select_related("signature"):
        last.setdefault(each.item, each)
    return HandOver([_answer(engagement, item, last.get(item.slug)) for item in ITEMS.values()])


def state(
    *, actor: Actor, engagement: Engagement, item: str, holds: bool, says: str, password: str, email: str | None = None
) -> HandOverStatement:
    """Sign a statement about an item that no record shows. Raises StatementRefused and SignatureRefused."""
    _check(item, says)
    identify(actor=actor, record=f"hand_over:{engagement.pk}/{item}", password=password, email=email)
    components = 1 if email is None else 2
    return write_statement(actor=actor, engagement=engagement, item=item, holds=holds, says=says, components=components)


@transaction.atomic
def write_statement(
    *, actor: Actor, engagement: Engagement, item: str, holds: bool, says: str, components: int
) -> HandOverStatement:
    """The statement of somebody whom `identify` has let through. Raises StatementRefused."""
    _check(item, says)
    said: dict[str, Json] = {"item": item, "asked": ITEMS[item].asks, "holds": holds, "says": says.strip()}
    signable = Signable(f"hand_over:{engagement.pk}/{item}", said)
    signature = write_signature(actor=actor, record=signable, meaning=MEANING, components=components)
    made = HandOverStatement.objects.create(
        engagement=engagement, item=item, holds=holds, says=says.strip(), signature=signature, at=timezone.now()
    )
    record(
        actor=actor,
        action="hand_over.stated",
        object=f"hand_over:{made.pk}",
        workflow=engagement.workflow.slug,
        after={"item": item, "holds": holds, "signature": str(signature.pk)},
        reason=made.says,
    )
    return made


@transaction.atomic
def end_engagement(*, actor: Actor, engagement: Engagement, reason: str) -> Engagement:
    """From today on the client goes on alone; the log keeps what is missing by then. Raises EngagementRefused."""
    today = calendars.today()
    if engagement.phase != Engagement.Phase.RUN or engagement.run_on is None or engagement.run_on > today:
        raise EngagementRefused("A workflow is handed over while it is in Run.")
    missing: Json = [each.item.slug for each in hand_over(engagement).missing]
    ended = begin_phase(
        actor=actor, engagement=engagement, phase=Engagement.Phase.ENDED, on=today, reason=reason[:LONGEST]
    )
    record(
        actor=actor,
        action="engagement.handed_over",
        object=f"engagement:{ended.pk}",
        workflow=ended.workflow.slug,
        after={"missing": missing},
        reason=reason.strip()[:LONGEST],
    )
    return ended


def _answer(engagement: Engagement, item: Item, said: HandOverStatement | None) -> Answered:
    if item.look is not None:
        return Answered(item, item.look(engagement))
    if said is None:
        return Answered(item, Finding("missing", "Nobody has stated it yet.", item.asks))
    if timezone.now() - said.at > HOLDS_FOR:
        return Answered(item, Finding("missing", "The statement is older than a year.", item.asks), said)
    if not said.holds:
        return Answered(item, Finding("missing", "Stated: not yet.", item.asks), said)
    return Answered(item, Finding("good", "Stated and signed."), said)


def _check(item: str, says: str) -> None:
    known = ITEMS.get(item)
    if known is None or known.look is not None:
        raise StatementRefused("This is read from the records: no statement makes it so.")
    if len(says.strip()) < 20:
        raise StatementRefused("Say it in a sentence or two: what was done, when, and by whom.")
    if len(says) > LONGEST:
        raise StatementRefused(f"At most {LONGEST:,} characters.")
