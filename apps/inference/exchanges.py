"""Keeping round trips under the key of whom they are about, and finding the answers that a question already has."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, transaction

from apps.audit.commitments import digest, subject_keys
from apps.audit.entries import record
from apps.audit.sealing import seal
from apps.inference.costs import Cost
from apps.inference.models import Exchange
from apps.inference.wire import Known, KnownAnswer, RoundTrip
from apps.tenants.actors import SYSTEM

PROBLEM = 400  # characters of a problem that are kept


@dataclass(frozen=True)
class About:
    """Whose words a question holds, and what its answers are kept under."""

    case: UUID  # or an id of its own, when an evaluation asks
    person: UUID  # whose key seals them
    evaluation: bool = False


@dataclass(frozen=True)
class Question:
    """What the answers to a request are kept under, beside the request itself."""

    about: About
    purpose: str
    route: str


@transaction.atomic(durable=True)
def known_answers(question: Question) -> Known:
    """Raises RuntimeError inside a transaction, for none may be held across a model call; and SubjectForgotten."""
    about = question.about
    key = subject_keys([about.person])[about.person]
    rows = Exchange.objects.filter(
        case_id=about.case, purpose=question.purpose, person=about.person, outcome__in=Exchange.REPLAYED
    )
    return Known(lambda sent: digest(key, sent), answers_in(rows))


def answers_in(exchanges: Iterable[Exchange]) -> Mapping[str, KnownAnswer]:
    """By the digest of the request. Raises SubjectForgotten and SealBroken."""
    return {each.request_digest: KnownAnswer(each.plain("response"), each.content_type) for each in exchanges}


@transaction.atomic(durable=True)
def keep(question: Question, trip: RoundTrip, outcome: Exchange.Outcome, cost: Cost, problem: str = "") -> Exchange:
    """Store one round trip; a replayed one is found. When another worker stored its answer first, ours is surplus."""
    if trip.replayed:
        return Exchange.objects.get(
            case_id=question.about.case,
            purpose=question.purpose,
            request_digest=trip.request_digest,
            outcome__in=Exchange.REPLAYED,
        )
    exchange = _sealed(question, trip, outcome, cost, problem)
    try:
        with transaction.atomic():
            exchange.save(force_insert=True)
    except IntegrityError:
        exchange.outcome = Exchange.Outcome.SURPLUS
        exchange.save(force_insert=True)
    record(
        actor=SYSTEM,
        action="model.asked",
        object=f"exchange:{exchange.pk}",
        case=None if question.about.evaluation else question.about.case,
        subject=str(question.about.person),
        purpose=question.purpose,
        model=question.route,
        result=exchange.outcome,
        status=trip.status,
        exchanges=[str(exchange.pk)],
        fingerprints=[exchange.fingerprints()],
    )
    return exchange


def _sealed(question: Question, trip: RoundTrip, outcome: Exchange.Outcome, cost: Cost, problem: str) -> Exchange:
    person = question.about.person
    key = subject_keys([person])[person]
    exchange = Exchange(
        case_id=question.about.case,
        person=person,
        purpose=question.purpose,
        route=question.route,
        request_digest=trip.request_digest,
        response_digest=digest(key, trip.response),
        content_type=trip.content_type,
        status=trip.status,
        outcome=outcome,
        input_tokens=cost.input_tokens,
        output_tokens=cost.output_tokens,
        cost=cost.usd,
        cost_estimated=cost.estimated,
        started_at=trip.started_at,
        microseconds=trip.microseconds,
    )
    exchange.request = seal(person, exchange.place("request"), trip.request)
    exchange.response = seal(person, exchange.place("response"), trip.response)
    exchange.problem = seal(person, exchange.place("problem"), problem[:PROBLEM].encode())
    return exchange
