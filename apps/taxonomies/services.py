"""Changes to taxonomies. Each writes its audit entry in the same transaction."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import rfc8785
import yaml
from django.db import transaction
from django.utils import timezone

from apps.audit.entries import record
from apps.taxonomies.content import Taxonomy
from apps.taxonomies.models import TaxonomyVersion
from apps.tenants.actors import Actor


class VersionConflict(ValueError):
    """The number is taken by other content, or is not above the last one."""


class AlreadySignedOff(ValueError):
    """A sign-off is given once, for one content."""


def read_taxonomy(file: Path) -> Taxonomy:
    """Raises pydantic's ValidationError, a ValueError that names each place, or yaml.YAMLError."""
    return Taxonomy.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))


def canonical_content(taxonomy: Taxonomy) -> Mapping[str, Any]:
    """The content as JSON, without what was left out, so that a later optional key changes no earlier fingerprint."""
    content: Mapping[str, Any] = taxonomy.model_dump(mode="json", by_alias=True, exclude_none=True)
    return content


@transaction.atomic
def create_version(*, actor: Actor, workflow: str, taxonomy: Taxonomy) -> TaxonomyVersion:
    """Store a version. The same content again gives the version that is there; its number must be above the last."""
    content = canonical_content(taxonomy)
    sha256 = hashlib.sha256(rfc8785.dumps(dict(content))).hexdigest()
    versions = TaxonomyVersion.objects.select_for_update().filter(workflow=workflow)
    existing = versions.filter(sha256=sha256).first()
    if existing:
        return existing
    last = versions.first()
    if last and taxonomy.version <= last.version:
        raise VersionConflict(
            f"{workflow} is at taxonomy version {last.version}; changed content needs a higher number."
        )
    version = TaxonomyVersion.objects.create(
        workflow=workflow, version=taxonomy.version, sha256=sha256, content=content, created_by=actor.id
    )
    record(
        actor=actor,
        action="taxonomy.version_created",
        object=f"taxonomy:{workflow}/{version.version}",
        before={"version": last.version, "sha256": last.sha256} if last else None,
        after={"version": version.version, "sha256": sha256, "case_types": [kind.slug for kind in taxonomy.case_types]},
    )
    return version


@transaction.atomic
def sign_off(*, actor: Actor, version: TaxonomyVersion, reason: str = "") -> TaxonomyVersion:
    locked = TaxonomyVersion.objects.select_for_update().get(pk=version.pk)
    if locked.signed_off_at:
        raise AlreadySignedOff(f"{locked} was signed off by {locked.signed_off_name}.")
    locked.signed_off_at = timezone.now()
    locked.signed_off_by, locked.signed_off_name = actor.id, actor.name
    locked.save(update_fields=["signed_off_at", "signed_off_by", "signed_off_name"])
    record(
        actor=actor,
        action="taxonomy.signed_off",
        object=f"taxonomy:{locked.workflow}/{locked.version}",
        after={"sha256": locked.sha256},
        reason=reason,
    )
    return locked
