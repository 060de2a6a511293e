"""Sealing exchanges from before there were seals: done once, by the application, because a migration has no keys."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from django.db import transaction

from apps.audit.commitments import SubjectForgotten, commit
from apps.audit.entries import record
from apps.audit.sealing import seal
from apps.cases.models import Case
from apps.inference.models import Exchange
from apps.tenants.actors import SYSTEM

BATCH = 200


class Sealed(NamedTuple):
    sealed: int
    removed: int  # about somebody who was forgotten, or asked by an evaluation, where nobody can say about whom


def seal_earlier() -> Sealed:
    """Seal every exchange that has no person yet. May be stopped and called again."""
    total = Sealed(0, 0)
    while waiting := list(Exchange.objects.filter(person=None).order_by("pk")[:BATCH]):
        done = _seal(waiting)
        total = Sealed(total.sealed + done.sealed, total.removed + done.removed)
    return total


@transaction.atomic
def _seal(exchanges: Sequence[Exchange]) -> Sealed:
    people = dict(Case.objects.filter(pk__in=[each.case_id for each in exchanges]).values_list("pk", "subject"))
    gone = [each for each in exchanges if not _sealed(each, people.get(each.case_id))]
    if gone:
        Exchange.objects.filter(pk__in=[each.pk for each in gone]).delete()
        record(
            actor=SYSTEM,
            action="exchanges.removed",
            object="exchanges:unsealed",
            exchanges=[str(each.pk) for each in gone],
            reason="Kept before exchanges were sealed, and nobody's key can seal them.",
        )
    return Sealed(len(exchanges) - len(gone), len(gone))


def _sealed(exchange: Exchange, person: UUID | None) -> bool:
    """Seal one in its place. False when there is no key to do it with."""
    if person is None:
        return False
    request, response, problem = bytes(exchange.request), bytes(exchange.response), bytes(exchange.problem)
    try:
        exchange.request_digest, exchange.response_digest = commit(person, request), commit(person, response)
    except SubjectForgotten:
        return False
    exchange.person = person
    exchange.request = seal(person, exchange.place("request"), request)
    exchange.response = seal(person, exchange.place("response"), response)
    exchange.problem = seal(person, exchange.place("problem"), problem)
    exchange.save()
    record(
        actor=SYSTEM,
        action="exchange.sealed",
        object=f"exchange:{exchange.pk}",
        case=exchange.case_id,
        subject=str(person),
        exchanges=[str(exchange.pk)],
        fingerprints=[exchange.fingerprints()],
    )
    return True
