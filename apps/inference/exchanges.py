"""Keeping round trips, and finding the answers that a question already has."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, transaction

from apps.inference.costs import Cost
from apps.inference.models import Exchange
from apps.inference.wire import KnownAnswer, RoundTrip


@dataclass(frozen=True)
class Question:
    """What the answers to a request are kept under, beside the request itself."""

    case: UUID
    purpose: str
    route: str


@transaction.atomic(durable=True)
def known_answers(question: Question) -> Mapping[str, KnownAnswer]:
    """By the SHA-256 of the request. Raises RuntimeError inside a transaction: none may be held across a model call."""
    rows = Exchange.objects.filter(
        case_id=question.case, purpose=question.purpose, outcome__in=Exchange.REPLAYED
    ).values_list("request_sha256", "response", "content_type")
    return {sha256: KnownAnswer(bytes(body), content_type) for sha256, body, content_type in rows}


@transaction.atomic(durable=True)
def keep(question: Question, trip: RoundTrip, outcome: Exchange.Outcome, cost: Cost, problem: str = "") -> Exchange:
    """Store one round trip; a replayed one is found. When another worker stored its answer first, ours is surplus."""
    if trip.replayed:
        return Exchange.objects.get(
            case_id=question.case,
            purpose=question.purpose,
            request_sha256=trip.request_sha256,
            outcome__in=Exchange.REPLAYED,
        )
    exchange = Exchange(
        case_id=question.case,
        purpose=question.purpose,
        route=question.route,
        request=trip.request,
        request_sha256=trip.request_sha256,
        response=trip.response,
        response_sha256=hashlib.sha256(trip.response).hexdigest(),
        content_type=trip.content_type,
        status=trip.status,
        outcome=outcome,
        problem=problem[:400],
        input_tokens=cost.input_tokens,
        output_tokens=cost.output_tokens,
        cost=cost.usd,
        cost_estimated=cost.estimated,
        started_at=trip.started_at,
        microseconds=trip.microseconds,
    )
    try:
        with transaction.atomic():
            exchange.save(force_insert=True)
    except IntegrityError:
        exchange.outcome = Exchange.Outcome.SURPLUS
        exchange.save(force_insert=True)
    return exchange
