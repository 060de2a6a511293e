"""Digests of what the log must not hold in clear, keyed per person.

A plain hash of a short text can be guessed. These are HMAC-SHA-256 under a random key of the subject's own: whoever
holds the key and the text can show that the entry speaks of that text, and once the key is destroyed nobody can
connect the two any more.

Subject keys are stored under AES-256-GCM. The wrapping key derives from AUDIT_KEK, or from SECRET_KEY without it.
"""

import hashlib
import hmac
import os
import time
from collections.abc import Collection
from functools import lru_cache
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from apps.audit.entries import record
from apps.audit.models import SubjectKey
from apps.tenants.actors import Actor
from apps.tenants.schemas import current_schema

NONCE_BYTES = 12
KEPT_SECONDS = 60.0  # how long a process may go on with a key that another one has destroyed
KEPT_KEYS = 10_000

_kept: dict[tuple[str, UUID], tuple[float, bytes]] = {}


class SubjectForgotten(LookupError):
    """The subject's key has been destroyed, so nothing more can be said about them."""


def commit(subject: UUID, value: bytes) -> str:
    """`hmac-sha256:<hex>` of `value` under the subject's key, made when there is none. Raises SubjectForgotten."""
    return digest(subject_keys([subject])[subject], value)


def digest(key: bytes, value: bytes) -> str:
    return f"hmac-sha256:{hmac.digest(key, value, hashlib.sha256).hex()}"


def subject_keys(subjects: Collection[UUID]) -> dict[UUID, bytes]:
    """The 32-byte keys of these subjects in the current tenant; missing ones are made. Raises SubjectForgotten.

    At most three queries however many there are, none when this process has used them within the last minute.
    """
    tenant, now = current_schema(), time.monotonic()
    kept = {subject: _kept.get((tenant, subject), (0.0, b"")) for subject in subjects}
    keys = {subject: key for subject, (until, key) in kept.items() if until > now}
    missing = kept.keys() - keys.keys()
    if not missing:
        return keys
    stored = _read(tenant, missing)
    fresh = sorted(missing - stored.keys())  # in one order, so that two writers cannot wait for each other
    if fresh:
        SubjectKey.objects.bulk_create(
            [SubjectKey(subject=subject, wrapped=_wrap(tenant, subject, os.urandom(32))) for subject in fresh],
            ignore_conflicts=True,  # another writer may have been first: then theirs is read below
        )
        stored |= _read(tenant, fresh)
    # After the commit, for a key made in a transaction that rolls back never was.
    transaction.on_commit(lambda: _keep(tenant, stored, now + KEPT_SECONDS))
    return keys | stored


def forgotten_among(subjects: Collection[UUID]) -> set[UUID]:
    """Those of the subjects whose keys have been destroyed."""
    return set(SubjectKey.objects.filter(subject__in=subjects, wrapped=None).values_list("subject", flat=True))


@transaction.atomic
def destroy_key(*, actor: Actor, subject: UUID, reason: str) -> bool:
    """Forget a subject: every digest about them stops meaning anything. False when there was no key left to destroy."""
    changed = SubjectKey.objects.filter(subject=subject, wrapped__isnull=False).update(wrapped=None, destroyed_at=Now())
    _kept.pop((current_schema(), subject), None)
    if changed:
        record(
            actor=actor,
            action="subject.key_destroyed",
            object=f"subject:{subject}",
            subject=str(subject),
            reason=reason,
        )
    return bool(changed)


def open_key(subject: UUID, wrapped: bytes) -> bytes:
    """A key as it is stored in the current tenant, opened: for taking it to another installation."""
    return _unwrap(current_schema(), subject, wrapped)


def wrap_key(subject: UUID, key: bytes) -> bytes:
    """A key as it is to be stored in the current tenant, under this installation's own master key."""
    return _wrap(current_schema(), subject, key)


def _read(tenant: str, subjects: Collection[UUID]) -> dict[UUID, bytes]:
    rows = SubjectKey.objects.filter(subject__in=subjects).values_list("subject", "wrapped")
    return {subject: _unwrap(tenant, subject, wrapped) for subject, wrapped in rows}


def _keep(tenant: str, keys: dict[UUID, bytes], until: float) -> None:
    if len(_kept) + len(keys) > KEPT_KEYS:
        _kept.clear()
    _kept.update({(tenant, subject): (until, key) for subject, key in keys.items()})


def _wrap(tenant: str, subject: UUID, key: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + _wrapping().encrypt(nonce, key, _bound_to(tenant, subject))


def _unwrap(tenant: str, subject: UUID, wrapped: bytes | memoryview | None) -> bytes:
    if wrapped is None:
        raise SubjectForgotten(f"The key of subject {subject} has been destroyed.")
    return _wrapping().decrypt(bytes(wrapped[:NONCE_BYTES]), bytes(wrapped[NONCE_BYTES:]), _bound_to(tenant, subject))


def _bound_to(tenant: str, subject: UUID) -> bytes:
    return f"{tenant}/{subject}".encode()


def _wrapping() -> AESGCM:
    return _cipher(settings.AUDIT_KEK or settings.SECRET_KEY)


@lru_cache(maxsize=4)
def _cipher(secret: str) -> AESGCM:
    return AESGCM(HKDF(algorithm=SHA256(), length=32, salt=None, info=b"audit subject keys").derive(secret.encode()))
