"""Changes to prompts. Each writes its audit entry in the same transaction."""

from django.db import transaction

from apps.audit.entries import record
from apps.prompts.content import Prompt
from apps.prompts.models import PromptVersion
from apps.tenants.actors import Actor


class VersionConflict(ValueError):
    """The number is taken by another text, or is not above the last one."""


@transaction.atomic
def create_version(*, actor: Actor, prompt: Prompt) -> PromptVersion:
    """Store a version. The same text again gives the version that is there; its number must be above the last."""
    versions = PromptVersion.objects.select_for_update().filter(slug=prompt.slug)
    existing = versions.filter(sha256=prompt.sha256).first()
    if existing:
        return existing
    last = versions.first()
    if last and prompt.version <= last.version:
        raise VersionConflict(
            f"Prompt {prompt.slug} is at version {last.version}; a changed text needs a higher number."
        )
    version = PromptVersion.objects.create(
        slug=prompt.slug,
        version=prompt.version,
        purpose=prompt.purpose,
        model=prompt.model,
        text=prompt.text,
        sha256=prompt.sha256,
        created_by=actor.id,
    )
    record(
        actor=actor,
        action="prompt.version_created",
        object=f"prompt:{prompt.slug}/{version.version}",
        before={"version": last.version, "sha256": last.sha256} if last else None,
        after={"version": version.version, "sha256": version.sha256, "purpose": prompt.purpose, "model": prompt.model},
    )
    return version
