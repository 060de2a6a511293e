"""Who holds a case. A hold is a lease on the database's clock, kept by the browser's heartbeat; it ends with a closed
laptop. Two people never hold the same case, and nobody decides one that somebody else holds.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import timedelta
from itertools import chain
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from apps.audit.entries import record
from apps.cases.models import Case
from apps.cases.statements import execute
from apps.reviews.deciding import may_decide, may_escalate
from apps.reviews.desk import Assignment, Place, Reviewer
from apps.reviews.distribution import refuse_conflict, reviewer_of
from apps.reviews.models import Disposition
from apps.reviews.ordering import Spot, spot_of
from apps.reviews.queue import Selection, chosen, to_show, upcoming
from apps.reviews.refusals import AlreadyDecided, CapReached, Held, Refused
from apps.tenants.actors import Actor
from apps.tenants.capabilities import Capability, capabilities_of
from apps.tenants.models import Membership

LEASE = timedelta(minutes=2)
HEARTBEAT = timedelta(seconds=30)
LONGEST_BEAT = HEARTBEAT * 1.5  # a longer silence was a sleeping browser: not time that somebody worked
AHEAD = 8  # so many are looked at for one that nobody else is being given

# Locking the place keeps the case from being decided meanwhile: whoever decides locks it too.
TAKE = """
INSERT INTO reviews_assignment AS mine
    (case_id, holder_id, holder_name, source, taken_over_from, turn, since, lease_until, beaten_at, active_ms)
SELECT case_id, %(holder)s, %(name)s, %(source)s, '', 1, now(), now() + %(lease)s, now(), 0
FROM reviews_place WHERE case_id = %(case)s FOR UPDATE
ON CONFLICT (case_id) DO UPDATE SET
    holder_id = EXCLUDED.holder_id, holder_name = EXCLUDED.holder_name,
    lease_until = CASE WHEN mine.lease_until IS NULL THEN NULL ELSE EXCLUDED.lease_until END,
    source = CASE WHEN mine.holder_id = EXCLUDED.holder_id THEN mine.source ELSE EXCLUDED.source END,
    taken_over_from = CASE WHEN mine.holder_id = EXCLUDED.holder_id THEN mine.taken_over_from ELSE '' END,
    turn = CASE WHEN mine.holder_id = EXCLUDED.holder_id THEN mine.turn ELSE mine.turn + 1 END,
    since = CASE WHEN mine.holder_id = EXCLUDED.holder_id THEN mine.since ELSE now() END,
    active_ms = CASE WHEN mine.holder_id = EXCLUDED.holder_id THEN mine.active_ms ELSE 0 END,
    beaten_at = now()
WHERE mine.holder_id = EXCLUDED.holder_id OR mine.lease_until <= now()
RETURNING *
"""
LOCK_FIRST = """
SELECT case_id FROM reviews_place WHERE case_id = ANY (%(cases)s::uuid[])
ORDER BY array_position(%(cases)s::uuid[], case_id) LIMIT 1 FOR UPDATE SKIP LOCKED
"""
PUT = """
INSERT INTO reviews_assignment AS before
    (case_id, holder_id, holder_name, source, taken_over_from, turn, since, lease_until, beaten_at, active_ms)
VALUES (%(case)s, %(holder)s, %(name)s, %(source)s, %(from)s, 1, now(), now() + %(lease)s::interval, now(), 0)
ON CONFLICT (case_id) DO UPDATE SET
    holder_id = EXCLUDED.holder_id, holder_name = EXCLUDED.holder_name, source = EXCLUDED.source,
    taken_over_from = EXCLUDED.taken_over_from, turn = before.turn + 1, since = now(),
    lease_until = EXCLUDED.lease_until, beaten_at = now(), active_ms = 0
RETURNING *
"""
WORKED = """
active_ms = active_ms
    + greatest(0, 1000 * (extract(epoch FROM least(now() - beaten_at, %(longest)s)) - %(idle)s))::bigint
"""
BEAT = f"""
UPDATE reviews_assignment SET {WORKED}, beaten_at = now(),
    lease_until = CASE WHEN lease_until IS NULL THEN NULL ELSE now() + %(lease)s END
