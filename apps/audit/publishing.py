"""Checkpoints leave the house on a schedule: by e-mail, to a webhook, a witness, an object storage or a folder.

A delivery that fails is tried again, later each time, and stays visible with what went wrong.
"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import quote

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone

from apps.audit import object_storage, witnesses
from apps.audit.entries import record
from apps.audit.models import Delivery, Destination, SignedCheckpoint
from apps.audit.notes import COSIGNATURE, BadNote, Key
from apps.audit.outbound import Unreachable, check, send
from apps.audit.signing import SIGNING, origin, published
from apps.tenants.actors import Actor

Kind = Destination.Kind
LEASE = timedelta(minutes=2)  # an attempt that a killed worker began is made again after it
LONGEST_WAIT = timedelta(hours=6)
HOURS = range(1, 169)


@transaction.atomic
def add_destination(*, actor: Actor, kind: str, address: str = "", key: str = "", every_hours: int = 24) -> Destination:
    """Raises ValidationError with what is wrong."""
    address, key = address.strip(), key.strip()
    if kind not in Kind.values:
        raise ValidationError("Choose where checkpoints go.")
    if every_hours not in HOURS:
        raise ValidationError("Say how often, from every hour to once a week (168 hours).")
    _check_address(Kind(kind), address, key)
    if Destination.objects.filter(kind=kind, address=address, stopped_at=None).exists():
        raise ValidationError("Checkpoints go there already.")
    made = Destination.objects.create(kind=kind, address=address, key=key, every_hours=every_hours)
    record(
        actor=actor,
        action="destination.added",
        object=f"destination:{made.pk}",
        after={"kind": kind, "address": address, "key": key, "every_hours": every_hours},
    )
    return made


@transaction.atomic
def stop_destination(*, actor: Actor, destination: Destination) -> None:
    """Nothing goes there any more. What has gone there is kept."""
    if Destination.objects.filter(pk=destination.pk, stopped_at=None).update(stopped_at=timezone.now()):
        record(
            actor=actor,
            action="destination.stopped",
            object=f"destination:{destination.pk}",
            before={"kind": destination.kind, "address": destination.address},
        )


def publish(now: datetime | None = None) -> int:
    """Send the newest signed checkpoint to every destination that is due. Returns how many have arrived."""
    now = now or timezone.now()
    newest = SignedCheckpoint.objects.order_by("-tree_size").first()
    if newest is None:
        return 0
    for destination in Destination.objects.filter(stopped_at=None):
        last = destination.deliveries.order_by("-id").first()
        due = last is None or now - last.checkpoint.at >= timedelta(hours=destination.every_hours)
        if due and (last is None or last.checkpoint_id != newest.pk):
            Delivery.objects.get_or_create(destination=destination, checkpoint=newest, defaults={"next_at": now})
    waiting = Delivery.objects.filter(delivered_at=None, next_at__lte=now, destination__stopped_at=None)
    return sum(_deliver(delivery, now) for delivery in list(waiting.values_list("pk", flat=True)))


def _deliver(delivery_id: int, now: datetime) -> bool:
    with transaction.atomic():
        claimed = Delivery.objects.select_for_update(skip_locked=True, of=("self",))
        delivery = claimed.filter(pk=delivery_id, delivered_at=None, next_at__lte=now).first()
        if delivery is None:
            return False
        delivery.attempts += 1
        delivery.next_at = now + LEASE
        delivery.save(update_fields=["attempts", "next_at"])
    try:
        _SENDERS[Kind(delivery.destination.kind)](delivery.destination, delivery.checkpoint)
    except (Unreachable, OSError) as error:
        wait = min(LONGEST_WAIT, timedelta(minutes=2 ** min(delivery.attempts, 9)))
        Delivery.objects.filter(pk=delivery_id).update(problem=str(error)[:400], next_at=now + wait)
        return False
    with transaction.atomic():
        arrived = Delivery.objects.filter(pk=delivery_id, delivered_at=None).update(delivered_at=now, problem="")
        if arrived:
            record(
                actor=SIGNING,
                action="checkpoint.published",
                object=f"checkpoint:{delivery.checkpoint_id}",
                after={"destination": str(delivery.destination_id), "kind": delivery.destination.kind},
            )
    return bool(arrived)


def _mail(destination: Destination, signed: SignedCheckpoint) -> None:
    words = (
        f"The audit log {origin()} holds {signed.pk} entries, and this is its signature over them.\n\n"
        "Keep this message: should the log ever be rewritten, it will contradict the log.\n"
        "An export of the log names this checkpoint, and verifier.py compares the two.\n\n"
    )
    note = str(published(signed))
    message = EmailMessage(f"Checkpoint of {origin()} over {signed.pk} entries", words + note, to=[destination.address])
    message.attach(f"checkpoint-{signed.pk}.txt", note, "text/plain")
    message.send()


def _webhook(destination: Destination, signed: SignedCheckpoint) -> None:
    body = json.dumps({"log": origin(), "size": signed.pk, "checkpoint": str(published(signed))}).encode()
    _expect(*send("POST", destination.address, body, {"content-type": "application/json"}))


def _witness(destination: Destination, signed: SignedCheckpoint) -> None:
    witnesses.ask(destination, signed)


def _object(destination: Destination, signed: SignedCheckpoint) -> None:
    try:
        credentials = object_storage.Credentials.parse(settings.OBJECT_STORAGE)
    except ValueError:
        raise Unreachable("OBJECT_STORAGE holds no credentials (key:secret:region).") from None
    url = f"{destination.address.rstrip('/')}/{quote(origin(), safe='/')}/{signed.pk}"
    body = str(published(signed)).encode()
    headers = object_storage.signed_headers(credentials, url, body, {"content-type": "text/plain"}, timezone.now())
    _expect(*send("PUT", url, body, headers))


def _folder(destination: Destination, signed: SignedCheckpoint) -> None:  # noqa: ARG001 - one folder for all
    path = settings.CHECKPOINT_FOLDER / quote(origin(), safe="") / str(signed.pk)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    draft.write_text(str(published(signed)))
    draft.rename(path)


_SENDERS: dict[Kind, Callable[[Destination, SignedCheckpoint], None]] = {
    Kind.MAIL: _mail,
    Kind.WEBHOOK: _webhook,
    Kind.WITNESS: _witness,
    Kind.OBJECT: _object,
    Kind.FOLDER: _folder,
}


def _expect(status: int, answer: str) -> None:
    if not 200 <= status < 300:
        raise Unreachable(f"The answer was {status}: {answer[:200].strip()}")


def _check_address(kind: Kind, address: str, key: str) -> None:
    if kind == Kind.MAIL:
        validate_email(address)
    elif kind != Kind.FOLDER:
        try:
            check(address)
        except Unreachable as error:
            raise ValidationError(str(error)) from error
    if kind == Kind.WITNESS:
        try:
            algorithm = Key.parse(key).algorithm
        except BadNote as error:
            raise ValidationError(str(error)) from error
        if algorithm != COSIGNATURE:
            raise ValidationError("This key signs logs. A witness's key is for cosignatures: its first byte is 4.")
