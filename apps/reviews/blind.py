"""Blind reviews: drawn by hash, taken under a lease, decided without seeing what became of the case.

Whether a case is drawn follows from its id alone: nobody chooses what is looked at, and anybody can recompute it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from apps.audit.commitments import commit
from apps.audit.entries import record
from apps.cases.models import Case
from apps.cases.statements import execute
from apps.reviews import policies
from apps.reviews.blind_models import BlindReview
from apps.reviews.deciding import may_decide
from apps.reviews.distribution import refuse_conflict, reviewer_of
from apps.reviews.models import Disposition
from apps.reviews.reasons import CODES, why_rationale
from apps.reviews.refusals import AlreadyDecided, Held, Refused
from apps.tenants.actors import SYSTEM, Actor
from apps.workflows.models import Workflow

LEASE = timedelta(minutes=30)
LOOKED_BACK = timedelta(days=14)  # what ended earlier is not drawn any more
AT_ONCE = 500  # drawn in one go
LOOKED_THROUGH = 20  # open ones, for one that the person may decide
LONGEST_RATIONALE = 4000  # characters
DIGEST = "sha256(convert_to(%(kind)s || ':' || {id}::text, 'UTF8'))"
LUCK = f"('x' || encode(substr({DIGEST}, 1, 4), 'hex'))::bit(32)::bigint"
NOT_YET = "NOT EXISTS (SELECT 1 FROM reviews_blindreview AS b WHERE b.case_id = c.id AND b.kind = %(kind)s)"
# What a person forgotten has left of their case is nothing to judge.
SAMPLE = f"""
SELECT c.id AS case_id, NULL::uuid AS first_id, NULL::uuid AS not_by FROM cases_case AS c
WHERE c.workflow_id = %(workflow)s AND c.received_at >= %(since)s AND c.state = 'closed' AND c.outcome = 'automatic'
  AND c.text <> '' AND {LUCK.format(id="c.id")} < %(below)s AND {NOT_YET} ORDER BY c.id LIMIT %(most)s
"""  # noqa: S608 - from the texts above
SECOND = f"""
SELECT DISTINCT ON (c.id) c.id AS case_id, d.id AS first_id, d.reviewer_id AS not_by
FROM reviews_disposition AS d JOIN cases_case AS c ON c.id = d.case_id
WHERE c.workflow_id = %(workflow)s AND d.created_at BETWEEN %(since)s AND %(settled)s AND d.undone_at IS NULL
  AND d.kind IN ('approve', 'edit', 'reject') AND c.state = 'closed' AND c.text <> ''
  AND {LUCK.format(id="d.id")} < %(below)s AND {NOT_YET} ORDER BY c.id, d.created_at DESC LIMIT %(most)s
