"""The content-addressed store: bytes go in, their SHA-256 names them, and what comes out is checked against it."""

import hashlib

from apps.inference.models import Artefact


class ArtefactDamaged(Exception):
    """The stored bytes no longer match their name."""


def store(kind: str, data: bytes) -> str:
    """Keep `data` and return its SHA-256 in hex. The same bytes are kept once."""
    sha256 = hashlib.sha256(data).hexdigest()
    Artefact.objects.get_or_create(sha256=sha256, defaults={"kind": kind, "bytes": data})
    return sha256


def load(sha256: str) -> bytes:
    """The bytes of that name. Raises Artefact.DoesNotExist, or ArtefactDamaged when they were changed."""
    data = bytes(Artefact.objects.values_list("bytes", flat=True).get(pk=sha256))
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ArtefactDamaged(f"Artefact {sha256} does not match its fingerprint.")
    return data
