"""Filters of the queue that people keep under a name, for themselves or for everybody."""

from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from apps.audit.entries import record
from apps.reviews.desk import SavedFilter
from apps.reviews.queue import Selection
from apps.reviews.refusals import Refused
from apps.tenants.actors import Actor
from apps.tenants.capabilities import Capability, capabilities_of

MOST = 30  # of one person


def filters_of(actor: Actor) -> QuerySet[SavedFilter]:
    """The person's own, and those that are shared."""
    own = Q(owner_id=actor.id) if actor.kind == "person" else Q()
    return SavedFilter.objects.filter(own | Q(shared=True))


def save_filter(*, actor: Actor, name: str, selection: Selection, shared: bool = False) -> SavedFilter:
    """Keep the selection under the name; the same name again replaces it. Raises Refused."""
    name = " ".join(name.split())
    if not 0 < len(name) <= 60:
        raise Refused("Give the filter a name of at most 60 characters.")
    if not selection.address:
        raise Refused("Nothing is filtered: choose a filter or an order first, then save it.")
    if shared and Capability.REVIEWS_TAKE_OVER not in capabilities_of(actor.role):
        raise Refused("Only a senior shares a filter with everybody. Save it for yourself.")
    with transaction.atomic():
        own = SavedFilter.objects.select_for_update().filter(owner_id=actor.id)
        if own.exclude(name=name).count() >= MOST:
            raise Refused(f"You have {MOST} filters. Remove one first.")
        kept, _ = SavedFilter.objects.update_or_create(
            owner_id=UUID(actor.id),
            name=name,
            defaults={"owner_name": actor.name, "address": selection.address, "shared": shared},
        )
        record(
            actor=actor,
            action="filter.saved",
            object=f"filter:{kept.pk}",
            after={"name": name, "address": kept.address, "shared": shared},
        )
        return kept


def remove_filter(*, actor: Actor, filter_id: UUID) -> str:
    """The name of what was removed. Raises Refused when it is not the person's own."""
    with transaction.atomic():
        kept = SavedFilter.objects.filter(pk=filter_id, owner_id=actor.id).first()
        if kept is None:
            raise Refused("This filter is not yours to remove.")
        record(actor=actor, action="filter.removed", object=f"filter:{kept.pk}", before={"name": kept.name})
        kept.delete()
        return kept.name