WHERE case_id = %(case)s AND holder_id = %(holder)s RETURNING *
"""  # noqa: S608 - from the text above


def take(*, actor: Actor, case_id: UUID, source: str = Assignment.Source.OPENED) -> Assignment:
    """Hold the case from now on, or go on holding it.

    Raises Held (with who and since when), AlreadyDecided when it does not wait, CapReached, ConflictOfInterest.
    """
    refuse_conflict(actor=actor, case_id=case_id)
    with transaction.atomic():
        return hold(actor, case_id, source)


def open_case(*, actor: Actor, case: Case) -> Assignment | None:
    """Whoever opens a waiting case that they may decide holds it, if nobody else does. Returns who holds it now.

    Raises ConflictOfInterest. Who has as many as they may have reads it, and holds nothing.
    """
    refuse_conflict(actor=actor, case_id=case.pk)
    if case.state == Case.State.REVIEW and may_escalate(actor, case):
        with suppress(Held, AlreadyDecided, CapReached), transaction.atomic():
            return hold(actor, case.pk)
    return held_by([case.pk]).get(case.pk)


def take_next(*, actor: Actor, selection: Selection, after: Spot | None = None) -> Case | None:
    """Hand out the next case: one that was given to the person, else the first that nobody holds and they may decide.

    With `after` the first one later in the order, then from the front again. None when nothing is left.
    Raises CapReached.
    """
    with transaction.atomic():
        check_caps(actor)
        given = [case for case in given_to(actor, selection) if after is None or case != after.case]
        for case_id in chain(given, _free(actor, selection, after)):
            if held := try_to_hold(actor, case_id, Assignment.Source.NEXT):
                case = to_show().get(pk=case_id)
                case.assignment = held
                return case
    return None


def next_after(*, actor: Actor, selection: Selection, case: Case) -> Case | None:
    """`take_next`, from where `case` was in the queue; it is to be given with the place that it had then."""
    place: Place | None = getattr(case, "place", None)
    return take_next(actor=actor, selection=selection, after=spot_of(place, timezone.now()) if place else None)


def left_over(*, actor: Actor, selection: Selection) -> Case | None:
    """A case of the selection that was handed out to the person for a page that they left before it was shown."""
    mine = Assignment.objects.filter(holder_id=actor.id, source=Assignment.Source.NEXT, lease_until__gt=Now())
    first = chosen(selection, actor, list(mine.values_list("case", flat=True)))[:1]
    return Case.objects.get(pk=first[0]) if first else None


def given_to(actor: Actor, selection: Selection) -> list[UUID]:
    """The cases of the selection that were given to the person for good, in order."""
    given = Assignment.objects.filter(holder_id=actor.id, lease_until=None).values_list("case", flat=True)
    return chosen(selection, actor, list(given))


def _free(actor: Actor, selection: Selection, after: Spot | None) -> Iterator[UUID]:
    """Cases that nobody holds, in order, each locked; what others are being given just now is passed over."""
    n, tried = AHEAD, set[UUID]()
    while True:
        ahead = upcoming(selection, actor, after=after, n=n)
        with connection.cursor() as cursor:
            cursor.execute(LOCK_FIRST, {"cases": [spot.case for spot in ahead if spot.case not in tried]})
            locked = cursor.fetchone()
        if locked:
            tried.add(locked[0])
            yield locked[0]
        elif len(ahead) < n:
            return
        else:
            n *= 4


def hold(actor: Actor, case_id: UUID, source: str = Assignment.Source.OPENED) -> Assignment:
    """`take`, within the caller's transaction. Raises Held, AlreadyDecided and CapReached."""
    check_caps(actor, opening=case_id)
    held = try_to_hold(actor, case_id, source)
    if held is None:
        raise refusal(case_id)
    return held


def try_to_hold(actor: Actor, case_id: UUID, source: str) -> Assignment | None:
    """None when somebody else holds the case, or it does not wait."""
    values = {"case": case_id, "holder": UUID(actor.id), "name": actor.name, "source": source, "lease": LEASE}
    rows = execute(TAKE, values)
    return Assignment(**rows[0]) if rows else None


def beat(*, actor: Actor, case_id: UUID, idle: timedelta = timedelta()) -> Assignment:
    """The browser says that the person is still at it, and for how long since the last time they were not.

    Raises Held when somebody else has it by now, AlreadyDecided when it went on.
    """
    values = {"case": case_id, "holder": UUID(actor.id), "lease": LEASE, "longest": LONGEST_BEAT}
    rows = execute(BEAT, values | {"idle": idle.total_seconds()})
    if rows:
        return Assignment(**rows[0])
    return take(actor=actor, case_id=case_id)


def release(*, actor: Actor, case_id: UUID) -> bool:
    """Put the case back for others. False when it was not the person's. What was given for good stays theirs."""
    mine = Assignment.objects.filter(case=case_id, holder_id=actor.id, lease_until__isnull=False)
    return bool(mine.update(lease_until=F("since")))  # over since long ago, whatever a transaction takes for now


def give_back(*, actor: Actor, case_id: UUID) -> None:
    """Put back a case that one was given for good, so that anybody is given it. Raises Refused."""
    with transaction.atomic():
        if not Assignment.objects.filter(case=case_id, holder_id=actor.id).delete()[0]:
            raise Refused("The case is not with you, so there is nothing to give back.")
        _record(actor, case_id, "review.given_back", before=actor.id, after="")


def take_over(*, actor: Actor, case_id: UUID) -> Assignment:
    """Take the case from who holds it: for seniors. Raises as `take` does, and Refused for others."""
    if Capability.REVIEWS_TAKE_OVER not in capabilities_of(actor.role):
        raise Refused("Only a senior takes a case over. Ask who has it, or a senior.")
    refuse_conflict(actor=actor, case_id=case_id)
    with transaction.atomic():
        before = _locked(case_id)
        if before is None or str(before.holder_id) == actor.id:
            return hold(actor, case_id)
        _record(actor, case_id, "review.taken_over", before=str(before.holder_id), after=actor.id)
        return _put(case_id, UUID(actor.id), actor.name, Assignment.Source.TAKEN_OVER, before.holder_name, LEASE)


