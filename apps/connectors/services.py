"""Changes to what the platform may reach. Each writes its audit entry in the same transaction."""

from django.db import transaction

from apps.audit.entries import record
from apps.connectors.catalogue import CATALOGUE
from apps.connectors.models import System
from apps.connectors.operations import Operations
from apps.tenants.actors import Actor


@transaction.atomic
def register_system(
    *,
    actor: Actor,
    slug: str,
    title: str,
    guarantee: System.Guarantee,
    operations: Operations,
    base_url: str = "",
    timeout: int = 5,
    settles_after: int = 30,
) -> System:
    """Add a system or change it. The same registration again changes nothing and writes nothing."""
    after = {
        "title": title,
        "guarantee": str(guarantee),
        "operations": operations.model_dump(mode="json"),
        "base_url": base_url,
        "timeout": timeout,
        "settles_after": settles_after,
    }
    existing = System.objects.select_for_update().filter(pk=slug).first()
    before = {name: getattr(existing, name) for name in after} if existing else None
    if existing and before == after:
        return existing
    system, _ = System.objects.update_or_create(slug=slug, defaults=after)
    record(actor=actor, action="system.registered", object=f"system:{slug}", before=before, after=after)
    return system


def register_known_system(*, actor: Actor, slug: str, base_url: str = "") -> System:
    """Register a system of the catalogue. Raises KeyError for one that is not in it."""
    known = CATALOGUE[slug]
    return register_system(
        actor=actor,
        slug=slug,
        title=known.title,
        guarantee=known.guarantee,
        operations=known.operations,
        base_url=base_url,
    )
