"""Writing workflow maps, and drawing the first one from an event log. An earlier version can always be taken again."""

import hashlib
from typing import IO

from django.db import transaction
from django.utils import timezone

from apps.audit.entries import record
from apps.cases.rows import RowFile, Unreadable
from apps.engagements.engagement_models import Engagement
from apps.engagements.map_models import MapVersion, MinedLog
from apps.engagements.workflow_map.map_content import MapContent
from apps.engagements.workflow_map.mining import LogRefused, Mined, as_map, guess_columns, mine
from apps.tenants.actors import Actor

Side = MapVersion.Side
LARGEST = 50 * 1024 * 1024  # bytes


class MapRefused(ValueError):
    """The map cannot be changed so. The message says why."""


def newest(engagement: Engagement, side: str) -> MapVersion | None:
    return MapVersion.objects.filter(engagement=engagement, side=side).first()


def content_of(version: MapVersion | None) -> MapContent:
    """Empty where nothing is drawn yet."""
    return MapContent.model_validate(version.content) if version else MapContent()


@transaction.atomic
def write_map(
    *, actor: Actor, engagement: Engagement, side: str, content: MapContent, note: str, base: int, agreed: bool = False
) -> MapVersion:
    """A new version on top of number `base`, 0 for the first. Raises MapRefused."""
    Engagement.objects.select_for_update().get(pk=engagement.pk)
    last = newest(engagement, side)
    if (last.number if last else 0) != base:
        name = last.created_name if last else "Somebody"
        raise MapRefused(f"{name} has changed this map meanwhile. Yours is below, unsaved: read theirs first.")
    if last and content_of(last) == content and last.agreed == agreed:
        raise MapRefused("Nothing has changed, so there is no new version.")
    made = MapVersion.objects.create(
        engagement=engagement,
        side=side,
        number=base + 1,
        content=content.model_dump(mode="json"),
        agreed=agreed,
        note=note.strip()[:400],
        created_at=timezone.now(),
        created_by=actor.id,
        created_name=actor.name,
    )
    record(
        actor=actor,
        action="map.written",
        object=f"map:{made.pk}",
        workflow=engagement.workflow.slug,
        after={"side": side, "number": made.number, "steps": len(content.steps), "agreed": agreed},
        reason=made.note,
    )
    return made


@transaction.atomic
def take_again(*, actor: Actor, version: MapVersion) -> MapVersion:
    """Make an earlier version the newest: the way back from any change. Raises MapRefused."""
    last = newest(version.engagement, version.side)
    return write_map(
        actor=actor,
        engagement=version.engagement,
        side=version.side,
        content=content_of(version),
        note=f"Version {version.number} again.",
        base=last.number if last else 0,
    )


def start_target(*, actor: Actor, engagement: Engagement) -> MapVersion:
    """Begin the target from today's map. Raises MapRefused."""
    if newest(engagement, Side.TARGET):
        raise MapRefused("The target is begun already.")
    content = content_of(newest(engagement, Side.TODAY))
    if not content.steps:
        raise MapRefused("Draw today’s map first: the target is begun from it.")
    return write_map(
        actor=actor, engagement=engagement, side=Side.TARGET, content=content, note="Begun from today’s map.", base=0
    )


@transaction.atomic
def import_log(
    *, actor: Actor, engagement: Engagement, file: IO[bytes], name: str, named: dict[str, str] | None = None
) -> MinedLog:
    """Add an event log up. `named` says which column holds what; without it, their names do. Raises LogRefused."""
    try:
        rows = RowFile(file, name)
        columns = {**guess_columns(rows.columns), **{what: column for what, column in (named or {}).items() if column}}
        missing = [what for what in ("case", "activity", "time") if columns[what] not in rows.columns]
        if missing:
            found = ", ".join(rows.columns)
            raise LogRefused(f"Which column holds the {' and the '.join(missing)}? The file has: {found}.")
        mined = mine(rows.rows(), columns)
        rows.detach()
    except Unreadable as error:
        raise LogRefused(str(error)) from error
    file.seek(0)
    digest = hashlib.sha256(file.read()).hexdigest()
    made = MinedLog.objects.create(
        engagement=engagement,
        file_name=name[:200],
        sha256=digest,
        content=mined.model_dump(mode="json"),
        created_at=timezone.now(),
        created_by=actor.id,
        created_name=actor.name,
    )
    record(
        actor=actor,
        action="map.log_imported",
        object=f"mined_log:{made.pk}",
        workflow=engagement.workflow.slug,
        after={"sha256": digest, "cases": mined.cases, "events": mined.events, "left_out": mined.left_out},
    )
    return made


def adopt(*, actor: Actor, log: MinedLog, least: float) -> MapVersion:
    """Make what the log shows today's map. Raises MapRefused; ValueError where it has more steps than a map holds."""
    content = as_map(mined_of(log), least)
    last = newest(log.engagement, Side.TODAY)
    note = f"From {log.file_name}: ways of {least:g} % and more."
    return write_map(
        actor=actor,
        engagement=log.engagement,
        side=Side.TODAY,
        content=content,
        note=note,
        base=last.number if last else 0,
    )


def mined_of(log: MinedLog) -> Mined:
    return Mined.model_validate(log.content)
