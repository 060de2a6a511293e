"""Which systems the workflow touches, and what it takes to get there. What is taken out can be put back."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.audit.canonical import Json
from apps.audit.entries import record
from apps.connectors.models import System
from apps.connectors.operations import Operations
from apps.engagements.engagement_models import Engagement
from apps.engagements.scope_models import ScopeItem
from apps.tenants.actors import Actor

MOST = 40
TOLD = ("system", "operations", "direction", "authentication", "data", "owner", "risk", "note", "state")  # in the log


class ScopeRefused(ValueError):
    """The scope cannot be changed so. The message says why."""


@transaction.atomic
def add_system(*, actor: Actor, engagement: Engagement, said: dict[str, Any]) -> ScopeItem:
    """`said` holds the fields of a ScopeItem. Raises ScopeRefused."""
    Engagement.objects.select_for_update().get(pk=engagement.pk)
    if in_scope(engagement).count() >= MOST:
        raise ScopeRefused(f"{MOST} systems are too many for one workflow: begin with those of the frequent cases.")
    item = ScopeItem.objects.create(engagement=engagement, **said)
    _record(actor, item, "scope.added")
    return item


@transaction.atomic
def change_system(*, actor: Actor, item: ScopeItem, said: dict[str, Any]) -> ScopeItem:
    item = ScopeItem.objects.select_for_update().get(pk=item.pk)
    before = _said(item)
    for name, value in said.items():
        setattr(item, name, value)
    item.save()
    if _said(item) != before:
        _record(actor, item, "scope.changed", before)
    return item


@transaction.atomic
def set_removed(*, actor: Actor, item: ScopeItem, removed: bool) -> ScopeItem:
    """Take a system out of the scope, or put it back."""
    item = ScopeItem.objects.select_for_update().get(pk=item.pk)
    item.removed_at = timezone.now() if removed else None
    item.save(update_fields=["removed_at"])
    _record(actor, item, "scope.removed" if removed else "scope.put_back")
    return item


@transaction.atomic
def add_connected(*, actor: Actor, engagement: Engagement) -> list[ScopeItem]:
    """A row for each system that is connected here and has none yet; one that was taken out stays out.

    Raises ScopeRefused.
    """
    Engagement.objects.select_for_update().get(pk=engagement.pk)
    known = {item.system.casefold() for item in ScopeItem.objects.filter(engagement=engagement)}
    return [
        add_system(actor=actor, engagement=engagement, said=_of(system))
        for system in System.objects.all()
        if system.title.casefold() not in known
    ]


def in_scope(engagement: Engagement) -> Any:
    return ScopeItem.objects.filter(engagement=engagement, removed_at=None)


def _of(system: System) -> dict[str, Any]:
    operations = Operations.model_validate(system.operations).root
    kinds = {operation.kind for operation in operations.values()}
    direction = "both" if len(kinds) > 1 else "write" if "effect" in kinds else "read"
    named = ", ".join(name.replace("_", " ") for name in sorted(operations))
    return {
        "system": system.title,
        "operations": named[:400],
        "direction": direction,
        "state": ScopeItem.State.TESTED,
        "note": system.get_guarantee_display(),
    }


def _said(item: ScopeItem) -> dict[str, Json]:
    return {name: str(getattr(item, name)) for name in TOLD}


def _record(actor: Actor, item: ScopeItem, action: str, before: Json = None) -> None:
    record(
        actor=actor,
        action=action,
        object=f"scope:{item.pk}",
        workflow=item.engagement.workflow.slug,
        before=before,
        after=_said(item),
    )
