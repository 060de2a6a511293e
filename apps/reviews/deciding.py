"""Which person may decide a case, or hand it on."""

from apps.cases.models import Case
from apps.tenants.actors import Actor
from apps.tenants.capabilities import Capability, capabilities_of


def may_decide(actor: Actor, case: Case) -> bool:
    held = capabilities_of(actor.role)
    if case.escalated_to:
        return actor.role == case.escalated_to or Capability.REVIEWS_DECIDE_RESERVED in held
    return (Capability.REVIEWS_DECIDE_RESERVED if case.reserved else Capability.REVIEWS_DECIDE) in held


def may_escalate(actor: Actor, case: Case) -> bool:
    return may_decide(actor, case) or Capability.REVIEWS_DECIDE in capabilities_of(actor.role)
