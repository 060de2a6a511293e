"""Who came in, who tried to, and with which key: entries in the tenant's own log.

What was typed into the sign-in page is personal data, often a stranger's. The log holds digests of it under a key of
that day, so that many attempts with one address, or from one place, can be told as such, and mean nothing once the
day's key is destroyed (apps.audit.commitments).
"""

from datetime import UTC, date, datetime
from uuid import UUID, uuid5

from django.db import transaction

from apps.audit.commitments import commit
from apps.audit.entries import record
from apps.audit.reads import DAY, enter_once
from apps.tenants.actors import SYSTEM, Actor
from apps.tenants.purposes import Purpose
from apps.tenants.schemas import current_schema

ATTEMPTS = UUID("5b1f4a1c-90a5-4d1e-8f0e-6e0f7d2a9c31")


def attempts_of(day: date) -> UUID:
    """The subject under whose key one day's sign-in attempts are digested, in the current tenant."""
    return uuid5(ATTEMPTS, f"{current_schema()}/{day.isoformat()}")


@transaction.atomic
def record_sign_in(*, actor: Actor) -> None:
    record(actor=actor, action="person.signed_in", object=f"person:{actor.id}")


@transaction.atomic
def record_sign_out(*, actor: Actor) -> None:
    record(actor=actor, action="person.signed_out", object=f"person:{actor.id}")


@transaction.atomic
def record_failed_sign_in(*, person: UUID | None, address: str, place: str, reason: str) -> None:
    """`person` is whoever of this tenant has the address that was typed; `place` is where the request came from."""
    day = attempts_of(datetime.now(UTC).date())
    record(
        actor=SYSTEM,
        action="sign_in.failed",
        object=f"person:{person}" if person else "person:unknown",
        reason=reason,
        subject=str(day),
        address=commit(day, address.strip().lower().encode()),
        place=commit(day, place.encode()),
    )


@transaction.atomic
def record_session_end(*, person: str) -> None:
    """A session that was open has been closed by us, because its password is not the person's any more."""
    record(actor=SYSTEM, action="session.ended", object=f"person:{person}", reason="The password was changed.")


@transaction.atomic
def record_password_change(*, actor: Actor) -> None:
    record(actor=actor, action="password.changed", object=f"person:{actor.id}")


@transaction.atomic
def record_purpose(*, actor: Actor, purpose: Purpose) -> None:
    record(actor=actor, action="purpose.chosen", object=f"person:{actor.id}", purpose=purpose.value)


def record_key_use(*, actor: Actor) -> None:
    """The first use of an API key on a day."""
    enter_once(actor=actor, action="key.used", object=f"key:{actor.id}", purpose=Purpose.OPERATION, span=DAY)
