"""Texts about a person, kept beside the log so that they can be forgotten: AES-256-GCM under the person's key.

Each seal is bound to its tenant and to the place that it was made for, so that none can be put into another's place.
What is sealed is deflated first, because PostgreSQL cannot compress what looks like chance.
"""

import hashlib
import hmac
import os
import zlib
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from apps.audit.commitments import NONCE_BYTES, subject_keys
from apps.tenants.schemas import current_schema

PURPOSE = b"sealed texts"  # the person's key itself makes digests; what seals is derived from it
QUICK = 1  # zlib's level: the others save a few per cent and take three times as long


class SealBroken(ValueError):
    """The sealed bytes are not those that were sealed for this place."""


def seal(person: UUID, place: str, plain: bytes) -> bytes:
    """`plain` under the person's key, made when there is none. `place` names table, row and column, such as
    `exchange:<id>:request`. Raises SubjectForgotten."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + _cipher(person).encrypt(nonce, zlib.compress(plain, QUICK), _bound_to(place))


def unseal(person: UUID, place: str, sealed: bytes | memoryview) -> bytes:
    """What was sealed. Raises SubjectForgotten, and SealBroken when the bytes are others or come from elsewhere."""
    nonce, rest = bytes(sealed[:NONCE_BYTES]), bytes(sealed[NONCE_BYTES:])
    try:
        return zlib.decompress(_cipher(person).decrypt(nonce, rest, _bound_to(place)))
    except (InvalidTag, ValueError):
        raise SealBroken(f"{place} does not hold what was sealed there.") from None


def _cipher(person: UUID) -> AESGCM:
    return AESGCM(hmac.digest(subject_keys([person])[person], PURPOSE, hashlib.sha256))


def _bound_to(place: str) -> bytes:
    return f"{current_schema()}/{place}".encode()
