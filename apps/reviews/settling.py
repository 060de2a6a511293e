"""An effect in doubt, settled by a person who found out what the platform could not."""

from typing import Literal, get_args
from uuid import UUID

from apps.connectors.models import Effect
from apps.connectors.sending import settle_by_hand
from apps.reviews.refusals import Refused
from apps.tenants.actors import Actor
from apps.tenants.capabilities import Capability, capabilities_of

Finding = Literal["done", "not_done", "send_again"]
FINDINGS: dict[Finding, str] = {
    "done": "It was done",
    "not_done": "It was not done, and is not to be",
    "send_again": "It was not done: send it again",
}


def may_settle(actor: Actor) -> bool:
    return Capability.REVIEWS_DECIDE_RESERVED in capabilities_of(actor.role)


def settle(*, actor: Actor, case_id: UUID, effect_id: UUID, finding: str, reason: str) -> None:
    """Record what became of the effect. For seniors, with a reason; the ledger writes the entry. Raises Refused."""
    if not may_settle(actor):
        raise Refused("A senior settles what is in doubt. Escalate the case to one.")
    chosen = next((each for each in get_args(Finding) if each == finding), None)
    if chosen is None:
        raise Refused("Choose what you found out.")
    if not Effect.objects.filter(pk=effect_id, case_id=case_id).exists():
        raise Refused("There is no such effect of this case.")
    try:
        settle_by_hand(actor=actor, effect_id=effect_id, finding=chosen, reason=reason)
    except ValueError as refused:
        raise Refused(str(refused)) from refused
