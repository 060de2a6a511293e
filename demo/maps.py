"""The workflow maps of the demo: two that were agreed on in Discovery, and one just read out of an event log."""

from datetime import datetime, timedelta
from pathlib import Path

import yaml

from apps.engagements.engagement_models import Engagement
from apps.engagements.engagements import current, working_day
from apps.engagements.workflow_map import maps
from apps.engagements.workflow_map.map_content import MapContent
from apps.reviews import calendars
from apps.tenants.capabilities import Role
from apps.tenants.schemas import in_schema
from demo import clock
from demo.engagements import morning
from demo.people import actor
from demo.world import DemoTenant

LEAST = 8.0  # percent: rarer ways of the log are left out
DRAWN, AGREED = 3, 7  # days of Discovery


def draw(tenant: DemoTenant) -> None:
    """Both sides as the tenant's file has them, or today's from its log. Running it again changes nothing."""
    with in_schema(tenant.schema_name):
        engagement = current()
        if engagement is None or maps.newest(engagement, maps.Side.TODAY):
            return
        file, log = tenant.folder / "map.yaml", tenant.folder / "events.csv"
        if log.exists():
            _read(engagement, log)
        if file.exists():
            _written(engagement, yaml.safe_load(file.read_text(encoding="utf-8")))


def _read(engagement: Engagement, file: Path) -> None:
    consultant = actor(Role.CONSULTANT)
    with clock.telling(engagement.workflow.slug, _at(engagement, DRAWN)), file.open("rb") as content:
        log = maps.import_log(actor=consultant, engagement=engagement, file=content, name=file.name)
        maps.adopt(actor=consultant, log=log, least=LEAST)


def _written(engagement: Engagement, sides: dict[str, object]) -> None:
    """Sides that are drawn anew, the second of them later, both agreed on in the same session."""
    for side, hours in ((maps.Side.TODAY, 0), (maps.Side.TARGET, 3)):
        if side not in sides:
            continue
        last = maps.newest(engagement, side)
        with clock.telling(engagement.workflow.slug, _at(engagement, AGREED) + timedelta(hours=hours)):
            maps.write_map(
                actor=actor(Role.CONSULTANT),
                engagement=engagement,
                side=side,
                content=MapContent.model_validate(sides[side]),
                note="As drawn with the operators, and gone through with the decision owner.",
                base=last.number if last else 0,
                agreed=engagement.phase != engagement.Phase.DISCOVERY,
            )


def _at(engagement: Engagement, day: int) -> datetime:
    """The morning of a day of Discovery; of today, where it has not come to that day."""
    return morning(min(working_day(engagement.discovery_on, day), calendars.today()))
