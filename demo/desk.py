"""Who decides what comes to people in the demo's past: in office hours, one case after another, at a changing pace.

The pace follows the phases of the engagement: slow and full of corrections when Build begins, quick once it runs, with
one bad stretch. Nothing of it is measured; it is what the measures of the product then have to find.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from apps.cases.layers.run import expect
from apps.cases.layers.types import ActionResult, Claim
from apps.cases.models import Case
from apps.evaluations.batches import Evaluated
from apps.evaluations.labels import Labelled
from apps.reviews.models import Disposition
from apps.tenants.actors import Actor
from demo.world import History

OFFICE_HOURS = (8, 18)
REJECTED = 0.3  # of the proposals for the wrong case type
REWRITTEN = "Thank you for your message. I looked into it myself, and this is what I can do for you."


@dataclass(frozen=True)
class Pace:
    """`minutes` of work on a case and `wait` in hours until somebody begins, on average; and shares of the drafts."""

    minutes: float
    wait: float
    refused: float
    reworded: float


AT_FIRST = Pace(0.88, 15.0, 0.09, 0.24)  # minutes: as a share of what a case took before
IN_THE_END = Pace(0.54, 2.5, 0.035, 0.07)
BAD = Pace(1.35, 4.0, 3.0, 1.8)  # times as much of each


class Desk:
    def __init__(
        self,
        seed: str,
        history: History,
        operators: Sequence[Actor],
        seniors: Sequence[Actor],
        begin: datetime,
        until: datetime,
    ) -> None:
        self._history, self._begin, self._until = history, begin, until
        self._chance = Random(f"{seed} desk")  # noqa: S311 - the same world each time, no secret
        self._operators, self._seniors = operators, seniors
        self._busy: dict[str, list[tuple[datetime, datetime]]] = {}
        self._made: list[Disposition] = []
        self._in_slice = 0

    def decide(self, case: Case, labelled: Labelled, layers: Evaluated) -> Disposition | None:
        """What is right is approved; what is not is rejected or put right. In the slice drafts are rewritten often.

        None when it would take longer than the past lasts.
        """
        proposal, pace = expect(ActionResult, layers.layers["action"]), self.pace(case.received_at)
        person = self._chance.choice(
            self._seniors if case.reserved else [*self._operators, *self._operators, *self._seniors]
        )
        minutes = pace.minutes * (0.4 + self._chance.expovariate(1 / 0.6))
        wait = timedelta(minutes=4, hours=self._chance.expovariate(1 / pace.wait))
        begun = self._free(person, office(case.received_at + wait), timedelta(minutes=minutes))
        ended = begun + timedelta(minutes=minutes)
        if ended > self._until:
            return None
        self._busy.setdefault(person.id, []).append((begun, ended))
        kind, code, claims = self._what(case, labelled, proposal, pace)
        made = Disposition(
            case=case,
            revision=1,
            turn=0,
            kind=kind,
            reviewer_id=person.id,
            reviewer_name=person.name,
            role=person.role,
            reason_code=code,
            claims=[claim.model_dump(mode="json") for claim in claims],
            active_ms=int(minutes * 60_000),
            created_at=ended,
        )
        self._made.append(made)
        return made

    def made(self) -> Sequence[Disposition]:
        return self._made

    def pace(self, at: datetime) -> Pace:
        """Most is learnt early: half of the way by a fifth of the time."""
        gone = max(0.0, (at - self._begin) / (self._until - self._begin))
        rest = 0.5 ** (gone / 0.2)
        worse = self._history.is_bad(self._until - at)

        def now(name: str) -> float:
            first, last = getattr(AT_FIRST, name), getattr(IN_THE_END, name)
            return float((last + (first - last) * rest) * (getattr(BAD, name) if worse else 1))

        return Pace(self._history.minutes * now("minutes"), now("wait"), now("refused"), now("reworded"))

    def _free(self, person: Actor, begun: datetime, needed: timedelta) -> datetime:
        """The next moment from `begun` on at which the person can work for so long."""
        while True:
            overlapping = [
                end for begin, end in self._busy.get(person.id, []) if begun < end and begin < begun + needed
            ]
            if not overlapping:
                return begun
            begun = office(max(overlapping) + timedelta(seconds=60 * self._chance.random()))

    def _what(
        self, case: Case, labelled: Labelled, proposal: ActionResult, pace: Pace
    ) -> tuple[Disposition.Kind, str, tuple[Claim, ...]]:
        expected, kinds = labelled.expected, Disposition.Kind
        if case.case_type != expected.case_type and case.arm != Case.Arm.SLICE and self._chance.random() < REJECTED:
            return kinds.REJECT, "wrong_type", ()
        if self._chance.random() < pace.refused:
            return kinds.REJECT, "wrong_facts", ()
        self._in_slice += case.arm == Case.Arm.SLICE
        rewritten = case.arm == Case.Arm.SLICE and self._in_slice % 3 == 0
        if rewritten or self._chance.random() < pace.reworded:
            return kinds.EDIT, "tone", _reworded(proposal.claims, whole=rewritten)
        return kinds.APPROVE, "", proposal.claims


def _reworded(claims: tuple[Claim, ...], *, whole: bool) -> tuple[Claim, ...]:
    """The draft with another opening; with half of it left out besides, where it was rewritten as a whole."""
    rest = claims[1 : max(2, len(claims) // 2)] if whole else claims[1:]
    return (claims[0].model_copy(update={"text": REWRITTEN}), *rest)


def office(at: datetime) -> datetime:
    """The next moment at which somebody is there."""
    while at.weekday() >= 5 or not OFFICE_HOURS[0] <= at.hour < OFFICE_HOURS[1]:
        at = (at + timedelta(hours=1)).replace(minute=3)
    return at
