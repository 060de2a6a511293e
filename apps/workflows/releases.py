"""Reading releases. A fingerprint never changes its meaning, so what is read once is kept for the process's life."""

from functools import lru_cache

from apps.workflows.manifest import Manifest
from apps.workflows.models import Release


def manifest_of(release: Release) -> Manifest:
    return _parsed(bytes(release.manifest))


@lru_cache(maxsize=256)
def _parsed(canonical: bytes) -> Manifest:
    return Manifest.model_validate_json(canonical)
