"""Closed cases of which everything that a figure counts is known, written at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from uuid import UUID, uuid4

from django.utils import timezone

from apps.cases.models import Case, Subject
from apps.inference.models import Exchange
from apps.reviews.models import BlindReview, Disposition
from tests.factories import customer_service

KINDS = {"approved": "approve", "edited": "edit", "rejected": "reject"}
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
PRIYA = UUID(int=7)
_numbers = count(1)


@dataclass(frozen=True)
class Closed:
    """One case. `minutes` is a person's time, None where nobody measured it; `look` what a blind look came to."""

    outcome: str = "approved"
    minutes: float | None = 4.0
    hours: float = 10.0
    closed: datetime = MONDAY
    case_type: str = "return"
    arm: str = "incumbent"
    usd: str = ""
    revision: int = 1
    taken_back: bool = False
    look: str = ""
    reviewer: UUID = PRIYA


def write(cases: Sequence[Closed]) -> list[Case]:
    """In the order given."""
    workflow = customer_service()
    subject = Subject.objects.get_or_create(reference="somebody")[0]
    made = Case.objects.bulk_create(
        Case(
            number=f"K-{number}",
            workflow=workflow,
            release=workflow.production,
            subject=subject,
            external_id=f"closed-{number}",
            channel="email",
            text="Where is my parcel?",
            language="en",
            region="EU",
            received_at=each.closed - timedelta(hours=each.hours),
            arm=each.arm,
            state=Case.State.CLOSED,
            layer=Case.Layer.DONE,
            case_type=each.case_type,
            outcome=each.outcome,
            closed_at=each.closed,
            revision=each.revision,
        )
        for each, number in zip(cases, _numbers, strict=False)
    )
    rows = list(zip(cases, made, strict=True))
    Disposition.objects.bulk_create(disposition for each, case in rows for disposition in _dispositions(each, case))
    BlindReview.objects.bulk_create(_look(each, case) for each, case in rows if each.look)
    Exchange.objects.bulk_create(_exchange(each, case) for each, case in rows if each.usd)
    return made


def _dispositions(each: Closed, case: Case) -> Iterator[Disposition]:
    if each.outcome not in KINDS:
        return
    taken = None if each.minutes is None else round(each.minutes * 60_000)
    common = {"case": case, "revision": case.revision, "kind": KINDS[each.outcome], "active_ms": taken}
    common |= {"reviewer_id": each.reviewer, "reviewer_name": "Priya", "role": "operator"}
    if each.taken_back:
        yield Disposition(**common, turn=0, undone_at=timezone.now() + timedelta(hours=1))
    yield Disposition(**common, turn=1)


def _look(each: Closed, case: Case) -> BlindReview:
    return BlindReview(
        kind=BlindReview.Kind.SAMPLE if each.outcome == "automatic" else BlindReview.Kind.SECOND,
        workflow_id=case.workflow_id,
        case=case,
        first=case.dispositions.filter(undone_at=None).first(),
        drawn_at=each.closed,
        verdict=each.look,
        reviewer_id=uuid4(),
        reviewer_name="Tomasz",
        decided_at=each.closed,
    )


def _exchange(each: Closed, case: Case) -> Exchange:
    return Exchange(
        case_id=case.pk,
        person=case.subject_id,
        purpose="action",
        route="anthropic:claude-sonnet-4-5",
        request=b"",
        request_digest=str(case.pk),
        response=b"",
        response_digest="",
        status=200,
        outcome=Exchange.Outcome.ANSWERED,
        problem=b"",
        cost=Decimal(each.usd),
        started_at=each.closed,
        microseconds=1,
    )
