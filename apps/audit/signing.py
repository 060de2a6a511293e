"""Signed checkpoints: what the signer has put the log's name to, and what witnesses have seen."""

from django.conf import settings
from django.db import transaction

from apps.audit.entries import record
from apps.audit.models import Checkpoint, Cosignature, LogKey, SignedCheckpoint
from apps.audit.notes import COSIGNATURE, BadNote, Key, Note, Tree
from apps.audit.proofs import consistency
from apps.audit.signer import client
from apps.tenants.actors import Actor
from apps.tenants.schemas import current_schema

SIGNING = Actor("service", "signing", "Signing", "")


class NotAccepted(ValueError):
    """The cosignature is none that we can use. The message says why."""


def origin() -> str:
    """The name of the current tenant's log, which its checkpoints and keys bear."""
    return f"{settings.LOG_NAME}/{current_schema()}"


def sign_newest() -> SignedCheckpoint | None:
    """Have the newest checkpoint signed. None when there is nothing new. Raises SignerAway, SignerRefused, NoProof."""
    newest = Checkpoint.objects.order_by("-tree_size").first()
    if newest is None or SignedCheckpoint.objects.filter(pk=newest.tree_size).exists():
        return None
    text = Tree(origin(), newest.tree_size, bytes(newest.root)).text
    keys, last = client.keys(settings.SIGNER_SOCKET, origin())
    proof = consistency(last, newest.tree_size).path if last else ()
    note = client.sign_checkpoint(settings.SIGNER_SOCKET, text, proof)
    if note.text != text or not note.verified(keys[0]):
        raise client.SignerRefused("The signer gave back another text, or a signature that its key does not make.")
    with transaction.atomic():
        _note_keys(keys)
        signed, _ = SignedCheckpoint.objects.get_or_create(pk=newest.tree_size, defaults={"note": str(note)})
    return signed


def rotate_key(*, actor: Actor, reason: str) -> Key:
    """Let a new key sign from now on. The entry holds the statement in which the old key names it."""
    statement = client.rotate(settings.SIGNER_SOCKET, origin())
    keys, _ = client.keys(settings.SIGNER_SOCKET, origin())
    with transaction.atomic():
        _note_keys(keys)
        record(
            actor=actor,
            action="log_key.rotated",
            object=f"log_key:{keys[0].id.hex()}",
            reason=reason,
            after={"statement": str(statement)},
        )
    return keys[0]


def cosign(*, actor: Actor, note: str, witness: Key) -> Cosignature:
    """Accept a signed checkpoint that comes back with the cosignature of a witness. Raises NotAccepted."""
    try:
        seen = Note.parse(note)
        size = Tree.parse(seen.text).size
    except BadNote as error:
        raise NotAccepted(str(error)) from None
    ours = SignedCheckpoint.objects.filter(pk=size).first()
    if ours is None or Note.parse(ours.note).text != seen.text:
        raise NotAccepted("This is no checkpoint that this log has signed.")
    at = seen.seen_at(witness)
    if witness.algorithm != COSIGNATURE or at is None:
        raise NotAccepted(f"The note bears no valid cosignature of {witness.name}.")
    lines = [Note(seen.text, (each,)) for each in seen.signatures if each[:2] == (witness.name, witness.id)]
    line = next(str(each).removeprefix(f"{seen.text}\n") for each in lines if each.seen_at(witness) == at)
    with transaction.atomic():
        given, added = Cosignature.objects.get_or_create(
            checkpoint=ours, witness=witness.encoded, defaults={"line": line, "seen_at": at}
        )
        if added:
            record(
                actor=actor,
                action="checkpoint.cosigned",
                object=f"checkpoint:{size}",
                after={"witness": witness.encoded, "line": line},
            )
    return given


def published(signed: SignedCheckpoint) -> Note:
    """The note with the cosignatures that have come in since."""
    lines = signed.cosignatures.order_by("id").values_list("line", flat=True)
    return Note.parse(signed.note + "".join(lines))


def _note_keys(keys: list[Key]) -> None:
    """A key that signs for the log appears in the log."""
    known = set(LogKey.objects.values_list("encoded", flat=True))
    for key in reversed(keys):
        if key.encoded not in known:
            LogKey.objects.get_or_create(encoded=key.encoded)
            record(
                actor=SIGNING,
                action="log_key.appeared",
                object=f"log_key:{key.id.hex()}",
                after={"key": key.encoded},
            )