"""  # noqa: S608


@dataclass(frozen=True)
class Drawn:
    """A case to be looked at blind. `expected` is the known answer, where there is one."""

    case: UUID
    first: UUID | None = None
    not_by: UUID | None = None
    expected: dict[str, str | bool] | None = None


def lucky(kind: str, identity: UUID, percent: int) -> bool:
    """Whether the hash of what is drawn falls below the rate: the same answer at any time."""
    return int.from_bytes(sha256(f"{kind}:{identity}".encode()).digest()[:4]) < _below(percent)


def draw(workflow: Workflow) -> int:
    """Draw from what ended lately, at the rates of the policy in force. Returns how many are new."""
    rates = policies.in_force(workflow.pk)[1].blind
    kinds = BlindReview.Kind
    return _draw(workflow, kinds.SAMPLE, SAMPLE, rates.sample) + _draw(workflow, kinds.SECOND, SECOND, rates.second)


def draw_everywhere() -> int:
    return sum(draw(workflow) for workflow in Workflow.objects.all())


@transaction.atomic
def add(*, workflow: Workflow, kind: BlindReview.Kind, percent: int, drawn: Sequence[Drawn]) -> int:
    """Lay cases out for blind review. One that was drawn before is left as it is. Returns how many are new."""
    Workflow.objects.select_for_update().get(pk=workflow.pk)
    there = BlindReview.objects.filter(kind=kind, case__in=[each.case for each in drawn])
    known = set(there.values_list("case", flat=True))
    fresh = [each for each in drawn if each.case not in known]
    if not fresh:
        return 0
    BlindReview.objects.bulk_create(
        BlindReview(
            kind=kind,
            workflow=workflow,
            case_id=each.case,
            first_id=each.first,
            not_by=each.not_by,
            expected=each.expected or {},
            drawn_at=timezone.now(),
        )
        for each in fresh
    )
    record(
        actor=SYSTEM,
        action="blind_review.drawn",
        object=f"workflow:{workflow.slug}",
        workflow=workflow.slug,
        after={"kind": kind.value, "percent": percent, "cases": [str(each.case) for each in fresh]},
    )
    return len(fresh)


def open_for(actor: Actor) -> QuerySet[BlindReview]:
    """Those that the person may be given: of nobody's lease, no case that they decided, nobody's whom they know."""
    free = Q(lease_until=None) | Q(lease_until__lte=timezone.now()) | Q(holder_id=actor.id)
    found = BlindReview.objects.filter(free, verdict="").exclude(not_by=actor.id)
    found = found.exclude(case__text="").exclude(case__dispositions__reviewer_id=actor.id)  # "": of a person forgotten
    reviewer = reviewer_of(actor)
    return found.exclude(case__customer__in=reviewer.conflicts) if reviewer and reviewer.conflicts else found


def waiting_for(actor: Actor) -> int:
    """How many wait that the person may decide."""
    return sum(may_decide(actor, each.case) for each in open_for(actor).select_related("case")[:AT_ONCE])


@transaction.atomic
def take_next(*, actor: Actor) -> BlindReview | None:
    """Hold the one that is open at the person already, else the next. None when nothing is left for them."""
    own = BlindReview.objects.filter(verdict="", holder_id=actor.id, lease_until__gt=timezone.now()).first()
    if own:
        return own
    found = open_for(actor).select_related("case").order_by("id").select_for_update(skip_locked=True, of=("self",))
    review = next((each for each in found[:LOOKED_THROUGH] if may_decide(actor, each.case)), None)
    if review is None:
        return None
    review.holder_id, review.holder_name = UUID(actor.id), actor.name
    review.lease_until = timezone.now() + LEASE
    review.save(update_fields=["holder_id", "holder_name", "lease_until"])
    _record(actor, review, "blind_review.taken")
    return review


def decide(*, actor: Actor, review_id: UUID, verdict: str, reason_code: str = "", rationale: str = "") -> BlindReview:
    """Write down what the person would have done. Nothing is sent, and the case stays as it is. Raises Refused."""
    refuse_conflict(actor=actor, case_id=BlindReview.objects.values_list("case", flat=True).get(pk=review_id))
    with transaction.atomic():
        found = BlindReview.objects.select_related("case").select_for_update(of=("self",))
        review = found.get(pk=review_id)
        _check(actor, review)
        _check_words(review.case, verdict, reason_code, rationale)
        changed = verdict != BlindReview.Verdict.APPROVE
        review.verdict, review.reason_code = verdict, reason_code if changed else ""
        review.rationale = rationale.replace("\x00", "").strip()
        review.reviewer_id, review.reviewer_name, review.decided_at = UUID(actor.id), actor.name, timezone.now()
        review.save(update_fields=["verdict", "reason_code", "rationale", "reviewer_id", "reviewer_name", "decided_at"])
        _record(actor, review, "blind_review.decided")
        return review


def _draw(workflow: Workflow, kind: BlindReview.Kind, statement: str, percent: int) -> int:
    now = timezone.now()
    values = {
        "workflow": workflow.pk,
        "kind": kind.value,
        "since": now - LOOKED_BACK,
        "settled": now - timedelta(seconds=settings.UNDO_SECONDS),
        "below": _below(percent),
        "most": AT_ONCE,
    }
    rows = execute(statement, values) if percent else ()
    drawn = [Drawn(row["case_id"], row["first_id"], row["not_by"]) for row in rows]
    return add(workflow=workflow, kind=kind, percent=percent, drawn=drawn)


def _below(percent: int) -> int:
    return percent * 2**32 // 100


def _check(actor: Actor, review: BlindReview) -> None:
    if review.verdict:
        raise AlreadyDecided(f"{review.reviewer_name} has looked at it already. Thank you: the next one needs you.")
    own = review.not_by is not None and str(review.not_by) == actor.id
    if own or Disposition.objects.filter(case=review.case_id, reviewer_id=actor.id).exists():
        raise Refused("You decided this case yourself, so somebody else looks at it blind.")
    if not may_decide(actor, review.case):
        raise Refused("Cases like this one are for a senior reviewer.")
    if str(review.holder_id) != actor.id and review.lease_until and review.lease_until > timezone.now():
        raise Held(f"It is open at {review.holder_name}. Take the next one instead.")


def _check_words(case: Case, verdict: str, reason_code: str, rationale: str) -> None:
    if verdict not in BlindReview.Verdict:
        raise Refused("Choose what you would do with it.")
    if len(rationale) > LONGEST_RATIONALE:
        raise Refused(f"The note has {len(rationale)} characters; {LONGEST_RATIONALE} are the most.")
    if verdict == BlindReview.Verdict.APPROVE:
        return
    if reason_code not in CODES:
        raise Refused("Choose a reason: it is what the drafts, and colleagues, learn from.")
    why = why_rationale(reason_code, case.impact)
    if why and not rationale.strip():
        raise Refused(f"{why} Write a note that says why, so that whoever looks later understands it.")


def _record(actor: Actor, review: BlindReview, action: str) -> None:
    """The entry names neither the kind nor the first decision: whoever reads the log is no less blind."""
    record(
        actor=actor,
        action=action,
        object=f"blind_review:{review.pk}",
        case=review.case_id,
        subject=str(review.case.subject_id),
        layer="review",
        disposition=review.verdict,
        reason_code=review.reason_code,
        rationale=commit(review.case.subject_id, review.rationale.encode()) if review.rationale else "",
    )
