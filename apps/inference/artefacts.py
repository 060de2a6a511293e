"""The content-addressed store: bytes go in, their SHA-256 names them, and what comes out is checked against it."""

import hashlib
from collections.abc import Iterator

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
    return _checked(sha256, bytes(Artefact.objects.values_list("bytes", flat=True).get(pk=sha256)))


def find(sha256: str) -> bytes | None:
    """As `load`; None when there are no bytes of that name."""
    data = Artefact.objects.filter(pk=sha256).values_list("bytes", flat=True).first()
    return None if data is None else _checked(sha256, bytes(data))


def of_kind(kind: str) -> Iterator[bytes]:
    """Whatever is stored as this kind, the newest first. Raises ArtefactDamaged."""
    for sha256, data in Artefact.objects.filter(kind=kind).values_list("sha256", "bytes"):
        yield _checked(sha256, bytes(data))


def _checked(sha256: str, data: bytes) -> bytes:
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ArtefactDamaged(f"Artefact {sha256} does not match its fingerprint.")
    return data
