"""Signatures on records (21 CFR 11.50, 11.70, 11.200): who signed in again, when, what it means, bound to a hash."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from apps.audit.canonical import Json, canonical
from apps.audit.entries import record as enter
from apps.audit.entries import timestamp
from apps.audit.models import Entry
from apps.compliance.evidence import first_id
from apps.compliance.framework_models import Signature
from apps.reviews.calendars import in_force
from apps.tenants.actors import Actor
from apps.tenants.models import User

WRONG_AT_MOST = 5
WITHIN = timedelta(minutes=15)


class SignatureRefused(ValueError):
    """Whoever signs could not be identified. The message says what to do."""


@dataclass(frozen=True)
class Signable:
    """What is signed: `name` is "kind:id", `content` what the signer was shown."""

    name: str
    content: dict[str, Json]

    @property
    def exact(self) -> bytes:
        return canonical(self.content)


def sign(*, actor: Actor, record: Signable, meaning: str, password: str, email: str | None = None) -> Signature:
    """Sign a record. At the first signing of a session `email` is given too: two components, later one.

    Raises SignatureRefused for a wrong component, and after five within a quarter of an hour for right ones.
    """
    identify(actor=actor, record=record.name, password=password, email=email)
    return write_signature(actor=actor, record=record, meaning=meaning, components=1 if email is None else 2)


@transaction.atomic
def write_signature(*, actor: Actor, record: Signable, meaning: str, components: int) -> Signature:
    """The signature of somebody whom `identify` has let through, in the transaction of what it signs for."""
    exact, now, (_, calendar) = record.exact, timezone.now(), in_force()
    signature = Signature.objects.create(
        record=record.name,
        content=exact.decode(),
        sha256=hashlib.sha256(exact).hexdigest(),
        meaning=meaning,
        signer_id=actor.id,
        signer_name=actor.name,
        role=actor.role,
        components=components,
        signed_at=now,
        zone=calendar.zone,
    )
    enter(
        actor=actor,
        action="signature.given",
        object=f"signature:{signature.pk}",
        after={
            "record": record.name,
            "sha256": signature.sha256,
            "meaning": meaning,
            "components": components,
            "signed_at": timestamp(now),
            "zone": signature.zone,
        },
    )
    return signature


def identify(*, actor: Actor, record: str, password: str, email: str | None) -> None:
    """Whether the components are the actor's own. What is refused stays in the log whatever happens to the deed."""
    if _refused_lately(actor) >= WRONG_AT_MOST:
        raise SignatureRefused("Too many wrong attempts. Wait a quarter of an hour; nothing was signed.")
    user = User.objects.filter(pk=actor.id).first() if actor.kind == "person" else None
    right = user is not None and user.check_password(password)
    if right and user is not None and (email is None or email.strip().lower() == user.email):
        return
    with transaction.atomic():
        enter(actor=actor, action="signature.refused", object=record)
    asked = "password is" if email is None else "e-mail address or the password are"
    raise SignatureRefused(f"The {asked} not yours. Nothing was signed; try again.")


def verified(signature: Signature) -> bool:
    """Whether the record that was signed still has the hash that the signature and its entry in the log name."""
    if hashlib.sha256(signature.content.encode()).hexdigest() != signature.sha256:
        return False
    at = _written_at(signature)
    entries = Entry.objects.filter(
        id__gte=first_id(at), id__lt=first_id(at + timedelta(minutes=1)), object=f"signature:{signature.pk}"
    )
    return any(signature.sha256.encode() in bytes(entry.bytes) for entry in entries)


def _written_at(signature: Signature) -> datetime:
    """By its id, which the clock gave that entries have theirs from: `signed_at` may tell of a time that is past."""
    return datetime.fromtimestamp((signature.pk.int >> 80) / 1000, UTC)


def broken_among(signatures: Iterable[Signature]) -> list[Signature]:
    return [signature for signature in signatures if not verified(signature)]


def _refused_lately(actor: Actor) -> int:
    since = first_id(timezone.now() - WITHIN)
    return Entry.objects.filter(id__gte=since, action="signature.refused", actor=f"{actor.kind}:{actor.id}").count()