def give(*, actor: Actor, case_id: UUID, to: Membership) -> Assignment:
    """Give the case to somebody for good: nobody else is given it until they decide it or give it back.

    Seniors give any case, everybody gives what they hold. Raises Refused, and AlreadyDecided when it does not wait.
    """
    with transaction.atomic():
        case, before = Case.objects.get(pk=case_id), _locked(case_id)
        check_giving(actor, case, before, to)
        _record(
            actor, case_id, "review.reassigned", before=str(before.holder_id) if before else "", after=str(to.user_id)
        )
        return _put(case_id, to.user_id, to.user.name, Assignment.Source.REASSIGNED, "", None)


def check_giving(actor: Actor, case: Case, held: Assignment | None, to: Membership) -> None:
    """Raises Refused when `actor` must not give the case to `to`."""
    own = held is not None and str(held.holder_id) == actor.id
    if Capability.REVIEWS_TAKE_OVER not in capabilities_of(actor.role) and not own:
        raise Refused(f"{case.number} is not with you: only a senior gives away what others have.")
    if not to.active or not may_decide(Actor("person", str(to.user_id), to.user.name, to.role), case):
        raise Refused(f"{to.user.name} may not decide {case.number}, so it would only lie there.")
    if case.customer and Reviewer.objects.filter(pk=to.user_id, conflicts__contains=[case.customer]).exists():
        raise Refused(f"{to.user.name} has an interest in the customer of {case.number}.")


def held_by(case_ids: Iterable[UUID]) -> dict[UUID, Assignment]:
    """Case → who holds it now, in one query."""
    found = Assignment.objects.filter(Q(lease_until=None) | Q(lease_until__gt=Now()), case__in=list(case_ids))
    return {each.case_id: each for each in found}


def refusal(case_id: UUID) -> Refused:
    """Why a case cannot be had: somebody holds it, or it does not wait any more."""
    held = held_by([case_id]).get(case_id)
    number = Case.objects.values_list("number", flat=True).get(pk=case_id)
    if held is None:
        return AlreadyDecided(f"{number} is no longer waiting. Nothing of yours was sent.")
    how = "has been given to" if held.lease_until is None else "is open at"
    return Held(
        f"{number} {how} {held.holder_name} since {held.since:%H:%M} UTC, so it is theirs to decide. "
        "Nothing of yours was sent. A senior can take it over."
    )


def check_caps(actor: Actor, *, opening: UUID | None = None) -> None:
    """Raises CapReached when the person has as many as they are to have, the one they are `opening` aside."""
    reviewer = reviewer_of(actor)
    if reviewer is None or (reviewer.most_held is None and reviewer.most_a_day is None):
        return
    Reviewer.objects.select_for_update().get(pk=reviewer.pk)  # two windows of one person take turns
    now = timezone.now()
    if reviewer.most_held is not None:
        held = Assignment.objects.filter(holder_id=actor.id, lease_until__gt=Now()).exclude(case=opening)
        if held.count() >= reviewer.most_held:
            names = ", ".join(held.values_list("case__number", flat=True)[:5])
            raise CapReached(
                f"You hold {names}: {reviewer.most_held} at once is your limit. Finish or leave one first."
            )
    if reviewer.most_a_day is not None:
        today = now.replace(hour=0, minute=0, second=0, microsecond=0)
        decided = Disposition.objects.filter(reviewer_id=actor.id, created_at__gte=today, undone_at=None)
        if decided.count() >= reviewer.most_a_day:
            raise CapReached(
                f"You have decided {reviewer.most_a_day} cases today, which is your limit for a day (UTC)."
            )


def worked(held: Assignment) -> int:
    """Milliseconds that the holder worked on it until now."""
    since_beat = min(timezone.now() - held.beaten_at, LONGEST_BEAT)
    return held.active_ms + max(0, int(since_beat.total_seconds() * 1000))


def _locked(case_id: UUID) -> Assignment | None:
    """Who holds the case now, with its place locked. Raises AlreadyDecided when it does not wait."""
    if not Place.objects.select_for_update().filter(pk=case_id).exists():
        raise refusal(case_id)
    return held_by([case_id]).get(case_id)


def _put(
    case_id: UUID, holder: UUID, name: str, source: Assignment.Source, taken_from: str, lease: timedelta | None
) -> Assignment:
    """Whoever had it, this one has it now."""
    values = {"case": case_id, "holder": holder, "name": name, "source": source, "from": taken_from, "lease": lease}
    return Assignment(**execute(PUT, values)[0])


def _record(actor: Actor, case_id: UUID, action: str, *, before: str, after: str) -> None:
    record(
        actor=actor,
        action=action,
        object=f"case:{case_id}",
        case=case_id,
        layer="review",
        before={"holder": before},
        after={"holder": after},
    )
